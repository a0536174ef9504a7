"""What a run's journal says of its probe passes, and what of that is stored.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ..planning.plan import Planned

Entry: TypeAlias = Mapping[str, Any]

EVENTS = ("probed", "emptied", "unprobed")
"""Of a cell, of its strategy with nothing to do, and of cells that no pass was made for."""
SCHEMA = 1
METRICS = {
    "memory": ("memory",),
    "latency": ("latency", "concurrency", "timeline", "left"),
    "lag": ("lag", "left"),
    "trace": ("timeline",),
}
"""What each probe gives."""
NO_EMPTY = "the same strategy with nothing to do was not probed"


def missing(probes: Iterable[str], why: str) -> dict[str, str]:
    """The reason for every metric of these probes."""
    return dict.fromkeys((metric for probe in probes for metric in METRICS[probe]), why)


class Probed:
    """The probe passes of one run: a fold over the entries of the journal."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._cells: dict[int, Entry] = {}
        self._empties: dict[str, Entry] = {}
        self._without: dict[int, Entry] = {}

    def add(self, entry: Entry) -> None:
        """Take one entry in."""
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

    def document(self, plan: Iterable[Planned]) -> dict[str, Any] | None:
        """What probes.json holds; None when nothing was probed."""
        known = [self._cell(p) for p in plan if p.id in self._cells or p.id in self._without]
        return {"schema": SCHEMA, "cells": known} if known else None

    def _cell(self, planned: Planned) -> dict[str, Any]:
        if planned.id not in self._cells:
            entry = self._without[planned.id]
            return {"cell": planned.id, "absent": missing(entry["probes"], entry["reason"])}
        entry = self._cells[planned.id]
        found = {"cell": planned.id, "tasks": entry["tasks"], **entry["found"]}
        if "memory" not in found:
            return found
        empty = self._empties.get(entry["empty"], {}).get("found", {})
        known = empty.get("memory", {}).get("peak_pss_bytes")
        memory = _over(found["memory"], known, planned.workers)
        if known is not None:
            return {**found, "memory": memory}
        why = empty.get("absent", {}).get("memory", NO_EMPTY)
        return {**found, "memory": memory, "absent": {**found["absent"], "over_empty": why}}


def _over(memory: Mapping[str, Any], empty: int | None, workers: int) -> dict[str, Any]:
    over = None if empty is None else memory["peak_pss_bytes"] - empty
    return {
        "peak_pss_bytes": memory["peak_pss_bytes"],
        "empty_pss_bytes": empty,
        "over_empty_bytes": over,
        "per_worker_bytes": None if over is None else over / workers,
        "samples": memory["samples"],
    }
