"""Files that are written whole or not at all: a reader sees the old one or the new one, never half.

And those of others, which are read up to a limit: 2 MB of gzip may be 2 GB of text.

Standard library only: the driver imports it too.
"""

from __future__ import annotations

import errno
import gzip
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a path beside this one to write to, which takes its place unless something is raised.

    An OSError names the path that was asked for.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _remove_abandoned(path)
        yield beside
        beside.replace(path)
    except OSError as error:
        if error.filename not in (str(beside), beside, None):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        beside.unlink(missing_ok=True)


ABANDONED_SECONDS = 3600.0
"""No writer takes so long; one that was killed never ends."""


def _remove_abandoned(path: Path) -> None:
    """Remove what writers of this file that were killed have left beside it."""
    for old in path.parent.glob(f".{escape(path.name)}.*"):
        with suppress(OSError):  # its writer, or another that removes it, was faster
            if time.time() - old.lstat().st_mtime > ABANDONED_SECONDS:
                old.unlink()


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


def make_folder(path: Path) -> None:
    """Make a folder unless it is there; OSError where a link stands in its place.

    A run that somebody sent may hold links, and nothing is written through one.
    """
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link", str(path))
    path.mkdir(parents=True, exist_ok=True)


LIMIT = "CONCBENCH_READ_MB"
"""The variable that raises it."""
MEGABYTES = 64
"""Of text, which takes some 500 in memory; 500 cells with 150 rounds have 38."""
WEIGHTS = {b"{": 36, b"[": 12, b'"': 3, b",": 2.3}
"""What a sign of JSON counts for beside itself: an object of 7 bytes takes 300 in memory."""


def limited(path: Path, share: float = 1.0) -> bytes:
    """What a file holds, unpacked if it ends in .gz; OSError when that is more than the limit.

    `share` of it is for files that are kept in memory more than once.
    """
    most = int(megabytes() * share * 1e6)
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        data = stream.read(most + 1)
    dense = "" if len(data) > most else " as dense as it is"
    if len(data) + sum(each * data.count(sign) for sign, each in WEIGHTS.items()) > most:
        more = f"read more with {LIMIT}={10 * megabytes():g}"
        why = f"it holds more than {most / 1e6:g} MB{dense} ({more})"
        raise OSError(errno.EFBIG, why, str(path))
    return data


def megabytes() -> float:
    """The limit; what nobody can mean by it is not obeyed."""
    try:
        given = float(os.environ.get(LIMIT, ""))
    except ValueError:
        return MEGABYTES
    return given if 0 < given < 1e6 else MEGABYTES
