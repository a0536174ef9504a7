"""A check as it is stored and shown: a result for each metric of each cell, and the words for it.

Stored as gate.json for other tools; its documented form is SCHEMA.md's.  Nothing of ours reads it.
The words are the same wherever a check is shown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from .. import codes, numbers
from ..codes import coded
from .decision import ALPHA, UNDECIDED, Verdict, Word
from .evidence import TwoSamples
from .looks import SEARCH
from .thresholds import TIMES

SCHEMA = 1
FILE = "gate.json"


@dataclass(frozen=True)
class Result:
    """What the gate says of one metric of one cell.

    `before` and `after` are in seconds, or bytes of memory.  `before` is the trimmed geometric mean
    over the rounds that both sides have (unpaired: over the stored ones), which a disturbed process
    hardly moves; `ratio` is what the gate decides by, with its interval of 95 %; and `after` is
    `before` times `ratio`, so that the three agree whatever disturbed a round.  `more` is about how
    many rounds would decide it.

    Where it must stay below a `bound`, there is no `threshold` and no `before`, `after` is the
    trimmed mean over the rounds, and `ratio` is that over the bound.
    """

    cell: str
    metric: str
    threshold: float | None
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
    example: str = ""
    """Of other work, one answer that differs: `task 0: 1.0, was 1`."""
    bound: float | None = None


@dataclass(frozen=True)
class Check:
    """A whole check of `after` against `before`; `paired` when both ran in the same rounds.

    With nothing `before`, of bounds alone.
    """

    after: str
    before: str
    answers: tuple[Result, ...]
    paired: bool = True
    relative: bool = False
    failed: tuple[tuple[str, str], ...] = ()
    """Cells that one side could not measure, each with the reason."""
    unknown: tuple[str, ...] = ()
    """What was asked and cannot be known here, a line each."""
    alone: tuple[tuple[str, str], ...] = ()
    """Cells that only one side has, each with the reason: they are not compared."""
    seconds: float = 0.0
    alpha: float = ALPHA
    run: str = ""
    warnings: tuple[str, ...] = field(default=())

    def of(self, *words: Word) -> list[Result]:
        """The answers with these words, those of the first word first."""
        return [one for word in words for one in self.answers if one.word == word]

    @property
    def passed(self) -> list[Result]:
        """The answers that are as they should be."""
        return self.of("not slower", "below")

    @property
    def doubts(self) -> int:
        """What --strict takes for a failure: neither slower nor not."""
        undecided = self.of("suspect", "inconclusive", "other work")
        return len(undecided) + len(self.unknown) + len(self.alone)


def document(check: Check) -> str:
    """The text of gate.json."""
    return json.dumps({"schema": SCHEMA, **asdict(check)}, indent=1, ensure_ascii=False)


def spans(answers: Sequence[Result]) -> str:
    """`8 to 24 rounds`."""
    rounds = sorted({one.rounds for one in answers}) or [0]
    low, high = rounds[0], rounds[-1]
    return f"{low} to {high} rounds" if low < high else f"{low} round{_s(low)}"


FAR = 100_000
"""So many more rounds are as good as none: nobody is told to wait for them."""


def title(check: Check) -> str:
    """`working tree against git:main (1a2b3c4)`."""
    if not check.before:
        return f"{check.after} against its bounds, and no other side"
    how = "" if check.paired else ", not paired"
    relative = ", relative to the reference" if check.relative else ""
    return f"{check.after} against {check.before}{how}{relative}"


def extent(check: Check) -> str:
    """`18 cells, 8 to 24 rounds, 6:40`."""
    minutes, seconds = divmod(round(check.seconds), 60)
    return f"{cells(check.answers)}, {spans(check.answers)}, {minutes}:{seconds:02}"


def method(check: Check) -> str:
    """`Holm, alpha 1 %`."""
    return f"Holm, alpha {percent(check.alpha)}"


def headline(check: Check) -> str:
    """The whole check in a line: `slower: 1 of 18 cells; 1 inconclusive`."""
    failed = {cell for cell, _ in check.failed}
    parts: list[tuple[object, str]] = [
        (slower := check.of("slower"), f"slower: {len(_names(slower))} of {cells(check.answers)}"),
        (above := check.of("above"), f"above its bound: {cells(above)}"),
        (failed, f"failed: {_cells(len(failed))}"),
        (suspects := check.of("suspect"), f"suspect, not confirmed: {cells(suspects)}"),
        (other := check.of("other work"), f"other work: {cells(other)}"),
        (doubtful := check.of("inconclusive"), f"inconclusive: {cells(doubtful)}"),
        (check.unknown, f"not known: {len(check.unknown)}"),
        (check.alone, f"not compared: {_cells(len(check.alone))}"),
        (passed := check.of("not slower"), f"not slower: {cells(passed)}"),
        (below := check.of("below"), f"below its bound: {cells(below)}"),
    ]
    return "; ".join(text for some, text in parts if some) or "nothing was compared"


def reason(one: Result) -> str:
    """Why it is what it is, with the metric where that is not the change of the batch time."""
    metric = "" if one.metric == "batch" and one.bound is None else f"{one.metric} "
    if one.word == "other work":
        example = f" ({one.example})" if one.example else ""
        times = f", {metric}{values(one)}   {change(one)}" if one.ratio is not None else ""
        return f"the sides give different answers{example}{times}"
    if one.ratio is None:
        where = "" if one.bound is not None else " on both sides"
        return f"{metric}no round{where} yet"
    if one.word in UNDECIDED:
        return f"{doubt(one)}: {metric}{measured(one)}{remedy(one)}"
    if one.bound is not None:
        return f"{metric}{measured(one)}"
    confirmed = "   confirmed" * (one.word == "slower" and one.confirmed)
    return f"{metric}{values(one)}   {change(one)}{confirmed}"


def asked(one: Result) -> str:
    """What was asked: `threshold 5 %`, `must stay below 20 ms`."""
    if one.bound is not None:
        return f"must stay {_limit(one)}"
    return f"threshold {percent(one.threshold)}"


def measured(one: Result) -> str:
    """`+22.6 % [+18.1, +27.0]`; of a bound `34 ms [30 ms, 38 ms], must stay below 20 ms`."""
    return change(one) if one.bound is None else f"{level(one)}, {asked(one)}"


def level(one: Result) -> str:
    """`34.2 ms [30.1 ms, 38.9 ms]`, of one that has a bound."""
    if one.bound is None or one.low is None or one.high is None:
        return value(one, one.after)
    low, high = (value(one, end * one.bound) for end in (one.low, one.high))
    return f"{value(one, one.after)} [{low}, {high}]"


CODES = {
    "suspect, not confirmed": "suspect",
    "too few rounds": "too-few-rounds",
    "too noisy": "too-noisy",
    "other work": "other-work",
    "not compared": "not-compared",
    "not known": "not-known",
}
"""From the words of a doubt, as a check prints them, to its code."""


def doubt(one: Result) -> str:
    """Why it is not decided: `too noisy`."""
    if one.word == "suspect":
        return "suspect, not confirmed"
    return "too few rounds" if one.rounds < SEARCH.first else "too noisy"


def remedy(one: Result) -> str:
    """`; about 40 more rounds would tell`; nothing where so many are not to be had."""
    if not 0 < one.more < FAR:
        return ""
    # Only where the whole interval is beyond the threshold can it no longer prove small.
    beyond = one.word == "suspect" and (one.low or 0.0) > 1 + (one.threshold or 0.0)
    verb = "confirm it" if beyond else "tell"
    return f"; about {one.more:,} more round{_s(one.more)} would {verb}"


def values(one: Result) -> str:
    """`56.2 -> 68.9 ms`."""
    if one.before is None or one.after is None:
        return ""
    before, after = value(one, one.before), value(one, one.after)
    number, _, unit = before.rpartition(" ")
    return f"{number if after.endswith(f' {unit}') else before} -> {after}"


def value(one: Result, number: float | None) -> str:
    """`56.2 ms`, `48 MB`; what a workload counts is a number."""
    if one.metric == "memory":
        return numbers.size(number)
    if one.metric in TIMES:
        return numbers.duration(number)
    return numbers.NONE if number is None else numbers.digits(number)


def change(one: Result) -> str:
    """`+22.6 % [+18.1, +27.0]`."""
    if one.ratio is None:
        return "unknown"
    difference = f"{_percent(one.ratio)} %"
    if one.low is None or one.high is None:
        return difference
    return f"{difference} [{_percent(one.low)}, {_percent(one.high)}]"


def within(passed: Sequence[Result]) -> str:
    """`16 cells within 5 %, 16 cells within 10 % cpu, 2 cells below 20 ms p99`."""
    kinds = Counter((_limit(one), one.metric, one.bound is None) for one in passed)
    return ", ".join(
        f"{_cells(count)} {limit}" + ("" if metric == "batch" and is_change else f" {metric}")
        for (limit, metric, is_change), count in kinds.items()
    )


def _limit(one: Result) -> str:
    if one.bound is not None:
        number, _, unit = value(one, one.bound).partition(" ")
        written = number.rstrip("0").rstrip(".") if "." in number else number
        return f"below {written} {unit}".rstrip()
    return f"within {percent(one.threshold)}"


def percent(fraction: float | None) -> str:
    """A threshold as somebody wrote it: `5 %`, `7.5 %`."""
    return numbers.NONE if fraction is None else f"{100 * fraction:g} %"


def doubts(check: Check) -> list[str]:
    """The codes of what is in doubt, as `concbench explain` takes them."""
    words = [doubt(one) for one in check.of(*UNDECIDED)]
    words += ["other work"] * bool(check.of("other work"))
    words += ["not compared"] * bool(check.alone) + ["not known"] * bool(check.unknown)
    found = [CODES[word] for word in words]
    return list(dict.fromkeys([*found, *codes.codes_in(check.warnings)]))


def resolution(verdicts: Mapping[str, Verdict]) -> list[str]:
    """What an unpaired check can show at best, and what would help, by what is asked."""
    shown = "what the machine did between the two runs looks like the code"
    certain = ALPHA / max(1, len(verdicts))
    every = {
        name: one.evidence.resolved(certain)
        for name, one in verdicts.items()
        if isinstance(one.evidence, TwoSamples)
    }
    known = {name: resolved for name, resolved in every.items() if resolved is not None}
    if known:
        least, most = (pick(known, key=lambda name: known[name]) for pick in (min, max))
        shown += f"; it can show slow-downs of {_rounded(known[most])} or more"
        if _rounded(known[least]) != _rounded(known[most]):
            shown += f" ({most}; {_rounded(known[least])} for {least})"
    lines = [coded("not-paired", f"not paired: {shown}")]
    if hopeless := sum(one.more >= FAR for one in verdicts.values()):
        line = (
            f"no number of rounds decides {hopeless} of {len(verdicts)}: the baseline is too noisy"
        )
        way_out = "save one with more rounds, or measure both sides with --against"
        lines.append(coded("noisy-baseline", f"{line}; {way_out}"))
    return lines


def _rounded(fraction: float) -> str:
    return f"{100 * fraction:.2g} %" if fraction < 1 else f"{100 * fraction:.0f} %"


def cells(answers: Sequence[Result]) -> str:
    """`18 cells`: a cell counts once, however many metrics were asked of it."""
    return _cells(len(_names(answers)))


def _names(answers: Sequence[Result]) -> set[str]:
    return {one.cell for one in answers}


def _cells(count: int) -> str:
    return f"{count} cell{_s(count)}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _percent(ratio: float) -> str:
    return f"{round(100 * (ratio - 1), 1) + 0.0:+.1f}"  # never -0.0
