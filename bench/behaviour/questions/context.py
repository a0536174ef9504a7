"""Whether a context variable that the caller sets reaches its tasks."""

from __future__ import annotations

from contextvars import ContextVar

from ..trial import Trial
from ..work import Note

VARIABLE = ContextVar("VARIABLE", default="nothing")


def blocking(i: int, note: Note) -> str:
    return VARIABLE.get()


async def awaited(i: int, note: Note) -> str:
    return VARIABLE.get()


def ask(trial: Trial) -> str:
    with trial.opened() as batch:
        VARIABLE.set("the caller's")
        seen = set(batch(range(2)))
    if seen == {"nothing"}:
        return "lost"
    return "arrives" if seen == {"the caller's"} else "for some"
