"""The questions in their groups, each with the chapter and the class that ask it.

The first line of the class's docstring is the question.  `blocking(i, note)` is a task,
`awaited(i, note)` the same for an event loop where there is one, and `ask(trial)` gives the answer
in a few words.  To add one, copy one and name it here.  Children of pools import its chapter: what
only `ask` needs is imported there.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

GROUPS = {
    "results and errors": {
        "order": "results:ResultOrder",
        "running": "results:RunningTask",
        "waiting": "results:WaitingTasks",
        "error": "results:RaisedError",
    },
    "time-outs, cancellation, Ctrl-C": {
        "timeout": "cancellation:FreeCaller",
        "behind": "cancellation:AbandonedWork",
        "cancel": "cancellation:CancelledTask",
        "shield": "cancellation:Shield",
        "interrupt": "cancellation:Interrupt",
    },
    "what crosses, and what a worker costs": {
        "context": "crossing:ContextVariable",
        "arguments": "crossing:TaskArguments",
        "loop": "crossing:BlockedLoop",
        "startup": "costs:WorkerStartup",
        "memory": "costs:WorkerMemory",
    },
}
PLACES = {name: place for group in GROUPS.values() for name, place in group.items()}
NAMES = tuple(PLACES)


def find(name: str) -> Any:
    """The class of a question."""
    chapter, _, kind = PLACES[name].partition(":")
    return getattr(import_module(f"{__name__}.{chapter}"), kind)
