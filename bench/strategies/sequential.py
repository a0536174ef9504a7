"""One task after the other, in one thread: what the others are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from concbench.contracts import Batch
from concbench.lanes import Lanes


@dataclass(frozen=True)
class Sequential:
    """A plain loop: what the others are compared with."""

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        with lanes.blocking() as call:
            yield lambda tasks: [call(i) for i in tasks]
