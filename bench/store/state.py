"""The state of a run: a fold over the entries of its journal.

So going on after an interruption is reading the journal again, and no rule can be applied twice or
differently.  Pure: no process, no clock, no file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any, NamedTuple

from concbench.reports.codes import coded
from concbench.reports.errors import MALFORMED
from concbench.reports.numbers import brief
from concbench.reports.run import answers, keys, schema

from .. import engine
from ..machine.canary import Canaries, much_less
from ..plan.cells import PlannedCell, alike, blocks_alike, with_tasks
from .passes import Entry, ProbePasses

FAILURES = 2
"""So many failures quarantine a cell: one may be the machine's."""
FORK = "fork"
"""The kind of a failure that is shown to be that of forked children: it is every such cell's."""


class Startup(NamedTuple):
    """What a process of one lane took to start, and to end, as far as it is known; 0 where not.

    `cpu` are seconds of CPU until the lane was open, those included for what all lanes of a process
    share: interpreter and imports.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    shared_cpu: float = 0.0
    lane_bytes: int = 0


class History:
    """The rounds, failures and calibrations of one plan."""

    def __init__(self, plan: Sequence[PlannedCell], entries: Iterable[Entry] = ()) -> None:
        self._plan = {planned.id: planned for planned in plan}
        self.first_counts: set[int] = set()
        """The blocks in which the first batch of a process is its value."""
        self.cpu_per_task: dict[int, float] = {}
        self.entries: list[Entry] = []
        self.orders: list[list[int]] = []
        self.canaries = Canaries()
        self.again: dict[int, int] = {}
        """From a round that repeats another to that one."""
        self.partial: set[int] = set()
        """The rounds of fewer blocks, as there was no time for all."""
        self.loops: dict[int, int] = {}
        self.seconds_per_task: dict[int, float] = {}
        self.startups: dict[int, Startup] = {}
        self.starts_alone = False
        """Whether no worker may open beside others, as starting is what is looked at."""
        self.samples: dict[int, int] = {}
        self.parts: dict[int, int] = {}
        """In how many parts a block's batches in turn run, after the first round."""
        self.visits: dict[int, list[float]] = {planned.id: [] for planned in plan}
        """Seconds of each worker that measured, its start included."""
        self.measured: dict[int, list[Entry]] = {planned.id: [] for planned in plan}
        self.failures: list[Entry] = []
        self.trouble: list[str] = []
        """What a reader should know of the run."""
        self.left: dict[str, Entry] = {}
        """The processes that workers left behind, by what they are; `times` are those of all."""
        self.imports: dict[str, Entry] = {}
        """What each side imported, by its title."""
        self.probed = ProbePasses()
        self.elapsed = 0.0
        for entry in entries:
            self.add(entry)

    @property
    def plan(self) -> tuple[PlannedCell, ...]:
        """All cells, with the tasks that they have by now."""
        return tuple(self._plan.values())

    def add(self, entry: Entry) -> None:
        """Take one entry in."""
        self.entries.append(entry)
        since, self.elapsed = self.elapsed, entry.get("elapsed", self.elapsed)
        match entry["event"]:
            case "scouted":
                names = ("startup", "startup_cpu", "shared_cpu", "lane_bytes")
                known = Startup(*(entry.get(name, 0.0) for name in names))  # not in older journals
                for block in blocks_alike(self._plan, entry["block"]):
                    self.seconds_per_task[block] = entry["seconds_per_task"]
                    self.startups[block] = known
                    self.cpu_per_task[block] = entry.get("cpu_per_task", 0.0)
            case "fewer":
                blocks = blocks_alike(self._plan, entry["block"])
                for planned in self._plan.values():
                    if planned.block in blocks:
                        self._plan[planned.id] = with_tasks(planned, entry["tasks"])
            case "first-counts":
                self.first_counts |= blocks_alike(self._plan, entry["block"])
            case "sampled":
                for block in blocks_alike(self._plan, entry["block"]):
                    self.samples[block] = entry["tasks"]
            case "round":
                self.orders.append(list(entry["order"]))
                self.canaries.begin_round()
                if "again" in entry:
                    self.again[entry["round"]] = entry["again"]
                if entry.get("partial"):
                    self.partial.add(entry["round"])
            case "canary":
                self.canaries.hear(entry, ended=not self.unvisited())
            case "glance":
                self.canaries.glance(entry)
            case "loops":
                for cell in alike(self._plan, entry["cell"]):
                    self.loops[cell] = entry["loops"]
            case "parts":
                self.parts[entry["block"]] = entry["parts"]
            case "measured":
                self.measured[entry["cell"]].append(entry)
                took = entry.get("took")  # an older journal has but the time between two entries
                self.visits[entry["cell"]].append(self.elapsed - since if took is None else took)
            case "failed":
                self.failures.append(entry)
            case "trouble":
                self.trouble.extend(entry["lines"])
            case "left":
                before = self.left.get(entry["what"], {**entry, "times": 0})
                times = before["times"] + entry["times"]
                self.left[entry["what"]] = {**before, "times": times}
            case "imported":
                self._import(entry)
            case "probed" | "emptied" | "unprobed":
                self.probed.add(entry)

    def _import(self, entry: Entry) -> None:
        known = self.imports.get(entry["side"], {})
        parts = ("tree", "installed", "packages")
        merged = {key: known.get(key, {}) | entry[key] for key in parts}
        self.imports[entry["side"]] = {"root": entry["root"], **merged}

    @property
    def warnings(self) -> list[str]:
        """A line for each, and for each kind of process that was left behind."""
        lines = [_left(what, one["by"], one["times"]) for what, one in self.left.items()]
        return [*self._fewer(), *lines, *self.trouble]

    def _fewer(self) -> Iterator[str]:
        """A line for each workload whose tasks took too long for as many as were planned."""
        reduced = {one["block"]: one for one in self.entries if one["event"] == "fewer"}
        for block, entry in reduced.items():
            name = next(one.cell.workload.name for one in self.plan if one.block == block)
            each = brief(self.seconds_per_task[block])
            yield (
                f"{name}: a task took {each} when some were tried, so batches have "
                f"{entry['tasks']}: a longer --budget has time for more, --tasks sets how many"
            )

    @property
    def rounds(self) -> int:
        """Rounds begun."""
        return len(self.orders)

    @property
    def counted(self) -> int:
        """Rounds begun, without those that were replaced."""
        return self.rounds - len(self.replaced())

    @property
    def round_seconds(self) -> float | None:
        """What a round takes on average; None before the first has ended."""
        return fmean(took) if (took := self.round_times()) and sum(took) > 0 else None

    def round_times(self) -> list[float]:
        """Seconds of each whole round that has ended, its canary included, as it would take now.

        What cells took that are given up, no later round has.
        """
        found: list[float] = []
        began: tuple[float, int] | None = None
        for entry in self.entries:
            if entry["event"] == "round":
                began = entry.get("elapsed", 0.0), entry["round"]
            elif entry["event"] == "canary" and began is not None:
                took = entry.get("elapsed", began[0]) - began[0]
                if began[1] not in self.partial:
                    found.append(min(took, self._without_given_up(began[1])))
                began = None
        return found

    def _without_given_up(self, number: int) -> float:
        """Seconds of the other cells in a round; infinite where none was given up, or unknown."""
        failed = {entry["cell"] for entry in self.failures if entry["round"] == number}
        runs = [run for own in self.measured.values() for run in own if run["round"] == number]
        if not runs or not any(map(self.quarantined, failed)):
            return math.inf
        return sum(run.get("took") or math.inf for run in runs)

    def replaced(self) -> frozenset[int]:
        """The rounds that were measured again to the end; only answers count in them."""
        going = {self.rounds - 1} if self.unvisited() else set()
        return frozenset(first for again, first in self.again.items() if again not in going)

    def low(self) -> frozenset[int]:
        """The rounds that got much less CPU than the others, those replaced for it included."""
        return much_less(self.canaries.delivered()) | self.replaced()

    def canary(self) -> list[dict[str, Any]]:
        """What each round got of the machine; one of which nothing is known is left out."""
        low, replaced, jitter = self.low(), self.replaced(), self.canaries.jitter()
        known = []
        for number, delivered in enumerate(self.canaries.delivered()):
            if delivered is not None:
                got = self.canaries.cpus(), delivered, jitter[number]
                known.append(schema.Canary(number, *got, number in low, number in replaced))
        return [asdict(one) for one in known]

    def seconds(self) -> list[dict[int, float]]:
        """For each round the seconds of a batch, by cell.

        Cells that failed are absent, and all cells are in a round that was replaced.
        """
        table: list[dict[int, float]] = [{} for _ in self.orders]
        for cell, runs in self.measured.items():
            if not self.reason(cell):
                for run in runs:
                    table[run["round"]][cell] = run["seconds"]
        replaced = self.replaced()
        return [{} if number in replaced else row for number, row in enumerate(table)]

    def first_seconds(self, cell: int) -> float | None:
        """The least seconds of a batch in the round in which it, or its pair, was first measured.

        A single one could be so disturbed that too long a batch is seen in it for all the run.
        """
        last = self.rounds - 1
        known = [run for one in alike(self._plan, cell) for run in self.measured[one]]
        before = [(run["round"], run["seconds"]) for run in known if run["round"] < last]
        return min(before, default=(0, None))[1]

    def unvisited(self) -> list[int]:
        """What an interrupted last round still owes, in its order."""
        if not self.orders:
            return []
        last = self.rounds - 1
        ended = [e for e in self.entries if e["event"] in ("measured", "failed")]
        visited = {entry["cell"] for entry in ended if entry["round"] == last}
        return [cell for cell in self.still(last) if cell not in visited]

    def still(self, number: int) -> list[int]:
        """The cells of a round that have not been given up since, in its order."""
        return [cell for cell in self.orders[number] if not self.quarantined(cell)]

    def measured_tasks(self, planned: PlannedCell) -> int:
        """The tasks of a batch that are run: fewer where too slow ones run one at a time."""
        alone = planned.reference or planned.in_turn
        sample = self.samples.get(planned.block) if alone else None
        return sample or planned.cell.tasks

    def parts_in_common(self, cell: int) -> int:
        """In how many parts, one a round, it and those it is paired with run their batch."""
        return min(map(self._parts_of, alike(self._plan, cell)))

    def _parts_of(self, cell: int) -> int:
        """Those whose answers are known, of tasks that were seen to be alike."""
        known = self.measured[cell] and self.measured[cell][0].get("part_answers")
        return self.parts.get(self._plan[cell].block, 1) if known else 1

    def reason(self, cell: int) -> str:
        """Why a cell has failed, or nothing."""
        if wrong := self.wrong(cell):
            return wrong
        if forked := self._forked(cell):
            return str(forked["message"])
        own = [entry for entry in self.failures if entry["cell"] == cell]
        if len(own) >= FAILURES or (own and not self.measured[cell]):
            return str(own[-1]["message"])
        return ""

    def quarantined(self, cell: int) -> bool:
        """Whether a cell has had its chances."""
        own = [entry for entry in self.failures if entry["cell"] == cell]
        if self._forked(cell):
            return True
        return len(own) >= FAILURES or bool(self.wrong(cell))

    def _forked(self, cell: int) -> Entry | None:
        """The failure that shows how this cell's children would hang, or None."""
        if self.measured[cell]:
            return None
        shown = [entry for entry in self.failures if entry.get("kind") == FORK]
        own = self._forking(cell)
        return next((entry for entry in shown if self._forking(entry["cell"]) == own), None)

    def _forking(self, cell: int) -> tuple[Any, ...]:
        """What decides whether its children hang: the code, and how they are started."""
        planned = self._plan[cell]
        params = planned.cell.strategy.params
        how = params.get("start"), params.get("preload", True)
        return planned.side, planned.cell.workload, *how

    def wrong(self, cell: int) -> str:
        """How a cell's answers differ from those they must equal, or nothing."""
        planned = self._plan[cell]
        model = self._model(planned.block)
        if model is None:
            return ""
        strategy = self._plan[model["cell"]].cell.strategy.name
        for run in self.measured[cell]:
            if not self._equal(run, model):
                where = answers.difference(*map(sample, (model, run)))
                if model["cell"] == cell:
                    cause = ": random without a seed, a clock, or the order of a set?"
                    return f"wrong answer: another one in every process{where}{cause * bool(where)}"
                return f"wrong answer: not {strategy}'s in round {run['round'] + 1}{where}"
        return ""

    def _equal(self, run: Entry, model: Entry) -> bool:
        if run.get("part") is not None:
            whole = self.measured[run["cell"]][0].get("part_answers", ())
            return any(answers.equal(run["answer"], one) for one in whole[run["part"] :][:1])
        planned = self._plan[run["cell"]]
        if model["tasks"] < planned.cell.tasks:  # a sample, which is another in every round
            model = self._sampled(planned.block, run["round"]) or run
        if run["tasks"] == model["tasks"]:
            return answers.equal(run["answer"], model["answer"])
        if not answers.equal(run["head"], model["answer"]):
            return False
        whole = self._first(planned.block, run["tasks"])
        return whole is None or answers.equal(run["answer"], whole["answer"])

    def _sampled(self, block: int, number: int) -> Entry | None:
        """The reference's sample of a round."""
        own = (one.id for one in self.plan if one.block == block and one.reference)
        runs = (run for cell in own for run in self.measured[cell] if run["round"] == number)
        return next(runs, None)

    def _model(self, block: int) -> Entry | None:
        """The run whose answer counts: the reference's first, else the first of any."""
        for planned in self._plan.values():
            if planned.block == block and planned.reference and self.measured[planned.id]:
                return self.measured[planned.id][0]
        return self._first(block, None)

    def _first(self, block: int, tasks: int | None) -> Entry | None:
        of_block = [one for one, planned in self._plan.items() if planned.block == block]
        runs = [run for one in of_block for run in self.measured[one]]
        runs = [run for run in runs if tasks in (None, run["tasks"])]
        return min(runs, key=lambda run: (run["round"], run["position"]), default=None)


def _left(what: str, cell: str, times: int) -> str:
    if times == 1:
        line = f"a worker{f' of {cell}' if cell else ''} left a process running, now ended: {what}"
    else:
        first = f", first by {cell}" if cell else ""
        line = f"workers left a process running, now ended: {what} ({times} times{first})"
    return coded("left-running", line)


def sample(run: Entry) -> list[str]:
    """The first results that a worker kept, as texts; those of later rounds keep none."""
    try:
        facts = engine.loads(run["benchmark"]).get_runs()[0].get_metadata()
        return [str(one) for one in json.loads(facts[keys.RESULTS])]
    except MALFORMED:  # whatever was stored
        return []
