"""What a budget allows, what would have decided a run, and which commands go on from it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from concbench.reports.analysis.verdict import Conclusion
    from concbench.reports.run.stored import Stored

    from ..plan.cells import PlannedCell
    from ..plan.settings import Settings

CELL_SECONDS = 0.6
"""Of a visit to a cell of the default workloads, with start and end: 18 take 10 to 13 s."""


def too_few_rounds(settings: Settings, planned: Sequence[PlannedCell]) -> str:
    """That the budget allows too few rounds for so many cells, and what would do; or ""."""
    if settings.rounds is not None:
        return ""
    blocks = [one.block for one in planned if not one.reason]
    most, seconds = max(map(blocks.count, set(blocks)), default=0), CELL_SECONDS * len(blocks)
    budget, share = settings.seconds, for_rounds(settings)
    return few_rounds(len(blocks), most, seconds, budget, share, "cells of short tasks")


def few_rounds(
    cells: int,
    most: int,
    round_seconds: float,
    budget: float,
    share: float = 1.0,
    what: str = "cells",
) -> str:
    """What is wrong with a budget for cells of which `most` are in one table; "" if nothing is.

    Rounds have that share of it.  `what` says which cells take so long.
    """
    from concbench.reports.stats.ranks import fewest_rounds

    rounds = int(share * budget / round_seconds) if round_seconds else 0
    fewest = fewest_rounds(most)
    if most < 2 or rounds >= fewest:
        return ""
    allows = "less than one" if rounds < 1 else f"about {rounds}"
    return (
        f"{cells} {what} take about {round_seconds:.0f} s a round: {budget:g} s allow {allows}, "
        f"too few to tell much: use --budget {neat(1.2 * fewest * round_seconds / share)}"
    )


def for_rounds(settings: Settings) -> float:
    """The share of a budget that probes leave to rounds at least."""
    from ..driver.probing import SHARE

    return 1 - SHARE if settings.probes else 1.0


def neat(seconds: float) -> str:
    """A budget of at least so much, as one would write it: `90s`, `4m`, `2h`."""
    if seconds <= 120:
        return f"{max(10, 10 * ceil(seconds / 10))}s"
    return f"{ceil(seconds / 60)}m" if seconds <= 7200 else f"{ceil(seconds / 3600)}h"


def undecided(run: Stored) -> Iterator[str]:
    """Which workloads the run could not decide, and what probably would decide them."""
    from concbench.reports import numbers
    from concbench.reports.analysis import tables

    names: dict[str, list[str]] = {}
    for block in tables.blocks(run):
        if block.conclusion.more_rounds:
            names.setdefault(_way_out(block.conclusion, run), []).append(block.name)
    for way_out, those in names.items():
        yield f"not decided: {numbers.listed(those)}; {way_out}"


def _way_out(open_one: Conclusion, run: Stored) -> str:
    rounds, each = open_one.rounds_needed, run.run.round_seconds
    if not rounds or rounds * (each or 0.0) > MOST_SECONDS:
        return "too noisy for any budget; use a quieter machine"
    timed = each if run.run.rounds_limit is None else None
    share = 1.25 if run.run.probes else 1.0  # probes take a fifth of that
    # A run that came to its end spent its budget on the rounds that it has, and all else.
    spent = (run.run.budget_seconds or 0.0) if run.run.state == "finished" else 0.0
    seconds = max(share * rounds * (timed or 0.0), spent * rounds / (rounds - open_one.more_rounds))
    option = f"--budget {neat(seconds)}" if timed else f"--rounds {rounds}"
    begin = "would begin to tell" if open_one.outcome == "undecided" else "would probably tell"
    return f"{option} {begin}"


MOST_SECONDS = 24 * 3600.0


def show_next(given: Mapping[str, Any], settings: Settings) -> None:
    """Print the commands that go on, each with the question that it answers."""
    steps = [(quoted(words), question) for words, question in next_steps(given, settings)]
    wide = min(60, max((len(words) for words, _ in steps), default=0))
    lines = [f"  concbench {words:{wide}}  {question}" for words, question in steps]
    if lines:
        print("next:", *lines, sep="\n")


def quoted(words: Iterable[str]) -> str:
    r"""The words for a shell, with bytes where one cannot be printed: `$'caf\xe9'`."""
    return " ".join(shlex.quote(one) if one.isprintable() else _in_bytes(one) for one in words)


def _in_bytes(word: str) -> str:
    signs = re.sub(rb"[^\w./=,:@%+ -]", lambda one: b"\\x%02x" % one[0][0], os.fsencode(word))
    return f"$'{signs.decode()}'"


Step: TypeAlias = tuple[list[str], str]
"""The words of a command, and the question that it answers."""
KEPT_ONCE = ("resume", "save_baseline", "dry_run", "export")
"""Options of a run that the next one should not repeat."""


def next_steps(given: Mapping[str, Any], settings: Settings) -> Iterator[Step]:
    """Commands that go on from a run with the user's own options; none that repeats what it did."""
    own = {key: value for key, value in given.items() if key not in KEPT_ONCE}
    if "resume" not in given:  # else most of the options are in the run
        if "workers" not in own and not any("workers=" in text for text in settings.param):
            words = _words({key: own[key] for key in KEPT_BY_SCALE if key in own})[1:]
            yield ["scale", *(settings.workload or ["io_sleep"]), *words], SCALING
        if not any(":" in text for text in settings.workload):
            yield ["run", "-w", "yourfile.py:function"], "which model for your own work?"
        if not (settings.budget or settings.rounds or settings.until):
            yield _words(own | {"rigorous": True}), "ten minutes, narrower intervals"
    if "report" not in given:
        where = {"results": given["results"]} if "results" in given else {}
        yield ["report", "--open", *_words(where)[1:]], "an HTML page with charts"


KEPT_BY_SCALE = ("strategy", "inputs", "start", "results", "quiet")
"""Options of a run that its sweep over workers should have, too."""
SCALING = "where does it stop scaling?"
SHORT = {"workload": "-w", "strategy": "-s", "param": "-P", "quiet": "-q", "verbose": "-v"}


def _words(given: Mapping[str, Any]) -> list[str]:
    """The command line that gives these options to `run`."""
    words = ["run"]
    for key, value in given.items():
        option = SHORT.get(key, f"--{key.replace('_', '-')}")
        for one in value if isinstance(value, (list, tuple)) else [value]:
            words += [option] if one is True else [option, str(one)]
    return words
