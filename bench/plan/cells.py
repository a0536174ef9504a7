"""From settings to cells: what will be measured, as plain data, before anything runs.

Cells of a pair, the same on several sides, are measured back to back, with equal loops and tasks.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING, Any

from .. import clients
from ..errors import NothingSelected, UsageError, alternatives
from ..machine.identity import cpus
from ..spec import INPUTS, Cell, Spec, task_inputs
from . import MOST, limits
from .plugins import implied, loaded, names, unfit
from .selection import Axis, Selection, axis, selected, value

if TYPE_CHECKING:
    from .settings import Settings

TASKS, WORKERS = 64, 16
"""Sizes of a batch for a bare function, which has none of its own."""


@dataclass(frozen=True)
class PlannedCell:
    """A cell in its place: `block` numbers the cells it is compared with.

    `workers` is how many tasks it has in flight: a parameter of its strategy, or what that says
    instead.  In a run with sides, `side` is the title of its own, and `pair` the number it shares
    with the same cell of the others.
    """

    id: int
    cell: Cell
    workers: int
    block: int
    reference: bool
    reason: str
    """Why it cannot run here, or nothing."""
    side: str = ""
    pair: int | None = None
    in_turn: bool = False
    """Whether it runs one task at a time: a sample of them is enough where they take long."""
    one_loop: bool = False
    """Whether all tasks run in one event loop, and so in one lane."""

    @property
    def company(self) -> int:
        """The number of those it is compared with: its pair, else its block."""
        return self.block if self.pair is None else ~self.pair

    @property
    def lanes(self) -> int:
        """How many it opens, at most."""
        return 1 if self.in_turn or self.one_loop else self.workers

    @property
    def name(self) -> str:
        """That of its cell, after the title of its side where there are several."""
        return named(self.side, self.cell.name)


def with_tasks(planned: PlannedCell, tasks: int) -> PlannedCell:
    """The cell with fewer tasks in a batch; what starts them all has no more in flight."""
    asked = int(planned.cell.strategy.params.get("workers", 1))
    workers = min(planned.workers, max(asked, tasks))
    return replace(planned, cell=replace(planned.cell, tasks=tasks), workers=workers)


def named(side: str, cell: str) -> str:
    return f"{side}: {cell}" if side else cell


def plan(settings: Settings) -> tuple[PlannedCell, ...]:
    """All cells in table order.

    Raises UsageError for a name, parameter or value that does not exist, and NothingSelected when
    no cell is left.
    """
    axes = [axis(text) for text in settings.param]
    keys = [one.key for one in axes]
    for key in keys:
        if keys.count(key) > 1:
            raise UsageError(f"parameter '{key}' is given twice: write {key}=1,2,4")
    given = ("tasks", "workers", "start", INPUTS)
    flags = {key: getattr(settings, key) for key in given}
    axes += [Axis(key, (str(flag),)) for key, flag in flags.items() if flag is not None]
    workloads = list(selected("workloads", settings.workload))
    strategies = list(selected("strategies", settings.strategy))
    _check_axes(axes, [*workloads, *strategies])
    cells = [cell for w in workloads for s in strategies for cell in _cells(w, s, axes)]
    known = {*names("strategies"), *(chosen.spec.name for chosen in strategies)}
    if settings.reference not in known:
        choices = alternatives(settings.reference, known)
        raise UsageError(f"no strategy '{settings.reference}' for --reference{choices}")
    if not cells:
        raise NothingSelected("nothing is selected: no workload or no strategy is left")
    return tuple(_placed(_distinct(cells), settings.reference))


def _check_axes(axes: list[Axis], chosen: list[Selection]) -> None:
    known = {"tasks"}.union(*(one.fields for one in chosen))
    for one in axes:
        if one.key not in known:
            choices = alternatives(one.key, known)
            raise UsageError(f"nothing selected has a parameter '{one.key}'{choices}")


def _cells(workload: Selection, strategy: Selection, axes: list[Axis]) -> Iterator[Cell]:
    plugin = loaded(workload.spec)
    texts = next((a.texts for a in axes if a.key == "tasks"), None)
    workers = own_workers(plugin)
    for w in _specs(workload, axes, workers):
        own = str(_tasks(w.build()))  # also where it is not asked for: its inputs may be none
        for t in texts or (own,):
            count = value(t, ..., w.name, "tasks")
            _check_count(w.name, "tasks", count)
            for s in _specs(strategy, axes, workers):
                yield Cell(w, s, count)


def own_workers(plugin: Any) -> int:
    """The workers of a workload, those of one for each CPU, or of a bare function."""
    return int(getattr(plugin, "workers", cpus() if hasattr(plugin, "tasks") else WORKERS))


def _tasks(workload: Any) -> int:
    """Its own number of tasks, or as many as it has inputs, where those are enough for a batch."""
    return int(max(getattr(workload, "tasks", TASKS), len(task_inputs(workload) or ())))


def _specs(chosen: Selection, axes: list[Axis], workers: int) -> Iterator[Spec]:
    """The plug-in once for every combination of the axes that it has."""
    fields, fixed, unnamed = chosen.fields, dict(chosen.fixed), implied(loaded(chosen.spec))
    own = [a for a in axes if a.key in fields and a.key not in fixed]
    own += [Axis(key, (text,)) for key, text in fixed.items()]
    name = chosen.spec.name
    for combination in itertools.product(*(a.texts for a in own)):
        chosen_texts = zip(own, combination, strict=True)
        given = {a.key: value(text, fields[a.key], name, a.key) for a, text in chosen_texts}
        params = {"workers": workers, **given} if fields.get("workers") is ... else given
        params = {key: params.get(key, default) for key, default in fields.items()}
        unusual = [key for key in unnamed if params[key] != unnamed[key]]
        named_params = {k: v for k, v in params.items() if k not in unnamed or k in unusual}
        yield _checked(replace(chosen.spec, params=named_params, unusual=unusual))


def _checked(spec: Spec) -> Spec:
    for key, given in spec.params.items():
        if given is ...:
            raise UsageError(f"{spec.name} needs a value for '{key}': {spec.name}[{key}=...]")
    if "workers" in spec.params:
        _check_count(spec.name, "workers", spec.params["workers"])
    try:
        spec.build()
    except (ValueError, TypeError) as error:
        raise UsageError(f"{spec.name}: {error}") from None
    return spec


def _check_count(owner: str, key: str, count: int) -> None:
    if not 1 <= count <= MOST[key]:
        raise UsageError(f"{owner}: '{key}' must be {limits(key)}, not {count:,}")


def _distinct(cells: Iterable[Cell]) -> list[Cell]:
    by_name: dict[str, Cell] = {}
    for cell in cells:
        if (other := by_name.setdefault(cell.name, cell)) != cell:
            raise UsageError(_twice(other, cell))
    return list(by_name.values())


def _twice(one: Cell, other: Cell) -> str:
    """What to do about two different cells of one name."""
    noun, first, second = "workloads", one.workload, other.workload
    if first == second:
        noun, first, second = "strategies", one.strategy, other.strategy
    remedy = "rename one of them, or measure them in runs of their own"
    if first.name == "lambda":
        remedy = "give each a name, by def"
    where = f"{first.target} and {second.target}"
    return f"two different {noun} are called {first.name} ({where}): {remedy}"


def _placed(cells: list[Cell], reference: str) -> Iterator[PlannedCell]:
    """Cells of one workload, its parameters and its tasks stand together: a block."""
    work = [(cell.workload.label, cell.tasks) for cell in cells]
    blocks = list(dict.fromkeys(work))
    in_order = sorted(zip(map(blocks.index, work), cells, strict=True), key=itemgetter(0))
    with_reference: set[int] = set()
    there = clients.installed(cell.workload.build() for cell in cells)
    for number, (block, cell) in enumerate(in_order):
        refers = cell.strategy.name == reference and block not in with_reference
        if refers:
            with_reference.add(block)
        workload = cell.workload.build()
        why = unfit(workload, cell.strategy.build()) or clients.lacking(workload, there)
        spec = replace(cell.workload, clients=clients.renamed(workload, there))
        planned = replace(cell, workload=spec)
        count = _in_flight(cell)
        in_loop = getattr(cell.strategy.build(), "in_turn", None)
        alone = count == 1 or (in_loop is not None and bool(in_loop(workload)))
        place = number, planned, count, block, refers, why
        yield PlannedCell(*place, in_turn=alone, one_loop=in_loop is not None)


def _in_flight(cell: Cell) -> int:
    """The strategy's `workers`, or what it says that it has in flight instead."""
    own = getattr(cell.strategy.build(), "in_flight", None)
    if own is None:
        return int(cell.strategy.params.get("workers", 1))
    count = own(cell.tasks)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        name = cell.strategy.name
        raise UsageError(f"{name}: in_flight() must give a whole number above 0, not {count!r}")
    return count


def shuffled(cells: Sequence[int], plan: Iterable[PlannedCell], random: Random) -> list[int]:
    """The cells in a new order, in which those stay next to each other that are compared."""
    group_of = {one.id: one.company for one in plan}
    groups: dict[int, list[int]] = {}
    for cell in cells:
        groups.setdefault(group_of[cell], []).append(cell)
    order = list(groups.values())
    random.shuffle(order)
    for group in order:
        random.shuffle(group)
    return [cell for group in order for cell in group]


def alike(plan: Mapping[int, PlannedCell], cell: int) -> list[int]:
    """The cell and those it is paired with."""
    pair = plan[cell].pair
    return [cell] if pair is None else [one.id for one in plan.values() if one.pair == pair]


def blocks_alike(plan: Mapping[int, PlannedCell], block: int) -> set[int]:
    """The block and those of other sides that hold the same work."""
    cells = [planned.id for planned in plan.values() if planned.block == block]
    return {plan[other].block for cell in cells for other in alike(plan, cell)} | {block}
