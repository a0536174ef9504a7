"""What a reader must know of a cell beside its times: a code with values, and its words.

A note is stored and passed on as a code; only here are words made of it, for the terminal,
Markdown, the page and files alike.  `cb_notes` in samples.json is a JSON list of such notes, in
runs of before a text that joins English ones by ` | `.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import numbers
from ..text import all_legible, legible

TEXT = "text"
"""The code of a plug-in's own words."""
OPENED_TOGETHER = "opened-together"
"""Of cells whose start-up cannot be compared."""


@dataclass(frozen=True)
class Note:
    """A code of WORDS and the values that its words name; any other code stands for itself."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def text(self) -> str:
        """A few words to stand beside a mark: `blocks the event loop`."""
        return self._words(0) or " ".join(
            (self.code, *(f"{name}={value}" for name, value in self.values.items()))
        )

    @property
    def figure(self) -> str:
        """The number in its text, to stand beside a cell's mark: `162 ms`, or nothing."""
        return self._filled(FIGURES[self.code][0]) if self.code in FIGURES else ""

    @property
    def sentence(self) -> str:
        """What that means or what to do about it; "" of an unknown code and of own words."""
        return self._words(1) if self._words(0) else ""

    @property
    def explained(self) -> bool:
        """Whether its code has an entry in concbench.reports.codes."""
        return self.code != TEXT and self._words(0) != ""

    def _words(self, part: int) -> str:
        return self._filled(WORDS.get(self.code, ("", ""))[part])

    def _filled(self, words: str) -> str:
        try:
            return words.format_map({name: _Value(name, self.values[name]) for name in self.values})
        except KeyError:  # a file may name a code of ours without its values
            return ""


WORDS = {
    TEXT: ("{text}", ""),
    # What lanes and strategies store.
    "blocks-loop": (
        "blocks the event loop",
        "no async form is used, so one task runs at a time",
    ),
    "own-loop-per-lane": ("one event loop per worker", "the workload has only an async form"),
    "blocking-calls": (
        "blocking calls in coroutines",
        "the mistake shown here; use asyncio.to_thread",
    ),
    "lanes-within-batch": ("open() counts in the batch time", "no worker outlives a few tasks"),
    "own-gil-per-lane": (
        "a GIL per worker",
        "each is an interpreter, so they compute at the same time",
    ),
    "preloaded": ("imports preloaded", "by the fork server; preload=false shows start-up without"),
    "one-thread": ("all in one thread", "a task that computes holds up all the others"),
    "lazy-imports": (
        "imports in the first batch",
        "lazy imports: one-shot has them, start-up has not",
    ),
    "answers-alike": (
        "all answers are equal",
        "an error that a task catches would look the same",
    ),
    "inputs-again": (
        "{inputs:input} for {tasks:task}",
        "inputs repeat, so a cache would make them faster",
    ),
    OPENED_TOGETHER: (
        "opened beside other workers",
        "start-up and one-shot may hold what others took",
    ),
    "first-counts": (
        "one batch a process",
        "its times have what first calls cost",
    ),
    "own-contexts": (
        "sets context variables",
        "each task has its own here, unlike in a plain loop",
    ),
    "dask-workers": (
        "{workers:Dask worker} on {hosts}",
        "CPU time and memory there are not counted",
    ),
    "cpu-unreadable": ("CPU time unknown", "the clocks of its processes could not be read"),
    # What follows from the plan and the numbers.
    "short-tasks": (
        "tasks of {seconds}",
        "shorter than handing them out; use a plain loop, or chunk=64",
    ),
    "waits-alone": (
        "waits for one task at a time",
        "its calls block the event loop, or it holds a lock",
    ),
    "several-cpus": ("a task uses {cpus} CPUs by itself", "compare --side env:OMP_NUM_THREADS=1"),
    "late-loop": (
        "blocked the event loop for up to {seconds}",
        "move it to threads or processes",
    ),
    "gil-on": (
        "threads cannot help",
        "the GIL lets one compute; use processes or a free-threaded Python",
    ),
    "gil-turned-on": (
        "an import turned the GIL on",
        "an extension does not declare free threading",
    ),
    "gil-turned-on-by": ("{module} turned the GIL on", "it does not declare free threading"),
    "gil-off": ("GIL off", "threads compute at the same time"),
    "contention": (
        "no gain without the GIL, {cpus:CPU} used",
        "threads wait for locks, or share objects",
    ),
    "in-flight": (
        "{tasks} in flight, not {workers}",
        "the strategy starts them regardless of `workers`",
    ),
    "few-tasks": (
        "{achieved} of {workers} workers busy, with only {bound:task}",
        "raise --tasks to use them all",
    ),
    "few-lanes": (
        "{achieved} of {workers} workers busy, as only {bound} got tasks",
        "widen the pool or lengthen tasks",
    ),
    "workload-bound": (
        "{achieved} of {workers} workers busy, as the workload allows {bound} at a time",
        "raise its bound",
    ),
    "one-at-a-time": (
        "{achieved} of {workers} workers busy, as each task blocks the loop",
        "use threads or processes",
    ),
    "idle-workers": (
        "{achieved} of {workers} workers busy on average",
        "tasks finish before the next start, or queue for a shared resource",
    ),
    "left-behind": ("left behind: {things}", "end what open() starts when it is closed"),
    "busy-machine": (
        "{low} of {rounds:round} got too little CPU",
        "measure again when the machine is quiet",
    ),
    "in-parts": (
        "{measured} of {tasks} tasks a round",
        "another part of them each time",
    ),
    "sampled": ("estimated from {measured} of {tasks} tasks", "a longer --budget measures all"),
    "sample-unlike": (
        "estimated from {measured} of {tasks} tasks unlike the rest",
        "they take {times} times the average",
    ),
    "sample-unchecked": (
        "estimated from {measured} of {tasks} tasks, unchecked",
        "no probe saw the rest",
    ),
    "sample-doubted": (
        "estimated from {measured} of {tasks} tasks, in doubt",
        "all take longer elsewhere",
    ),
    "done-once": (
        "first batch {first}, later {later}",
        "cached or done once; go by one-shot, or --warm",
    ),
    "other-client": ("a different client ({client}, not {usual})", "not the strategy alone"),
    "beyond-limit": ("beyond the limit", "more than 3 % faster than possible, a measurement error"),
    "one-round": ("one round", "no interval and no rank; raise --budget or --rounds"),
    "by-itself": (
        "its interval excludes 1x",
        "maybe by chance among {comparisons:comparison}; go by the rank",
    ),
    "failed-rounds": ("failed {times:time}", "the report and run -v show why"),
}
"""From a code to its text and its sentence, which may name values: `{seconds}`, `{tasks:task}`.

One line of 100 columns with a mark and the code, where values are short; what more there is to say
is in the entry of the code (concbench.reports.codes).
"""

