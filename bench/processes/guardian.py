"""Ends a run's processes when the driver is dead, even by SIGKILL, which nothing can catch.

It waits on a pipe whose only writer is the driver.  Messages end in NUL, which no path can hold:
`remove <folder>` names what to clean up, `bye` sends it home.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path


def main(mark: str) -> None:
    """Serve one run."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folders = []
    for message in _messages():
        verb, _, rest = message.partition(b" ")
        if verb == b"bye":
            return
        folders.append(Path(os.fsdecode(rest)))
    _end(mark)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)  # nobody is left to tell


def _messages() -> Iterator[bytes]:
    rest = b""
    while chunk := os.read(0, 65536):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole


def _end(mark: str) -> None:
    from .strays import kill  # psutil: 15 ms and 10 MB that only a dead driver costs

    kill(mark, lambda _: True)
