"""One run at a time on a machine, whoever runs it: two would measure each other.

On Linux the lock is an abstract socket: all users and all places for temporary files share it, it
is no file that anybody could put there first, and it goes with its process.  Containers with a
network of their own have their own.  Elsewhere it is a file in the machine's place for temporary
files, which every user may lock and none can be led away from.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from ..errors import UsageError, user_name

NAME = "concbench.run"
OWN_NAME = "_CONCBENCH_LOCK"
"""A variable that names another lock: for tests of ours, that run side by side."""
SHARED = Path("/tmp") if Path("/tmp").is_dir() else Path(os.environ.get("TEMP", "."))
"""Not TMPDIR, which each user may set."""


@contextmanager
def held() -> Iterator[None]:
    """Hold the machine while measuring; UsageError says who holds it already."""
    name = f"{NAME}{os.environ.get(OWN_NAME, '')}"
    with _socket(name) if sys.platform.startswith("linux") else _file(SHARED / f"{name}.lock"):
        yield


@contextmanager
def _socket(name: str) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as lock:
        try:
            lock.bind(f"\0{name}")
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise UsageError(f"cannot lock the machine: {error.strerror}") from None
            raise _taken(_holder(name)) from None
        lock.listen()  # or nobody could ask who holds it
        yield


def _taken(holder: str) -> UsageError:
    return UsageError(f"another run is measuring on this machine{holder}: wait for it to end")


def _holder(name: str) -> str:
    """` (pid 123 of alice in /some/folder since 12:00)`, as much as this user may know."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(1.0)
            asking.connect(f"\0{name}")
            about = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid, uid, _ = struct.unpack("3i", about)
        process = psutil.Process(pid)
        since = time.strftime("%H:%M", time.localtime(process.create_time()))
    except (OSError, ValueError, psutil.Error):  # it ended, or is in another container
        return ""
    whose = f" of {user_name(uid)}" if uid != os.getuid() else ""
    where = ""
    with suppress(OSError, psutil.Error):  # another user's
        where = f" in {process.cwd()}"
    return f" (pid {pid}{whose}{where} since {since})"


@contextmanager
def _file(path: Path) -> Iterator[None]:
    import fcntl

    descriptor = _opened(path)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise UsageError(f"{path} is not a file: remove it, as runs lock it while they measure")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken("") from None
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    """A descriptor of the lock; made where it is missing, for every user to lock and none to write.

    Another user's may be opened but, in a folder that all write to, not with O_CREAT.
    """
    ways = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with suppress(FileNotFoundError):
            return os.open(path, ways)
        with suppress(FileExistsError):
            return os.open(path, ways | os.O_CREAT | os.O_EXCL, 0o444)
        return os.open(path, ways)
    except OSError as error:
        raise UsageError(f"cannot open {path}, which runs lock: {error.strerror}") from None
