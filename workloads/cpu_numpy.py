"""Compute with numpy: the sum of `cpu_sum`, in loops of C that release the GIL.

Nothing here calls BLAS, whose own threads would use all CPUs under every model.  Tasks share the
machine's memory as well as its CPUs, of which the limit knows nothing: arrays that leave the caches
(a larger `size`) stay below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

LEAST = 1000  # numbers: numpy keeps the GIL for arrays of up to 500


@dataclass(frozen=True)
class CpuNumpy:
    """A sum of squares in numpy: far less to compute than in Python, and threads share it.

    It is over `size` numbers.
    """

    tasks: ClassVar[int] = 64
    extra: ClassVar[str] = "numpy"

    size: int = 300_000

    def __post_init__(self) -> None:
        # The sum of squares up to 3 million is the last that fits into 64 bits.
        if not LEAST <= self.size <= 2_000_000:
            raise ValueError(f"size must be between {LEAST} and 2,000,000, not {self.size}")

    def cannot_run(self) -> str | None:
        from importlib.util import find_spec

        missing = find_spec("numpy") is None
        return "numpy is not installed: pip install 'concbench[numpy]'" if missing else None

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        import numpy as np

        numbers = np.arange(self.size, dtype=np.int64)
        room = np.empty_like(numbers)  # the lane's own: new memory for each task costs more

        def call(i: int) -> int:
            np.add(numbers, i, out=room)
            np.multiply(room, room, out=room)
            return int(room.sum())

        yield call
