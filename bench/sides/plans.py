"""One plan of the cells that all sides have, each cell in a pair with the same cell elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from concbench.reports.codes import coded
from concbench.reports.errors import MALFORMED

from ..errors import Exit, ImportFailed, NothingSelected, NothingShared, TimedOut, UsageError
from ..imports import LIBRARY
from ..plan.cells import PlannedCell
from ..plan.planner import SETTINGS, restore
from ..processes.children import Children
from ..processes.outputs import malformed
from ..processes.variables import environment
from . import MeasuredSide
from .environments import CommandFailed, CommandInterrupted, output

if TYPE_CHECKING:
    from ..plan.settings import Settings

Pair: TypeAlias = tuple[str, int, str]
"""What cells of one pair have in common: workload, tasks and, but for a choice, strategy."""

PLANNER = "from concbench.plan.planner import main; main()"
SECONDS, LEAST_SECONDS = 60.0, 10.0
"""For a side to say its plan, and the least: what it imports may hang, or the machine be busy."""


@dataclass(frozen=True)
class Shared:
    """What sides have in common, and what of them is not compared."""

    sides: tuple[MeasuredSide, ...]
    """Each with what its planner says of its plug-ins."""
    cells: tuple[PlannedCell, ...]
    warnings: tuple[str, ...] = ()
    alone: tuple[tuple[str, str], ...] = ()
    """The cells that not every side has, each with the reason."""


@dataclass(frozen=True)
class Offer:
    """The cells of one side: with all their parameters, and with those that were chosen."""

    side: MeasuredSide
    cells: Mapping[Pair, PlannedCell]
    chosen: Mapping[str, Pair]
    missing: Mapping[str, UsageError]
    """Why, by what was asked for."""


def plans(
    children: Children, settings: Settings, sides: Sequence[MeasuredSide], scratch: Path
) -> Shared:
    """The cells that every side has; those whose parameters differ by their defaults are paired.

    Raises UsageError where a side cannot be planned, NothingShared where they share nothing.
    """
    offers = [_offer(children, settings, side, scratch) for side in sides]
    for text, why in offers[0].missing.items():
        if all(text in offer.missing for offer in offers):
            raise why
    lacking = [line for offer in offers for line in _lacking(offer)]
    rows = _rows(offers)
    alone = [
        (one.cell.name, f"only {offer.side.title} has it")
        for place, offer in enumerate(offers)
        for key, one in offer.cells.items()
        if key not in [row[place] for row in rows]
    ]
    if not rows:
        message = "\n  ".join([_nothing(offers), *lacking])
        raise NothingShared(message, [side.title for side in sides], alone)
    warnings = [*(coded("side-lacks", line) for line in lacking), *_differing(offers, rows)]
    cells = tuple(_joined(offers, rows))
    return Shared(tuple(one.side for one in offers), cells, tuple(warnings), tuple(alone))


def _lacking(offer: Offer) -> Iterator[str]:
    """What a side does not have and why, a line for each reason, with paths as in its own tree."""
    tree = f"{offer.side.root[1]}/" if offer.side.root else ""
    for why in dict.fromkeys(map(str, offer.missing.values())):
        yield f"{offer.side.title} lacks it: {why.replace(tree, '') if tree else why}"


def _nothing(offers: Sequence[Offer]) -> str:
    """Why no cell can be compared, and from when on."""
    first, *others = offers
    broken = any(isinstance(why, ImportFailed) for one in offers for why in one.missing.values())
    if first.cells and not broken and not any(one.cells for one in others):
        new = f"new here, nothing to compare yet: only {first.side.title} has these cells"
        return f"{new}; once they are in both, a check compares them"
    return f"{' and '.join(one.side.title for one in offers)} have no cell in common"


def plan_here(settings: Settings) -> Shared:
    """The cells of the working tree alone, planned in a process of its own."""
    with Children() as children:
        return plans(children, settings, (MeasuredSide(""),), children.new_folder())


def _rows(offers: Sequence[Offer]) -> list[list[Pair]]:
    """The cells of each pair, one for each side in the order of the sides."""
    first = offers[0].cells
    rows = [[key] * len(offers) for key in first if all(key in one.cells for one in offers)]
    paired = {key for row in rows for key in row}
    for name in offers[0].chosen:
        keys = [offer.chosen.get(name) for offer in offers]
        known = [key for key in keys if key is not None and key not in paired]
        if len(known) == len(offers):
            rows.append(known)
    order = list(first)
    return sorted(rows, key=lambda row: order.index(row[0]))


def _differing(offers: Sequence[Offer], rows: Sequence[Sequence[Pair]]) -> Iterator[str]:
    """A line for each pair whose defaults differ."""
    for row in rows:
        if len(set(row)) > 1:
            names = [
                f"{offer.cells[key].cell.name} of {offer.side.title}"
                for offer, key in zip(offers, row, strict=True)
            ]
            line = f"compared although defaults differ: {' with '.join(names)}"
            yield coded("defaults-differ", line)


def _by_pair(cells: Sequence[PlannedCell], side: MeasuredSide) -> dict[Pair, PlannedCell]:
    """The cells by what they have in common with those of other sides.

    A choice of strategies has one for a workload, or of a sweep one for each number of workers.
    """
    if not side.strategies:
        return {_pair(one, one.cell.strategy.label): one for one in cells}
    alone = {_pair(one, ""): one for one in cells}
    swept = {_pair(one, f"workers={one.workers}"): one for one in cells}
    for by_pair in (alone, swept):
        if len(by_pair) == len(cells):
            return by_pair
    names = ", ".join(one.cell.strategy.label for one in cells[:4])
    raise UsageError(
        f"{side.title} means several strategies ({names}): choose one with [key=value]"
    )


def _pair(planned: PlannedCell, strategy: str) -> Pair:
    return planned.cell.workload.label, planned.cell.tasks, strategy


def _joined(offers: Sequence[Offer], rows: Sequence[Sequence[Pair]]) -> Iterator[PlannedCell]:
    blocks: dict[tuple[str, int], int] = {}
    for place, offer in enumerate(offers):
        title = offer.side.title
        for pair, row in enumerate(rows):
            one = offer.cells[row[place]]
            block = blocks.setdefault((title, one.block), len(blocks))
            number = place * len(rows) + pair
            several = pair if len(offers) > 1 else None
            yield replace(one, id=number, block=block, side=title, pair=several)


def _offer(children: Children, settings: Settings, side: MeasuredSide, scratch: Path) -> Offer:
    given = settings.model_dump(mode="json", include=set(SETTINGS))
    asked: dict[str, str] = {}
    for key in ("workload", "strategy"):
        asked |= {side.here(text): text for text in given[key]}
        given[key] = [side.here(text) for text in given[key]]
    if side.strategies:
        given |= {"strategy": list(side.strategies), "reference": settings.reference}
    seconds = max(settings.timeout or SECONDS, LEAST_SECONDS)
    said = _ask(children, given, side, scratch, seconds)
    last = said.rpartition("\n")[2]
    try:
        answer = json.loads(last)
        if "importing" in answer:
            raise _ended(side, said, "exit code 0: os._exit?")
        if "error" not in answer:
            return _read(answer, side, asked)
    except MALFORMED as error:
        why = malformed(last, error)
        raise UsageError(f"{side.title}: the answer of its planner cannot be read: {why}") from None
    said = f"{side.title}: {answer['error']}" if side.foreign else answer["error"]
    raise _error(said, answer["exit"])


def _missing(why: str, code: int, there_is: bool, traceback: str) -> UsageError:
    error = ImportFailed(why) if there_is else _error(why, code)
    error.traceback = traceback
    return error


def _error(said: str, code: int) -> UsageError:
    return NothingSelected(said) if code == Exit.NOTHING else UsageError(said)


def _read(answer: Mapping[str, Any], side: MeasuredSide, asked: Mapping[str, str]) -> Offer:
    cells = [restore(one) for one in answer["cells"]]
    keyed = _by_pair(cells, side)
    names = list(answer["chosen"])
    chosen = {} if side.strategies else dict(zip(names, keyed, strict=True))
    unique = {name: key for name, key in chosen.items() if names.count(name) == 1}
    about = replace(side, about=answer["about"])
    missing = {
        asked.get(text, text): _missing(why, code, there_is, traceback)
        for text, why, code, there_is, traceback in answer["missing"]
    }
    return Offer(about, keyed, unique, missing)


def _ask(
    children: Children, given: dict[str, Any], side: MeasuredSide, scratch: Path, seconds: float
) -> str:
    """What the planner said, less the end of its last line.

    Raises TimedOut with the place where it hangs, and UsageError with what ended it.
    """
    question = scratch / "settings.json"
    question.write_text(json.dumps({**given, "seconds": seconds / 2}), encoding="utf-8")
    with question.open("rb") as stream:
        try:
            return output(
                children,
                side.command(PLANNER),
                purpose="the planner",
                folder=side.folder,
                seconds=seconds,
                variables=environment(side.variables),
                stdin=stream,
                answers=True,
            ).rstrip("\n")
        except CommandInterrupted as error:
            name = _importing(error.said)
            doing = f"{name} was imported" if name else "a plan was made"
            of_side = f" for {side.title}" if side.title else ""
            raise KeyboardInterrupt(f"interrupted while {doing}{of_side}") from None
        except CommandFailed as error:
            how, _, last = str(error).removeprefix("the planner: ").partition("\n")
            if not error.late:
                ended = _ended(side, error.said, how, last)
                ended.exit = error.exit
                raise ended from None
            name = _importing(error.said)
            doing = f"{name} is still being imported" if name else "there is no plan yet"
            place = f" after {seconds:.0f} s{_where(error.errors)}: longer with --timeout"
            raise TimedOut(f"{_prefix(side)}{doing}{place}") from None


def _prefix(side: MeasuredSide) -> str:
    return f"{side.title}: " if side.title else ""


def _importing(said: str) -> str:
    """The plug-in that a planner imported when it said no more, if it did."""
    try:
        return str(json.loads(said.splitlines()[-1])["importing"])
    except (*MALFORMED, IndexError):
        return ""


def _ended(side: MeasuredSide, said: str, how: str, last: str = "") -> UsageError:
    name = _importing(said)
    what = f"{name} ended the process as it was imported" if name else "its planner ended"
    return UsageError(f"{_prefix(side)}{what} ({how})" + (f"\n{last}" if last else ""))


def _where(errors: str) -> str:
    """`, in work.py, line 3`: where the thread that imports was, by its traceback, if that is."""
    frames = re.findall(r'File "([^<"]+)", line (\d+) in', errors.rpartition("Thread 0x")[2])
    own = [frame for frame in frames if not frame[0].startswith(LIBRARY)] or frames
    return f", in {own[0][0]}, line {own[0][1]}" if own else ""
