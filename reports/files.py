"""Files that are written whole or not at all: a reader sees the old one or the new one, never half.

Standard library only: the driver imports it too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a path beside this one to write to, which takes its place unless something is raised.

    An OSError names the path that was asked for.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        if error.filename not in (str(beside), beside, None):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        beside.unlink(missing_ok=True)


def write_whole(path: Path | str, content: str | bytes, *, durable: bool = False) -> None:
    """Write a file whole or not at all; a `durable` one is on the disk when this returns.

    Half a character, which a file system's name may hold and UTF-8 cannot, is escaped.
    """
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    with whole(Path(path)) as beside, beside.open("wb") as stream:
        stream.write(data)
        if durable:
            stream.flush()
            os.fsync(stream.fileno())
