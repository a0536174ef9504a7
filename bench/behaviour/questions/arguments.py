"""What the arguments of a task may be: anything, or only what pickles."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from typing import Any

from ..trial import NoAnswer, Trial
from ..work import Note


class Argument(int):
    """A task's number with something in its bags."""

    bags: Any = None


def blocking(i: int, note: Note) -> bool:
    return getattr(i, "bags", None) is not None


async def awaited(i: int, note: Note) -> bool:
    return getattr(i, "bags", None) is not None


def ask(trial: Trial) -> str:
    if not arrives(trial, "some text"):
        raise NoAnswer("its tasks get other arguments")
    with suppress(Exception):
        if arrives(trial, Lock()):
            return "anything goes"
    with suppress(Exception):
        if arrives(trial, lambda: "a function without a name, which cloudpickle takes"):
            return "cloudpickle"
    return "must pickle"


def arrives(trial: Trial, bags: object) -> bool:
    packed = [Argument(0), Argument(1)]
    for one in packed:
        one.bags = bags
    with trial.opened() as batch:
        return all(batch(packed))  # type: ignore[arg-type]  # like a range in all it is used for
