"""Peak memory of a worker's process tree, seen from outside while it runs batches.

Only PSS can be added up: a page that several share counts once in all; in RSS it counts in each of
them, in USS in none.  Driver alone: psutil.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

SAMPLES = 6
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.2
"""Between two samples.  One takes 3 ms and 0.5 ms for each process, on the worker's own CPUs."""


class Unreadable(Exception):
    """Memory cannot be known here; says why."""


@dataclass(frozen=True)
class Peak:
    """The most bytes that all processes had together, in so many samples."""

    bytes: int
    samples: int


def peak(pid: int, seconds: float, longest: float) -> Peak | None:
    """Look at a process and its descendants for `seconds`, or until it has ended.

    Longer where that gives too few samples, and never beyond `longest`; None without any.  Raises
    Unreadable.
    """
    began = time.monotonic()
    most = samples = 0
    while (passed := time.monotonic() - began) < longest:
        if samples >= SAMPLES and passed >= seconds:
            break
        found = pss(pid)
        if found is None:
            break
        most, samples = max(most, found), samples + 1
        took = time.monotonic() - began - passed
        # Half of the time at most, however large the tree.
        time.sleep(min(max(PAUSE_SECONDS, took), LONGEST_PAUSE_SECONDS))
    return Peak(most, samples) if samples else None


def pss(pid: int) -> int | None:
    """Bytes of a process and its descendants together, or None when it has ended.

    A descendant that ends meanwhile counts nothing.  Raises Unreadable unless all others tell.
    """
    try:
        process = psutil.Process(pid)
        tree = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return None
    except psutil.Error as error:
        raise Unreadable(_told(error)) from None
    own, *others = [_pss(each) for each in tree]
    return None if own is None else own + sum(filter(None, others))


def _pss(process: psutil.Process) -> int | None:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:  # a zombie, too
        return None
    except AttributeError:
        raise Unreadable(
            "this system does not tell PSS, and nothing else can be added up"
        ) from None
    except (psutil.Error, OSError) as error:
        raise Unreadable(_told(error)) from None


def _told(error: Exception) -> str:
    if isinstance(error, psutil.AccessDenied):
        return "the memory of another user's process, or a hidden one's, cannot be read"
    return f"memory cannot be read: {error}"
