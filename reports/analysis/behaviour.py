"""How strategies behave, as `concbench behaviour` stored it: behaviour.json of a results folder.

The documented form is SCHEMA.md's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import errors, numbers
from ..run import keys
from ..table import Table, headings

FILE = "behaviour.json"


@dataclass(frozen=True)
class Question:
    """What was asked of every strategy, and the code that asked it."""

    name: str
    group: str
    asks: str
    code: str


@dataclass(frozen=True)
class Answer:
    """An answer in a few words, `why` where it needs one, and numbers that were measured."""

    answer: str
    why: str = ""
    measured: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> Any:
        """What it is sorted by: the number behind the words where that is all they say."""
        return self.measured.get("seconds", self.measured.get("bytes", self.answer))


@dataclass(frozen=True)
class StrategyAnswers:
    """A strategy's answers by question; none with the reason why it cannot run."""

    name: str
    reason: str
    answers: dict[str, Answer]


@dataclass(frozen=True)
class Behaviour:
    """All of it, and where and when it was asked."""

    schema: int
    concbench: str
    asked: str
    python: str
    platform: str
    questions: tuple[Question, ...]
    strategies: tuple[StrategyAnswers, ...]

    @property
    def groups(self) -> Mapping[str, list[Question]]:
        """Questions by what they are about, in their order."""
        names = dict.fromkeys(one.group for one in self.questions)
        return {name: [one for one in self.questions if one.group == name] for name in names}

    @property
    def able(self) -> list[StrategyAnswers]:
        """Those that could be asked."""
        return [one for one in self.strategies if not one.reason]

    @property
    def unable(self) -> list[StrategyAnswers]:
        """Those that could not, each with its reason."""
        return [one for one in self.strategies if one.reason]

    def reasons(self, question: Question) -> Iterator[str]:
        """`-: it has no workers (sequential)`, a line for each answer with its reason."""
        strategies: dict[tuple[str, str], list[str]] = {}
        for one in self.able:
            answer = one.answers[question.name]
            if answer.why:
                strategies.setdefault((answer.answer, answer.why), []).append(one.name)
        for (answer_, why), names in strategies.items():
            yield f"{answer_}: {why} ({', '.join(names)})"


def read(results: Path) -> Behaviour | None:
    """What is stored in a results folder; None where nothing was.  Raises DamagedRun."""
    path = results / FILE
    document = errors.load(path, keys.BEHAVIOUR_SCHEMA)
    return None if document is None else checked(document, path)


def checked(document: Mapping[str, Any], path: Path) -> Behaviour:
    """The document in its form.  Raises DamagedRun where it has another."""
    behaviour = errors.validate(document, Behaviour, path)
    for one in behaviour.able:
        missing = [each.name for each in behaviour.questions if each.name not in one.answers]
        if missing:
            raise errors.DamagedRun(
                f"{path}: {one.name} has no answer to {numbers.listed(missing)}"
            )
    return behaviour


def tables(behaviour: Behaviour) -> Iterator[Table]:
    """Answers of the strategies that could be asked, a table for each group of questions."""
    for group, questions in behaviour.groups.items():
        names = [question.name for question in questions]
        answers = [(one.name, [one.answers[name] for name in names]) for one in behaviour.able]
        asked = ("\n".join([one.asks, *behaviour.reasons(one)]) for one in questions)
        yield Table(
            group,
            headings(["strategy", *names], left=range(len(names) + 1)),
            tuple((name, *(one.answer for one in those)) for name, those in answers),
            notes=tuple(zip(names, asked, strict=True)),
            values=tuple((name, *(one.value for one in those)) for name, those in answers),
        )