_BUSY = "{achieved} of {workers}"
FIGURES = {
    "late-loop": ("{seconds}", "blocked the event loop for up to the time given"),
    "in-flight": ("{tasks}", "more or fewer in flight than workers"),
    "few-tasks": (_BUSY, "workers busy, with too few tasks"),
    "few-lanes": (_BUSY, "workers busy, as no others ran tasks"),
    "workload-bound": (_BUSY, "workers busy, as the workload allows no more"),
    "one-at-a-time": (_BUSY, "workers busy, as each task blocks the event loop"),
    "idle-workers": (_BUSY, "workers busy on average"),
    "busy-machine": ("{low} of {rounds}", "rounds got too little CPU"),
    "sampled": ("{measured} of {tasks}", "tasks were measured, the rest estimated"),
    "failed-rounds": ("{times}", "times failed"),
}
"""Of codes with a number: that number, and their text without it, for a table in which they come
with several."""


@dataclass(frozen=True)
class _Value:
    """A value in a text: seconds as a duration, a count as it reads best, and its noun if asked."""

    name: str
    value: Any

    def __format__(self, noun: str) -> str:
        value = self.value
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            text = str(value)
        elif self.name == "seconds":
            text = numbers.duration(value)
        else:
            exact = abs(value) < 10 and abs(value - round(value)) >= 0.05
            text = f"{value:.1f}" if exact else f"{round(value):,}"
        return f"{text} {noun}{'' if text == '1' else 's'}" if noun else text


_TEXTS = {
    "blocks the loop": "blocks-loop",
    "own loop per lane": "own-loop-per-lane",
    "blocking calls in coroutines": "blocking-calls",
    "opens lanes within the batch": "lanes-within-batch",
    "own GIL per lane": "own-gil-per-lane",
    "all in one thread": "one-thread",
}
"""What runs of before have instead of these codes."""


def parse(text: str) -> tuple[Note, ...]:
    """The notes in a run's `cb_notes`, in their order."""
    try:
        stored = all_legible(json.loads(text))
    except (ValueError, RecursionError):
        stored = None
    if not isinstance(stored, list):
        texts = filter(None, legible(text).split(" | "))
        return tuple(Note(_TEXTS[one]) if one in _TEXTS else own(one) for one in texts)
    return tuple(_note(one) for one in stored)


def own(text: str) -> Note:
    """The note of a plug-in in its own words."""
    return Note(TEXT, {"text": text})


def _note(stored: Any) -> Note:
    if isinstance(stored, dict) and isinstance(stored.get("code"), str):
        return Note(stored["code"], {name: stored[name] for name in stored if name != "code"})
    return own(str(stored))
