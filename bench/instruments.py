"""What a probe puts into lanes; a timed pass has none."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .pools import Record

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


@dataclass(frozen=True)
class Instruments:
    """`record` makes the recorder of a lane and pickles as a name.

    `watching` surrounds the life of each event loop that the strategy asks for.
    """

    record: Record
    watching: Callable[[asyncio.AbstractEventLoop], AbstractContextManager[None]]
