"""Names that `bench` writes and `reports` reads: of files, of their schemas, of samples' metadata.

Standard library only, so that the driver may import it.  A worker cannot, for the interpreter of a
side need not have `reports`: it has its own copies, and a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..text import shortened

RUN_SCHEMA = 1
PROBES_SCHEMA = 1
BEHAVIOUR_SCHEMA = 1
LESSONS_SCHEMA = 1
"""Raised when a key changes its meaning, and not when one is added."""

WORKING_TREE = "working tree"
"""The side that stands for what a run without sides measures."""

MARGIN = 0.05
"""Strategies that differ by less for certain are as good as each other, unless a run says more."""

CELL = "cb_cell"
ROUND = "cb_round"
POSITION = "cb_position"

# To rebuild the plan from.
WORKLOAD = "cb_workload"
WORKLOAD_PARAMS = "cb_workload_params"
STRATEGY = "cb_strategy"
STRATEGY_PARAMS = "cb_strategy_params"
TASKS = "cb_tasks"
MEASURED_TASKS = "cb_measured_tasks"
WORKERS = "cb_workers"
SIDE = "cb_side"

# From the worker.
STARTUP = "cb_startup_s"
CHILD_STARTUP = "cb_child_startup_cpu_s"
FIRST_BATCH = "cb_first_batch_s"
CLOSE = "cb_close_s"
OWN_CPU = "cb_own_cpu_s"
IN_PROCESS = "cb_in_process"
FORM = "cb_form"
CLIENT = "cb_client"
ANSWER = "cb_answer"
NOTES = "cb_notes"
LOOP = "cb_loop"
METRICS = "cb_metrics"
SAMPLE = "cb_sample"
CPU = "cb_cpu_s"
VOLUNTARY_SWITCHES = "cb_voluntary_switches"
INVOLUNTARY_SWITCHES = "cb_involuntary_switches"
GIL = "cb_gil"
GIL_FIRST = "cb_gil_first"
JIT = "cb_jit"
CGROUP_CPUS = "cb_cgroup_cpus"

# Of no report: the driver's own, and what is there for others.
HEAD, ANSWER_HEAD = "cb_head", "cb_answer_head"
RESULTS = "cb_results"
START_METHOD, CPUS, NOFILE = "cb_start_method", "cb_cpus", "cb_nofile"


def samples(place: int) -> str:
    """The file of a side's suite, `samples-2.json` of the second: pyperf mixes no interpreters."""
    return f"samples-{place + 1}.json" if place else "samples.json"


_NUMBERS = (CELL, ROUND, POSITION)
_SECONDS = (STARTUP, FIRST_BATCH, CLOSE, OWN_CPU)
_COUNTS = (CPU, VOLUNTARY_SWITCHES, INVOLUNTARY_SWITCHES, CGROUP_CPUS)
_TEXTS = (FORM, CLIENT, NOTES, ANSWER, LOOP, METRICS)
_MOST = 1e15


def check(metadata: Mapping[str, Any]) -> None:
    """Raise TypeError naming what is none of the numbers and texts that a worker writes.

    Raises KeyError where it lacks what none may lack.
    """
    check_numbers(metadata)
    for key in (*_SECONDS, *(key for key in _COUNTS if key in metadata)):
        if type(metadata[key]) not in (int, float) or not abs(metadata[key]) <= _MOST:
            raise TypeError(f"{key} is {shortened(repr(metadata[key]), 60)}")
    for key in _TEXTS:
        if not isinstance(metadata.get(key, ""), str):
            raise TypeError(f"{key} is {shortened(repr(metadata[key]), 60)}")


def check_numbers(metadata: Mapping[str, Any]) -> None:
    """The same of what says which process it was."""
    for key in (*_NUMBERS, MEASURED_TASKS):
        if type(metadata[key]) is not int or metadata[key] < (key == MEASURED_TASKS):
            raise TypeError(f"{key} is {shortened(repr(metadata[key]), 60)}")
