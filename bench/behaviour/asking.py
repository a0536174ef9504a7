"""Asks every question of every strategy, each in a worker process of its own, from the driver."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from inspect import cleandoc, getsource
from typing import Any

from reports.run import keys

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

Watch = Callable[[str, str], None]
"""`watch(strategy, question)` is called before each question."""


def strategies(settings: Settings) -> tuple[PlannedCell, ...]:
    """The strategies that the settings select, each with the reason why it cannot run here."""
    chosen = {"workload": (f"{work.__name__}:AwaitableTasks",), "strategy": settings.strategy}
    return plan(Settings.model_validate(chosen))


def document(
    shop: Workshop,
    planned: Sequence[PlannedCell],
    seconds: float,
    watch: Watch,
    names: Sequence[str] = NAMES,
) -> dict[str, Any]:
    """What behaviour.json holds: questions with their code, strategies with their answers."""
    asker = Asker(shop, seconds, watch, names)
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
        "strategies": [asker.strategy(one) for one in planned],
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


@dataclass(frozen=True)
class Asker:
    """Asks questions, each in a worker that is killed when it does not come back in time."""

    shop: Workshop
    seconds: float
    watch: Watch
    names: Sequence[str]

    def strategy(self, planned: PlannedCell) -> dict[str, Any]:
        """Its answers, or why it has none."""
        name = label(planned.cell.strategy)
        answers = {} if planned.reason else dict(self._answers(planned, name))
        return {"name": name, "reason": planned.reason, "answers": answers}

    def _answers(self, planned: PlannedCell, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        sides = {"": EquippedSide(MeasuredSide(""), Fixtures())}
        for question in self.names:
            self.watch(name, question)
            workers = Workers(self.shop.children, self.shop.folder, sides, seed=0)
            job = {"run": "bench.behaviour.trial:behave", "question": question}
            with workers.started(planned.cell, job, Launch([], 0, self.seconds)) as worker:
                outcome = parsed(worker.result(), _answer)
            answer = self._failure(outcome) if isinstance(outcome, Failed) else outcome
            left = [*workers.strays, *self.shop.children.sweep()]
            if left and question == "interrupt":
                answer |= {"answer": "leaves processes", "why": "; ".join(left)}
            yield question, answer

    def _failure(self, failed: Failed) -> dict[str, Any]:
        if failed.kind == "timeout":
            why = f"it did not come back in {self.seconds:g} s and was killed"
            return {"answer": "hangs", "why": why, "measured": {}}
        return {"answer": "failed", "why": failed.message, "measured": {}}


def _answer(text: str) -> dict[str, Any]:
    result = json.loads(text)
    return {key: result[key] for key in ("answer", "why", "measured")}
