"""Compute, in pure Python: what the GIL lets only one thread do at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class CpuSum:
    """A sum of squares: pure Python, which only processes can spread over CPUs.

    It is over `size` numbers.
    """

    # No `workers`: as many as there are CPUs.
    tasks: ClassVar[int] = 16

    size: int = 150_000

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError(f"size must be 0 or more, not {self.size}")

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        def call(i: int) -> int:
            # From i on: the same work for every task, another answer.
            total = 0
            for n in range(i, i + self.size):
                total += n * n
            return total

        yield call
