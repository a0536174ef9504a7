"""Query a database file: C code that releases the GIL, behind a connection bound to its thread.

Writers are left out: SQLite lets one in at a time, whatever the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Sqlite:
    """SQLite: a connection belongs to the thread that made it, so every lane has its own.

    A task reads `rows` rows.
    """

    tasks: ClassVar[int] = 32

    rows: int = 20_000
    path: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.rows <= 1_000_000:
            raise ValueError(f"rows must be between 1 and 1,000,000, not {self.rows}")

    @contextmanager
    def fixture(self) -> Iterator[Mapping[str, str]]:
        import sqlite3
        from pathlib import Path
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(prefix="concbench-sqlite-") as folder:
            path = Path(folder, "numbers.db")
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("CREATE TABLE numbers (n INTEGER NOT NULL)")
                numbers = ((n,) for n in range(self.rows))
                connection.executemany("INSERT INTO numbers VALUES (?)", numbers)
            yield {"path": str(path)}

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        import sqlite3

        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:

            def call(i: int) -> int:
                # All rows: the same work for every task, another answer.
                found = connection.execute("SELECT sum(n * (n + ?)) FROM numbers", (i,))
                return int(found.fetchone()[0])

            yield call
