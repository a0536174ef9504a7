"""Where the tasks of event loops wait, for a process that hangs: no stack of a thread shows it.

A thread with a loop stands in `select` whatever its tasks await; what they await is in their
coroutines.  Standard library only: workers and children of pools import this, when they are asked.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..lanes.contexts import Within

TASKS, CALLS = 8, 8
"""Tasks that are told, those alike as one, and of each so many calls: the innermost."""


def show(title: str) -> None:
    """Write them to stderr, at once, below a title."""
    if text := "\n".join(waiting()):
        os.write(2, f"{title}\n{text}\n".encode(errors="replace"))


def waiting() -> Iterator[str]:
    """`  4 tasks: fetch work.py:3, Event.wait locks.py:213`, a line for those that wait alike."""
    # By their type: to ask an object for its class may run code of the user's.
    tasks = [one for one in gc.get_objects() if issubclass(type(one), asyncio.Task)]
    places = [", ".join([*_calls(one.get_coro())][-CALLS:]) for one in tasks if not one.done()]
    for where, count in Counter(filter(None, places)).most_common(TASKS):
        yield f"  {count} task{'s' * (count > 1)}: {where}"


def _calls(awaited: Any) -> Iterator[str]:
    """From a coroutine or generator to what it awaits, and what that awaits."""
    while awaited is not None:
        kind = next((one for one in ("cr", "gi", "ag") if hasattr(awaited, f"{one}_frame")), "")
        frame = getattr(awaited, f"{kind}_frame", None)
        if frame is None:  # a future, or it has ended
            return
        if frame.f_code is Within.__await__.__code__:  # it sends on another by hand
            awaited = frame.f_locals["inner"]
            continue
        code = frame.f_code
        yield f"{code.co_qualname} {Path(code.co_filename).name}:{frame.f_lineno}"
        awaited = getattr(awaited, "gi_yieldfrom" if kind == "gi" else f"{kind}_await", None)
