"""What the probe passes of a run gave: the part of its journal that is not of rounds.

Pure, as all of the state is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from concbench.reports.run import keys, probes

from ..plan.cells import PlannedCell

Entry: TypeAlias = Mapping[str, Any]
"""Of a journal, by its keys."""

METRICS = {
    "memory": ("memory",),
    "latency": ("latency", "concurrency", "timeline", "left"),
    "lag": ("lag", "left"),
    "trace": ("timeline",),
}
"""What each probe gives."""
NO_EMPTY = "the same strategy without work was not probed"


def missing(probes: Iterable[str], why: str) -> dict[str, str]:
    """The reason for every metric of these probes."""
    return dict.fromkeys((metric for probe in probes for metric in METRICS[probe]), why)


class ProbePasses:
    """The probe passes of one run: a fold over the entries of the journal."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._cells: dict[int, Entry] = {}
        self._empties: dict[str, Entry] = {}
        self._without: dict[int, Entry] = {}

    def add(self, entry: Entry) -> None:
        """Take in a pass of a cell, one with nothing to do, or which cells have none."""
        self.seconds += entry["seconds"]
        match entry["event"]:
            case "probed":
                self._cells[entry["cell"]] = entry
                self._without.pop(entry["cell"], None)
            case "emptied":
                self._empties[entry["empty"]] = entry
            case "unprobed":
                self._without |= dict.fromkeys(entry["cells"], entry)

    def of_cell(self, cell: int, probes: Iterable[str]) -> bool:
        """Whether a cell has had its pass with all of these."""
        return cell in self._cells and {*probes} <= {*self._cells[cell]["probes"]}

    def of_empty(self, empty: str) -> bool:
        """Whether such a strategy has had its pass with nothing to do."""
        return empty in self._empties

    def document(self, plan: Iterable[PlannedCell]) -> dict[str, Any] | None:
        """What probes.json holds; None when nothing was probed."""
        known = [self._cell(p) for p in plan if p.id in self._cells or p.id in self._without]
        return {"schema": keys.PROBES_SCHEMA, "cells": known} if known else None

    def _cell(self, planned: PlannedCell) -> dict[str, Any]:
        if planned.id not in self._cells:
            entry = self._without[planned.id]
            return {"cell": planned.id, "absent": missing(entry["probes"], entry["reason"])}
        entry = self._cells[planned.id]
        metrics = {"cell": planned.id, "tasks": entry["tasks"], **entry["found"]}
        if "memory" not in metrics:
            return metrics
        memory, idle = metrics["memory"], self._empties.get(entry["empty"], {}).get("found", {})
        empty = idle.get("memory", {}).get("peak_pss_bytes")
        over = None if empty is None else memory["peak_pss_bytes"] - empty
        each = None if over is None else over / planned.workers
        stored = probes.Memory(memory["peak_pss_bytes"], empty, over, each, memory["samples"])
        absent = metrics["absent"]
        if empty is None:
            absent = {**absent, "over_empty": idle.get("absent", {}).get("memory", NO_EMPTY)}
        return {**metrics, "memory": asdict(stored), "absent": absent}
