"""A check on a terminal: what is slower first, what nobody knows next, the rest in one line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from .. import text
from .checked import Answer, Checked, spans
from .decision import Word

WIDTH = 100
SHOWN: tuple[Word, ...] = ("slower", "other work", "inconclusive")
MARKS = {"slower": "SLOWER", "inconclusive": "?", "other work": "OTHER", "not slower": "="}


def lines(checked: Checked, width: int = WIDTH) -> Iterator[str]:
    """The check, a line at a time, none wider than `width`."""
    yield from _wrapped("check: ", _title(checked), width)
    names = [one.cell for one in checked.answers if one.word != "not slower"]
    wide = max(map(len, names), default=0)
    for word in SHOWN:
        for one in checked.of(word):
            yield from _line(MARKS[word], one.cell, wide, _said(one), width)
    for cell, reason in checked.failed:
        yield from _line("FAILED", cell, wide, reason, width)
    for unknown in checked.unknown:
        yield from _wrapped("  ?       ", unknown, width)
    if passed := checked.of("not slower"):
        yield from _wrapped("  =       ", _passed(passed), width)
    for warning in checked.warnings:
        yield from _wrapped("  note    ", warning, width)


def _title(checked: Checked) -> str:
    cells = len({one.cell for one in checked.answers})
    minutes, seconds = divmod(round(checked.seconds), 60)
    how = "" if checked.paired else ", not paired"
    relative = ", relative to the reference" if checked.relative else ""
    return (
        f"{checked.after} against {checked.before}{how}{relative}   {cells} "
        f"cell{'' if cells == 1 else 's'}, {spans(checked.answers)}, {minutes}:{seconds:02}   "
        f"Holm, alpha {text.percent(checked.alpha, ' ')}"
    )


def _said(one: Answer) -> str:
    metric = "" if one.metric == "batch" else f"{one.metric} "
    if one.word == "other work":
        return "the sides give different answers: neither slower nor faster"
    if one.ratio is None:
        return f"{metric}no round on both sides yet"
    if one.word == "slower":
        confirmed = "   confirmed" if one.confirmed else ""
        return f"{metric}{values(one)}   {change(one)}{confirmed}"
    more = f", about {one.more:,} more rounds would tell" if 0 < one.more < 100_000 else ""
    return f"{metric}too noisy: {change(one)}{more}"


def values(one: Answer) -> str:
    """`56.2 -> 68.9 ms`."""
    if one.before is None or one.after is None:
        return ""
    say = text.size if one.metric == "memory" else text.duration
    before, after = say(one.before), say(one.after)
    number, _, unit = before.rpartition(" ")
    return f"{number if after.endswith(f' {unit}') else before} -> {after}"


def change(one: Answer) -> str:
    """`+22.6 % [+18.1, +27.0]`."""
    if one.ratio is None:
        return "unknown"
    said = f"{_percent(one.ratio)} %"
    if one.low is None or one.high is None:
        return said
    return f"{said} [{_percent(one.low)}, {_percent(one.high)}]"


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f}"


def _passed(answers: list[Answer]) -> str:
    asked: dict[tuple[str, float], int] = {}
    for one in answers:
        asked[one.metric, one.threshold] = asked.get((one.metric, one.threshold), 0) + 1
    return ", ".join(
        f"{count} cell{'' if count == 1 else 's'} within {text.percent(threshold, ' ')}"
        + ("" if metric == "batch" else f" {metric}")
        for (metric, threshold), count in asked.items()
    )


def _line(mark: str, cell: str, wide: int, said: str, width: int) -> Iterator[str]:
    start = f"  {mark:8}{cell:{wide}}   "
    if len(start) + len(said) <= width:
        yield f"{start}{said}"
        return
    yield start.rstrip()
    yield from textwrap.wrap(said, width, initial_indent=" " * 10, subsequent_indent=" " * 10)


def _wrapped(start: str, said: str, width: int) -> Iterator[str]:
    if len(start) + len(said) <= width:
        yield f"{start}{said}"
        return
    indent = " " * 10
    yield from textwrap.wrap(said, width, initial_indent=start, subsequent_indent=indent)
