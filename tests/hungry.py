"""Plug-ins whose memory is known."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Hungry:
    """Each lane holds so many megabytes of its own."""

    tasks: ClassVar[int] = 8
    workers: ClassVar[int] = 2

    megabytes: int = 100

    @contextmanager
    def open(self):
        held = b"x" * (self.megabytes * 1_000_000)
        yield lambda i: held[i]
