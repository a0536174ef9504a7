"""Under what a baseline was measured, and whether times here mean the same.

A baseline, and which of its cells can be measured here.

`check --baseline NAME`: the same cells now, against a run that was stored before.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from ..cli.progress import watching
from ..cli.stored import read
from ..driver import Agenda, measure, runnable
from ..driver.lab import workshop
from ..errors import NotComparable, UsageError, suggestion
from ..machine import identity
from ..plan.cells import Planned, plan
from ..plan.settings import Settings
from ..processes.variables import recorded
from ..sides import WORKING_TREE, Side
from ..store.journal import entries
from ..store.runs import check_name, stored_settings
from ..store.state import History
from .unpaired import Both, Same

if TYPE_CHECKING:
    from reports.gate import Threshold
    from reports.gate.results import Checked
    from reports.run.schema import Planned as Kept
    from reports.run.stored import Stored


SAME = {
    "cpu_model": "CPU",
    "cpus": "CPUs",
    "cpus_of_machine": "CPUs of the machine",
    "cgroup_cpus": "CPU quota",
    "memory_bytes": "memory",
    "kernel": "kernel",
    "virtualisation": "virtual machine",
    "implementation": "interpreter",
    "python": "Python",
    "build": "Python build",
    "gil": "GIL",
    "jit": "JIT",
    "start_method": "start method",
}
"""Facts without which times of two runs are not of one thing.  The host's name is none of them: a
machine that is made anew for each job has a new one."""
NEAR = 0.02
"""Memory may differ by this share: a kernel keeps more or less of it for itself."""


def here() -> dict[str, Any]:
    """What a run that began now would record."""
    return identity.facts() | {"variables": recorded()}


def differences(stored: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """`CPUs 4, here 2`, for each fact in SAME and each variable that differs."""
    found = [(word, _said(key, stored), _said(key, now)) for key, word in SAME.items()]
    unlike = [not _alike(key, stored, now) for key in SAME]
    found = [one for one, differs in zip(found, unlike, strict=True) if differs]
    then, variables = stored.get("variables", {}), now["variables"]
    found += [
        (name, then.get(name, "not set"), variables.get(name, "not set"))
        for name in sorted({*then, *variables})
        if then.get(name) != variables.get(name)
    ]
    return [f"{word} {before}, here {after}" for word, before, after in found]


def _alike(key: str, stored: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    if key not in stored:
        return False
    one, other = stored[key], now[key]
    if key == "memory_bytes" and isinstance(one, int) and isinstance(other, int):
        return abs(one - other) <= NEAR * max(one, other)
    return bool(one == other)


def _said(key: str, facts: Mapping[str, Any]) -> str:
    if key not in facts:
        return "not recorded"
    value = facts[key]
    if value is None:
        return "not known"
    if key == "memory_bytes" and isinstance(value, int):
        return f"{value / 1e9:.1f} GB"
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


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


RATIOS = "what slows every strategy down alike, the reference too, does not show in ratios"


@dataclass(frozen=True)
class Rule:
    """Measures what the stored run leaves undecided, as long as the budget lasts."""

    both: Both
    budget: float

    def __call__(self, _: Sequence[Mapping[int, float]]) -> set[int]:
        from reports.gate import allotment, unpaired

        chosen = {same.now.id for same in self.both.cells}
        if self.both.past.rounds:
            left = self.budget - self.both.past.elapsed
            chosen = set(allotment.chosen(unpaired.judged(self.both.evidence()), left))
        return {cell for same in self.both.cells if same.now.id in chosen for cell in same.cells}


def against_baseline(
    name: str,
    given: Mapping[str, Any],
    settings: Settings,
    wanted: Sequence[Threshold],
    resume: Path | None = None,
) -> tuple[Checked, Path]:
    """Measure the baseline's cells until they are decided; the answers, and the run's folder.

    Raises UsageError where there is no such baseline or it cannot be read, and NotComparable where
    its times mean something else here, or it has none of the cells.
    """
    if settings.side:
        raise UsageError("a baseline is compared with the working tree: leave out --side")
    stored = baseline(settings.results, name)
    relative = bool(given.get("relative")) or settings.gate.relative
    elsewhere = differences(stored.run.environment, here())
    if elsewhere and not relative:
        raise NotComparable(_elsewhere(name, elsewhere))
    if resume is None:  # else they are those of the run that goes on
        settings = same_settings(settings, given, stored.folder)
    cells, notes = common(plan(settings), stored, name, relative=relative)
    cells = _numbered(cells)
    _check_any(Both(cells, History(_planned(cells)), stored, wanted))
    folder = _measured(cells, notes, stored, settings, given, wanted, resume)
    past = History(_planned(cells), entries(folder / "journal.jsonl"))
    notes += [f"{name} was measured elsewhere: {one}" for one in elsewhere]
    return _checked(Both(cells, past, stored, wanted), name, notes, folder), folder


def _elsewhere(name: str, told: Sequence[str]) -> str:
    return "\n  ".join(
        [
            f"baseline '{name}' was measured under other conditions:",
            *told,
            "compare ratios instead with --relative, or measure it here with "
            f"`concbench run --save-baseline {name}`",
        ]
    )


def _check_any(both: Both) -> None:
    """Raise NotComparable where nothing that is asked could ever be told."""
    if not any(both.asked(same) for same in both.cells):
        raise NotComparable("no threshold is for any of the cells")
    if not any(both.told(same) for same in both.cells):
        raise NotComparable("nothing can be compared: " + "; ".join(both.unknown()))


def _numbered(cells: Sequence[Same]) -> list[Same]:
    """The cells numbered in their order, as a run has them, references among them."""
    planned = {cell.name: cell for same in cells for cell in _of(same)}
    order = sorted(planned.values(), key=lambda one: one.id)
    new = {one.name: replace(one, id=number) for number, one in enumerate(order)}
    return [
        replace(
            same,
            now=new[same.now.name],
            references=same.references and (new[same.references[0].name], same.references[1]),
        )
        for same in cells
    ]


def _planned(cells: Sequence[Same]) -> tuple[Planned, ...]:
    by_id = {cell.id: cell for same in cells for cell in _of(same)}
    return tuple(by_id[number] for number in sorted(by_id))


def _of(same: Same) -> list[Planned]:
    return [same.now, *([same.references[0]] if same.references else [])]


def _measured(
    cells: Sequence[Same],
    notes: Sequence[str],
    stored: Stored,
    settings: Settings,
    given: Mapping[str, Any],
    wanted: Sequence[Threshold],
    resume: Path | None,
) -> Path:
    agenda = Agenda((Side(""),), runnable(_planned(cells)), notes)

    def rule(past: History) -> Rule:
        for same in cells:
            # The same cell calibrates to 8 or 16 by chance; on another machine, with reason.
            if same.references is None and same.before.loops:
                past.loops.setdefault(same.now.id, same.before.loops)
        return Rule(Both(cells, past, stored, wanted), settings.seconds)

    with (
        workshop(settings.results) as shop,
        watching(bool(given.get("quiet")), bool(given.get("verbose"))) as watch,
    ):
        return measure(shop, agenda, settings, sys.argv[1:], watch, resume, rule)


def _checked(both: Both, name: str, notes: Sequence[str], folder: Path) -> Checked:
    from reports.gate.results import Checked
    from reports.gate.unpaired import judged

    verdicts = judged(both.evidence())
    relative = any(same.references for same in both.cells)
    failed = [(both.name(same), both.reason(same)) for same in both.cells if both.reason(same)]
    return Checked(
        after=WORKING_TREE,
        before=f"baseline {name}{_revision(both.run)}",
        answers=tuple(both.answer(verdict) for verdict in verdicts),
        paired=False,
        relative=relative,
        failed=tuple(failed),
        unknown=tuple(both.unknown()),
        seconds=both.past.elapsed,
        run=folder.name,
        warnings=(*both.resolution(verdicts), *([RATIOS] if relative else []), *notes),
    )


def _revision(stored: Stored) -> str:
    revision = (stored.run.git or {}).get("revision")
    return f" ({revision[:7]})" if isinstance(revision, str) else ""
