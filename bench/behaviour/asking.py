"""Every question of every strategy, each in a worker process of its own; what the driver does."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from inspect import cleandoc, getsource
from typing import Any

from ..driver.fixtures import Fixtures
from ..driver.lab import Workshop
from ..driver.workers import Call, Place, Workers
from ..errors import UsageError, alternatives
from ..plan.cells import Planned, plan
from ..plan.plugins import loaded, parameters
from ..plan.settings import Settings
from ..processes.outputs import Failed, parsed
from ..sides import Side
from ..spec import Spec
from ..store import runs
from . import work
from .questions import GROUPS, NAMES

SCHEMA = 1
SECONDS = 60.0
"""Until a worker is killed that does not come back."""

Told = Callable[[str, str], None]
"""`told(strategy, question)` before each is asked."""


def strategies(settings: Settings) -> tuple[Planned, ...]:
    """The strategies that the settings select, each with the reason why it cannot run here."""
    chosen = {"workload": (f"{work.__name__}:Both",), "strategy": settings.strategy}
    return plan(Settings.model_validate(chosen))


def document(
    shop: Workshop,
    planned: Sequence[Planned],
    seconds: float,
    told: Told,
    names: Sequence[str] = NAMES,
) -> dict[str, Any]:
    """What behaviour.json holds: questions with their code, strategies with their answers."""
    asker = Asker(shop, seconds, told, names)
    return {
        "schema": SCHEMA,
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
    return cleandoc(_question(name).__doc__ or "").partition("\n")[0]


def code(name: str) -> str:
    """The code that is run: what tasks do, and how the answer is found."""
    return getsource(_question(name))


def _question(name: str) -> Any:
    if name not in NAMES:
        raise UsageError(f"no question '{name}'{alternatives(name, NAMES)}")
    return import_module(f"{__package__}.questions.{name}")


def label(strategy: Spec) -> str:
    """Its name with those parameters that are not as they would be anyway."""
    usual = {"workers": work.Both.workers, **_defaults(strategy)}
    told = {key: value for key, value in strategy.params.items() if value != usual.get(key)}
    return Spec(strategy.name, strategy.target, told).label


def _defaults(strategy: Spec) -> dict[str, Any]:
    known = parameters(loaded(strategy))
    return {key: value for key, value in known.items() if value is not ...}


@dataclass(frozen=True)
class Asker:
    """Asks questions, each in a worker that is killed when it does not come back in time."""

    shop: Workshop
    seconds: float
    told: Told
    names: Sequence[str]

    def strategy(self, planned: Planned) -> dict[str, Any]:
        """Its answers, or why it has none."""
        name = label(planned.cell.strategy)
        answers = {} if planned.reason else dict(self._answers(planned, name))
        return {"name": name, "reason": planned.reason, "answers": answers}

    def _answers(self, planned: Planned, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        place = Place(Side(""), Fixtures())
        for question in self.names:
            self.told(name, question)
            workers = Workers(self.shop.children, self.shop.folder, {"": place}, seed=0)
            job = {"kind": "behave", "question": question}
            text = workers.result(planned.cell, job, Call([], 0, self.seconds))
            read = parsed(text, _answer)
            found = self._failed(read) if isinstance(read, Failed) else read
            left = [*workers.strays, *self.shop.children.sweep()]
            if left and question == "interrupt":
                found |= {"answer": "leaves processes", "why": "; ".join(left)}
            yield question, found

    def _failed(self, failed: Failed) -> dict[str, Any]:
        if failed.kind == "timeout":
            why = f"it did not come back in {self.seconds:g} s and was killed"
            return {"answer": "hangs", "why": why, "measured": {}}
        return {"answer": "failed", "why": failed.message, "measured": {}}


def _answer(text: str) -> dict[str, Any]:
    told = json.loads(text)
    return {key: told[key] for key in ("answer", "why", "measured")}
