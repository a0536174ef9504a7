"""A lane in an interpreter that a thread of another one enters for every task.

Standard library only: each such interpreter imports this.  With each entry the thread has a new
state there, and nothing in its `threading.local`: what is kept between tasks is kept here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..contracts import Plain
from .inside import in_lane
from .opening import Record, lane
from .pools import prepare

own: dict[str, Any] = {}
"""The lane of this interpreter's one thread."""


def prepare_interpreter(build: Callable[[], Any], record: Record | None, barrier: Any) -> None:
    from concurrent import interpreters  # type: ignore[attr-defined]  # of Python 3.14

    prepare(build, record, barrier)
    lane.name = f"interpreter {interpreters.get_current().id}"
    own.update(lane.__dict__)


def stepped(step: Callable[[], Any]) -> Any:
    """Open or close this interpreter's lane."""
    lane.__dict__.update(own)
    try:
        return step()
    finally:
        own.update(lane.__dict__)


def in_interpreter(i: int) -> Plain:
    """Run task i in this interpreter's lane."""
    lane.__dict__.update(own)
    return in_lane(i)
