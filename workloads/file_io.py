"""Write a file, force it to the disk, read it back.

In `folder`, or where temporary files go; where that is memory (tmpfs), fsync waits for nothing.
The limit lets as many files wait for the disk as there are tasks in flight, which a disk that takes
one at a time does not.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import ClassVar

Metrics = Callable[[], Mapping[str, int]]


@dataclass(frozen=True)
class FileIo:
    """Write, fsync, read back: no loop waits for a disk, so there it goes through threads.

    Files of `size` bytes lie in `folder`, without one in a temporary folder.
    """

    tasks: ClassVar[int] = 64
    workers: ClassVar[int] = 8

    size: int = 65_536
    folder: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.size <= 100_000_000:
            raise ValueError(f"size must be between 1 and 100,000,000 bytes, not {self.size}")
        if self.folder is not None and not Path(self.folder).is_dir():
            raise ValueError(f"there is no folder {self.folder}")

    @contextmanager
    def open(self) -> Iterator[tuple[Callable[[int], int], Metrics]]:
        tasks = 0

        def call(i: int) -> int:
            nonlocal tasks
            tasks += 1
            return self._there_and_back(i)

        yield call, lambda: {"bytes": 2 * self.size * tasks}

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[tuple[Callable[[int], Awaitable[int]], Metrics]]:
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        run = asyncio.get_running_loop().run_in_executor
        tasks = 0
        # It starts a thread when none is idle: the strategy alone says how many at a time.
        with ThreadPoolExecutor(max_workers=1000, thread_name_prefix="file_io") as pool:

            async def call(i: int) -> int:
                nonlocal tasks
                tasks += 1
                return await run(pool, self._there_and_back, i)

            yield call, lambda: {"bytes": 2 * self.size * tasks}

    def _there_and_back(self, i: int) -> int:
        # Without a name: nothing stays on the disk, however this process ends.
        with TemporaryFile(dir=self.folder, buffering=0) as file:
            file.write(str(i).zfill(self.size).encode())
            os.fsync(file.fileno())
            file.seek(0)
            return zlib.crc32(file.read())
