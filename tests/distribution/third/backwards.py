"""A strategy: the last task first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Backwards:
    """A loop from the last task to the first, in one thread."""

    @contextmanager
    def open(self, lanes: Any) -> Iterator[Callable[[range], list[Any]]]:
        with lanes.blocking() as call:
            yield lambda tasks: [call(i) for i in reversed(tasks)][::-1]
