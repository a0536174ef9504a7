"""What a check compares with: what the user says, else the baseline, else what git suggests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from concbench.reports.codes import coded
from concbench.reports.gate.looks import FIRST
from concbench.reports.run.keys import WORKING_TREE
from concbench.reports.run.schema import Planned as StoredCell

from ..errors import NothingShared, UsageError, suggestion
from ..machine.identity import git_output
from ..plan.cells import PlannedCell
from ..plan.settings import Settings
from ..sides.build import check
from ..sides.commits import earlier, why_none
from ..store.runs import check_name, stored_settings
from .readings import CellPair

if TYPE_CHECKING:
    from concbench.reports.run.stored import Stored

DEFAULT_BRANCHES = ("main", "master", "trunk", "develop")
CELLS = ("workload", "strategy", "param", "tasks", "workers", "start", "reference")
"""The settings that say which cells a run has."""
ENOUGH = 20
"""Rounds of a baseline that are a good beginning: its noise is in every later check."""
APART = ("not in ", "not measured in ", "only in ", "no common reference")
"""How the notes of cells that are not compared begin."""


@dataclass(frozen=True)
class Counterpart:
    """Two sides, or a stored baseline; `why` says how it was chosen, where nobody did."""

    sides: tuple[str, ...] = ()
    baseline: str = ""
    why: str = ""


def counterpart(given: Mapping[str, Any], settings: Settings, folder: Path) -> Counterpart:
    """What to compare with; UsageError where there is nothing."""
    side, baseline = given.get("against"), given.get("baseline")
    if side and baseline:
        raise UsageError("--against and --baseline both say what to compare with: give one")
    gate = settings.gate
    if not side and not baseline:
        side, baseline = gate.against, gate.baseline
        if side and baseline:
            raise UsageError("both 'against' and 'baseline' are in the gate's options: keep one")
    if len(settings.side) > 1:
        raise UsageError("a check takes one --side; --against names the other")
    ours = settings.side[0] if settings.side else WORKING_TREE
    check(ours)
    if side:
        check(side)
        return Counterpart((ours, side))
    if baseline:
        return Counterpart(baseline=baseline)
    return _of_git(ours, folder)


def _of_git(ours: str, folder: Path) -> Counterpart:
    if git_output(folder, "rev-parse", "HEAD") is None:
        raise UsageError(
            f"there is nothing to compare with: {why_none(folder)}\n"
            "  say what: --against SIDE (git:REV, python:3.12, pip:REQUIREMENT), or --baseline NAME"
        )
    side, why = earlier(folder, default_branch(folder))
    return Counterpart((ours, side), why=why)


def default_branch(folder: Path) -> str | None:
    """What the remote says, else one of the usual names."""
    remote = git_output(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    usual = [f"{place}{name}" for name in DEFAULT_BRANCHES for place in ("origin/", "")]
    verify = partial(git_output, folder, "rev-parse", "--verify", "--quiet")
    return next(filter(verify, [remote, *usual] if remote else usual), None)


def baseline(results: Path, name: str, read: Callable[[Path], Stored]) -> Stored:
    """The stored run of that name; UsageError where there is none, or it cannot be read."""
    check_name(name)
    folder = results / "baselines" / name
    if not folder.is_dir():
        names = sorted(one.parent.name for one in results.glob("baselines/*/run.json"))
        others = f" (there are: {', '.join(names)})" if names else ""
        raise UsageError(
            f"there is no baseline '{name}' in {results}{suggestion(name, names)}{others}\n"
            f"  measure one with: concbench run --save-baseline {name}"
        )
    stored = read(folder)
    if stored.run.sides:
        raise UsageError(f"baseline '{name}' has several sides: measure it without --side")
    return stored


def doubts(stored: Stored) -> list[str]:
    """What makes a run a poor baseline, a line each, with what to do about it."""
    run, lines = stored.run, []
    rounds = [len(stored.of(cell.id)) for cell in run.cells if cell.status == "measured"]
    few = [count for count in rounds if count < FIRST]
    if few:
        some = f"{len(few)} of its {len(rounds)} cells have fewer than {FIRST} rounds"
        some += f" (the least: {min(few)}): measure it with --rounds {ENOUGH}"
        lines.append(coded("few-rounds-stored", some))
    if len(rounds) < len(run.cells):
        some = f"{len(run.cells) - len(rounds)} of its {len(run.cells)} cells have no times"
        lines.append(coded("cells-without-times", some))
    if run.git and (run.git.get("changes") or run.git.get("dirty")):
        changed = "measured with uncommitted changes: commit them first"
        lines.append(coded("uncommitted-baseline", changed))
    if run.sides:
        lines.append(coded("baseline-of-sides", "it has several sides: save it without --side"))
    return lines


def same_settings(settings: Settings, given: Mapping[str, Any], folder: Path) -> Settings:
    """The settings with the cells of a stored run, but for those that the command line chose."""
    stored = stored_settings(folder)
    cells = {key: stored[key] for key in CELLS if key in stored and key not in given}
    for key in ("workload", "strategy"):
        if key in cells:
            cells[key] = [_here(text) for text in cells[key]]
    others = {key: Settings().model_dump()[key] for key in CELLS if key not in {**stored, **given}}
    return Settings(**{**settings.model_dump(), **others, **cells})


def _here(text: str) -> str:
    """`/there/project/mine.py:digest` as it is called here, where that file is below this folder.

    A file of the project is stored with its path, which is another one in another checkout.
    """
    sign = "!" if text.startswith("!") else ""
    place, colon, name = text.removeprefix("!").partition(".py:")
    path = PurePath(f"{place}.py")
    if not colon or Path(path).exists():
        return text
    ends = (PurePath(*path.parts[start:]) for start in range(1, len(path.parts)))
    there = next((end for end in ends if Path(end).is_file()), path)
    return f"{sign}{there}:{name}"


def common(
    cells: Sequence[PlannedCell], stored: Stored, name: str, *, relative: bool
) -> tuple[list[CellPair], list[str]]:
    """The cells that both have, and a line for each that cannot be compared.

    They are numbered in their order, as a run has them, references among them.  Raises
    NothingShared without one.
    """
    before = {cell.name: cell for cell in stored.run.cells}
    pairs, notes = [], []
    for planned in cells:
        one = before.pop(planned.cell.name, None)
        if one is None:
            notes.append(f"not in {name}: {planned.cell.name}")
        elif one.status != "measured":
            notes.append(f"not measured in {name}: {one.name} ({one.reason or one.status})")
        elif not relative:
            pairs.append(CellPair(planned.id, planned, one))
        elif not planned.reference:
            if references := _references(planned, one, cells, stored):
                pairs.append(CellPair(planned.id, planned, one, references))
            else:
                notes.append(f"no common reference: {one.name}")
    notes += [f"only in {name}: {left}" for left in before]
    if not pairs:
        why = "\n  ".join([f"no cell to compare with baseline '{name}'", *notes])
        alone = [*not_compared(notes, chosen=False)]
        raise NothingShared(why, (WORKING_TREE, f"baseline {name}"), alone)
    return _numbered(pairs), notes


def not_compared(notes: Sequence[str], *, chosen: bool) -> Iterator[tuple[str, str]]:
    """The cells of notes that only the baseline has, unless others were chosen, or only we have."""
    for note in notes:
        where, colon, cell = note.partition(": ")
        if colon and where.startswith(APART) and not (chosen and where.startswith("only in ")):
            yield cell, where


def _references(
    planned: PlannedCell, one: StoredCell, cells: Sequence[PlannedCell], stored: Stored
) -> tuple[PlannedCell, StoredCell] | None:
    here = next((each for each in cells if each.block == planned.block and each.reference), None)
    block = stored.blocks()[one.block]
    there = next((each for each in block if each.reference and each.status == "measured"), None)
    return (here, there) if here and there and here.cell.name == there.name else None


def _numbered(pairs: Sequence[CellPair]) -> list[CellPair]:
    cells = {cell.name: cell for pair in pairs for cell in pair.planned}
    order = sorted(cells.values(), key=lambda one: one.id)
    new = {one.name: replace(one, id=number) for number, one in enumerate(order)}
    numbered = []
    for pair in pairs:
        now, both = new[pair.now.name], pair.references
        references = both and (new[both[0].name], both[1])
        numbered.append(CellPair(now.id, now, pair.before, references))
    return numbered
