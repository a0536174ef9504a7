"""A baseline, and which of its cells can be measured here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from ..command_line.reporting import read
from ..errors import NotComparable, UsageError, suggestion
from ..planning.plan import Planned
from ..planning.settings import Settings
from ..storing.shelf import check_name, stored_settings
from .same import Same

if TYPE_CHECKING:
    from reports.facts import Planned as Kept
    from reports.stored import Stored

CELLS = ("workload", "strategy", "param", "tasks", "workers", "start", "reference")
"""The settings that say which cells a run has."""


def baseline(results: Path, name: str) -> Stored:
    """The stored run of that name; UsageError where there is none, or it cannot be read."""
    check_name(name)
    folder = results / "baselines" / name
    if not folder.is_dir():
        there = sorted(one.parent.name for one in results.glob("baselines/*/run.json"))
        told = f" (there are: {', '.join(there)})" if there else ""
        raise UsageError(
            f"there is no baseline '{name}' in {results}{suggestion(name, there)}{told}\n"
            f"  measure one with: concbench run --save-baseline {name}"
        )
    found = read(folder)
    if found.run.sides:
        raise UsageError(f"baseline '{name}' is of several sides: measure it without --side")
    return found


def same_settings(settings: Settings, given: Mapping[str, Any], folder: Path) -> Settings:
    """The settings with the cells of a stored run, but for those that the command line chose."""
    kept = stored_settings(folder)
    cells = {key: kept[key] for key in CELLS if key in kept and key not in given}
    for key in ("workload", "strategy"):
        if key in cells:
            cells[key] = [_here(text) for text in cells[key]]
    others = {key: Settings().model_dump()[key] for key in CELLS if key not in {**kept, **given}}
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
    cells: Sequence[Planned], stored: Stored, name: str, *, relative: bool
) -> tuple[list[Same], list[str]]:
    """The cells that both have, and a line for each that cannot be compared.

    Raises NotComparable without one.
    """
    kept = {cell.name: cell for cell in stored.run.cells}
    found, notes = [], []
    for planned in cells:
        one = kept.pop(planned.cell.name, None)
        if one is None:
            notes.append(f"not in {name}: {planned.cell.name}")
        elif one.status != "measured":
            notes.append(f"not measured in {name}: {one.name} ({one.reason or one.status})")
        elif not relative:
            found.append(Same(planned, one))
        elif not planned.reference:
            found += _with_references(planned, one, cells, stored, notes)
    notes += [f"only in {name}: {left}" for left in kept]
    if not found:
        raise NotComparable("\n  ".join([f"no cell to compare with baseline '{name}'", *notes]))
    return found, notes


def _with_references(
    planned: Planned, one: Kept, cells: Sequence[Planned], stored: Stored, notes: list[str]
) -> list[Same]:
    here = next((each for each in cells if each.block == planned.block and each.reference), None)
    block = stored.blocks()[one.block]
    there = next((each for each in block if each.reference and each.status == "measured"), None)
    if here is None or there is None or here.cell.name != there.name:
        notes.append(f"no common reference: {one.name}")
        return []
    return [Same(planned, one, (here, there))]
