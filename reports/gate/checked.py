"""A check as it is stored and shown: an answer for each metric of each pair.  Plain data.

Stored as gate.json for other tools; its documented form is SCHEMA.md's.  Nothing of ours reads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from .decision import ALPHA, Word

SCHEMA = 1
FILE = "gate.json"


@dataclass(frozen=True)
class Answer:
    """What the gate says of one metric of one pair.

    `before` and `after` are in seconds, or bytes of memory.  `before` is the trimmed geometric mean
    over the rounds that both sides have (unpaired: over the stored ones), which a disturbed process
    hardly moves; `ratio` is what the gate decides by, with its interval of 95 %; and `after` is
    `before` times `ratio`, so that the three agree whatever disturbed a round.  `more` is about how
    many rounds would decide it.
    """

    cell: str
    metric: str
    threshold: float
    word: Word
    rounds: int
    before: float | None = None
    after: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    more: int = 0
    confirmed: bool = False
    """Whether rounds of its own confirmed it, after it was a suspect."""


@dataclass(frozen=True)
class Checked:
    """A whole check of `after` against `before`; `paired` when both ran in the same rounds."""

    after: str
    before: str
    answers: tuple[Answer, ...]
    paired: bool = True
    relative: bool = False
    failed: tuple[tuple[str, str], ...] = ()
    """Cells that one side could not measure, each with the reason."""
    unknown: tuple[str, ...] = ()
    """What was asked and cannot be known here, a line each."""
    seconds: float = 0.0
    alpha: float = ALPHA
    run: str = ""
    warnings: tuple[str, ...] = field(default=())

    def of(self, word: Word) -> list[Answer]:
        """The answers of one kind, in their order."""
        return [one for one in self.answers if one.word == word]

    @property
    def doubts(self) -> int:
        """What --strict takes for a failure: neither slower nor not."""
        undecided = len(self.of("inconclusive")) + len(self.of("other work"))
        return undecided + len(self.unknown)


def document(checked: Checked) -> str:
    """The text of gate.json."""
    return json.dumps({"schema": SCHEMA, **asdict(checked)}, indent=1, ensure_ascii=False)


def spans(answers: Sequence[Answer]) -> str:
    """`8 to 24 rounds`."""
    rounds = sorted({one.rounds for one in answers}) or [0]
    low, high = rounds[0], rounds[-1]
    if low < high:
        return f"{low} to {high} rounds"
    return f"{low} round{'' if low == 1 else 's'}"
