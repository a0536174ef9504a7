"""What a probe puts into lanes; a timed pass has none."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .opening import Record

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from typing import Any, TypeAlias

    Sleep: TypeAlias = Callable[[float], Awaitable[Any]]


@dataclass(frozen=True)
class Instruments:
    """`record` makes the recorder of a lane and pickles as a name.

    `watching` surrounds the life of each event loop that the strategy asks for; `beating` runs in
    one of another library while that runs a batch, and waits by that library's sleep.
    """

    record: Record
    watching: Callable[[asyncio.AbstractEventLoop], AbstractContextManager[None]]
    beating: Callable[[Sleep], Awaitable[None]] | None = None
