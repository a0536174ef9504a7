"""Compute in C code of the standard library that releases the GIL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

KINDS = ("sha256", "zlib")
LEAST = 8192  # bytes: hashlib keeps the GIL below 2048, zlib.crc32 up to 5120


@dataclass(frozen=True)
class CpuNative:
    """C code that releases the GIL (hashlib, zlib): threads spread it over CPUs like processes.

    `kind` is sha256 or zlib, of `size` bytes.
    """

    tasks: ClassVar[int] = 16

    kind: str = "sha256"
    size: int = 1_000_000

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be {' or '.join(KINDS)}, not {self.kind!r}")
        if not LEAST <= self.size <= 100_000_000:
            least = f"{LEAST} bytes, below which the GIL is not released,"
            raise ValueError(f"size must be between {least} and 100,000,000, not {self.size}")

    @contextmanager
    def open(self) -> Iterator[tuple[Callable[[int], str | int], Callable[[], Mapping[str, int]]]]:
        import hashlib
        import zlib

        data = (bytes(range(251)) * (self.size // 251 + 1))[: self.size]
        tasks = 0

        def sha256(i: int) -> str:
            digest = hashlib.sha256(str(i).encode())
            digest.update(data)
            return digest.hexdigest()

        def compressed(i: int) -> int:
            # There and back: versions of zlib do not compress alike.
            return zlib.crc32(zlib.decompress(zlib.compress(data)), i)

        work = sha256 if self.kind == "sha256" else compressed

        def call(i: int) -> str | int:
            nonlocal tasks
            tasks += 1
            return work(i)

        yield call, lambda: {"bytes": self.size * tasks}
