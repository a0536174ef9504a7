"""Asks every question of every strategy, each in a worker process of its own, from the driver."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from inspect import cleandoc, getsource
from typing import Any

from concbench.reports.run import keys

from ..driver.fixtures import Fixtures
from ..driver.lab import Workshop
from ..driver.workers import EquippedSide, Launch, Workers
from ..errors import UsageError, alternatives
from ..plan.cells import PlannedCell, plan
from ..plan.plugins import loaded, parameters
from ..plan.settings import Settings
from ..processes.outputs import Failed, parsed
from ..sides import MeasuredSide
from ..spec import Spec
from ..store import runs
from . import work
from .questions import GROUPS, NAMES, find

SECONDS = 60.0
"""Until a worker is killed that does not come back."""


def strategies(settings: Settings) -> tuple[PlannedCell, ...]:
    """The strategies that the settings select, each with the reason why it cannot run here."""
    chosen = {"workload": (f"{work.__name__}:AwaitableTasks",), "strategy": settings.strategy}
    return plan(Settings.model_validate(chosen))


def document(
    shop: Workshop,
    planned: Sequence[PlannedCell],
    seconds: float,
    watch: Callable[[str, str], object],
    names: Sequence[str] = NAMES,
) -> dict[str, Any]:
    """The content of behaviour.json; `watch(strategy, question)` is called before each question."""

    def asked(one: PlannedCell) -> dict[str, Any]:
        name = label(one.cell.strategy)
        answers = {}
        for question in () if one.reason else names:
            watch(name, question)
            answers[question] = answer(shop, one, question, seconds)
        return {"name": name, "reason": one.reason, "answers": answers}

    return {
        "schema": keys.BEHAVIOUR_SCHEMA,
        "concbench": version("concbench"),
        "asked": runs.stamp(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "questions": [
            {"name": name, "group": group, "asks": asks(name), "code": code(name)}
            for group, members in GROUPS.items()
            for name in members
            if name in names
        ],
        "strategies": [asked(one) for one in planned],
    }


def asks(name: str) -> str:
    """The question in a sentence."""
    return cleandoc(_named(name).__doc__ or "").partition("\n")[0]


def code(name: str) -> str:
    """The code that runs: what tasks do, and how the answer is read."""
    return getsource(_named(name))


def _named(name: str) -> Any:
    if name not in NAMES:
        raise UsageError(f"no question '{name}'{alternatives(name, NAMES)}")
    return find(name)


def label(strategy: Spec) -> str:
    """Its name with the parameters that differ from what they would be anyway."""
    defaults = {key: one for key, one in parameters(loaded(strategy)).items() if one is not ...}
    usual = {"workers": work.AwaitableTasks.workers, **defaults}
    unusual = {key: value for key, value in strategy.params.items() if value != usual.get(key)}
    return Spec(strategy.name, strategy.target, unusual).label


def answer(shop: Workshop, planned: PlannedCell, question: str, seconds: float) -> dict[str, Any]:
    """Its answer, from a worker that is killed when it does not come back in time."""
    sides = {"": EquippedSide(MeasuredSide(""), Fixtures())}
    workers = Workers(shop.children, shop.folder, sides, seed=0)
    job = {"run": "concbench.behaviour.trial:behave", "question": question}
    with workers.started(planned.cell, job, Launch([], 0, seconds)) as worker:
        outcome = parsed(worker.result(), _result)
    if isinstance(outcome, Failed):
        late = outcome.kind == "timeout"
        why = f"it did not come back in {seconds:g} s and was killed" if late else outcome.message
        outcome = {"answer": "hangs" if late else "failed", "why": why, "measured": {}}
    left = [*workers.strays, *shop.children.sweep()]
    if left and question == "interrupt":
        outcome |= {"answer": "leaves processes", "why": "; ".join(left)}
    return outcome


def _result(text: str) -> dict[str, Any]:
    result = json.loads(text)
    return {key: result[key] for key in ("answer", "why", "measured")}
