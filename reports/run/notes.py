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


@dataclass(frozen=True)
class Note:
    """A code of WORDS and the values that its words name; any other code stands for itself."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def text(self) -> str:
        """A few words to stand beside a mark: `blocks the loop`."""
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
        return self._words(1)

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
        "blocks the loop",
        "the workload has no async form, or none is used: each task blocks the loop it runs in",
    ),
    "own-loop-per-lane": (
        "own loop per lane",
        "the workload is async only, so each thread or process runs an event loop of its own",
    ),
    "blocking-calls": (
        "blocking calls in coroutines",
        "the mistake that this strategy is there to show: await asyncio.to_thread(call), or take a "
        "library that has an async form",
    ),
    "lanes-within-batch": (
        "opens lanes within the batch",
        "no lane outlives a few tasks, so what open() takes is a part of the batch time",
    ),
    "own-gil-per-lane": (
        "own GIL per lane",
        "each lane is in an interpreter of its own, and they compute at the same time",
    ),
    "preloaded": (
        "imports preloaded",
        "the fork server imported the workload's module and its client before children were forked "
        "from it: `preload=false` shows what start-up costs without",
    ),
    "one-thread": (
        "all in one thread",
        "its lanes take turns where one waits: a task that computes holds all the others up",
    ),
    "lazy-imports": (
        "imports in the first batch",
        "`lazy import` put modules off until a task used them: start-up is shorter by that and the "
        "first batch longer; one-shot has both",
    ),
    "answers-alike": (
        "all answers are equal",
        "that the work was done is not proved: an error that a task catches looks the same; return "
        "what depends on the task",
    ),
    "inputs-again": (
        "{inputs:input} for {tasks:task}",
        "after the last the first again: what caches an answer gives it faster then",
    ),
    "dask-workers": (
        "{workers:Dask worker} on {hosts}",
        "the CPU and memory that tasks take there are not counted here",
    ),
    "cpu-unreadable": (
        "CPU time unknown",
        "the CPU clocks of its processes could not be read: there is no Linux /proc, it hides some "
        "of them, or they came and went",
    ),
    # What follows from the plan and the numbers.
    "short-tasks": (
        "tasks of {seconds}",
        "shorter than handing them to another thread or process: take a plain loop, or hand out "
        "many at a time (multiprocessing[chunk=64])",
    ),
    "waits-alone": (
        "blocks the loop: waits for one task at a time",
        "its tasks wait, and yet take as long as one after the other: what they call blocks (await "
        "an async library, or asyncio.to_thread), or lets only one in (a lock, one connection)",
    ),
    "several-cpus": (
        "a task uses {cpus} CPUs by itself",
        "its library computes in threads of its own (BLAS, OpenMP), which more workers only "
        "disturb: see with one thread each, by --side 'working tree' --side env:OMP_NUM_THREADS=1 "
        "(or OPENBLAS_NUM_THREADS, MKL_NUM_THREADS)",
    ),
    "late-loop": (
        "blocks the loop: {seconds}",
        "for up to {seconds} nothing else could run in the event loop: "
        "leave what computes or blocks to threads or processes",
    ),
    "gil-on": (
        "GIL on: threads cannot help",
        "its tasks compute, and one thread at a time does: use processes or a free-threaded Python",
    ),
    "gil-turned-on": (
        "an import turned the GIL on",
        "this Python can do without: look for an extension that does not declare its support",
    ),
    "gil-turned-on-by": (
        "{module} turned the GIL on",
        "its extension does not declare that it can do without: look for a newer release, or run "
        "with PYTHON_GIL=0 at your own risk",
    ),
    "gil-off": ("GIL off", "threads compute at the same time"),
    "contention": (
        "GIL off, no gain: contention, {cpus:CPU} used",
        "a second CPU was there: with about one in use threads wait for one another (a lock), with "
        "more the same work costs more (objects that all of them change, memory)",
    ),
    "in-flight": (
        "{tasks} in flight, not {workers}",
        "it has {tasks:task} on their way at the same time, whatever `workers` says",
    ),
    "few-tasks": (
        "achieved {achieved} of {workers}: only {bound:task}",
        "fewer than it has workers: ask for more tasks to see what all its workers can do",
    ),
    "few-lanes": (
        "achieved {achieved} of {workers}: {bound:lane} ran tasks",
        "its pool has no more lanes, or tasks so short that the others found nothing left: give it "
        "as many as it has workers, or longer tasks",
    ),
    "workload-bound": (
        "achieved {achieved} of {workers}: {bound} at a time, says the workload",
        "more workers only wait: raise the workload's own bound (connections, a pool), or ask for "
        "fewer workers",
    ),
    "one-at-a-time": (
        "achieved {achieved} of {workers}: each blocks the loop",
        "a task that blocks the loop runs alone: leave it to threads or processes",
    ),
    "idle-workers": (
        "achieved {achieved} of {workers}",
        "{achieved} of its {workers} workers were busy on average: tasks end before others are "
        "started, or wait for what only a few can have",
    ),
    "left-behind": (
        "left behind: {things}",
        "there after it was closed: what open() starts must end when it is closed",
    ),
    "busy-machine": (
        "low CPU in {low} of {rounds:round}",
        "something else took CPUs then: measure again when the machine is quiet",
    ),
    "sampled": (
        "sampled {measured} of {tasks}",
        "{measured} of its {tasks} tasks were measured, and the times scaled to all of them",
    ),
    "sample-unlike": (
        "estimated from {measured} of {tasks}",
        "those tasks take {times} times what all do on average, so they cannot stand for the rest: "
        "put right by what they took elsewhere; a longer --budget or fewer --tasks measures all",
    ),
    "done-once": (
        "first batch {first}, later {later}",
        "cached, or work that can be done once: later batches find it done, and their times say "
        "how long nothing takes; one-shot is what a script pays, --warm ranks later batches",
    ),
    "other-client": ("client {client}, not {usual}", "clients are compared here, too"),
    "beyond-limit": (
        "beyond the limit",
        "its whole interval is more than 3 % beyond the least time possible: an error of measuring",
    ),
    "one-round": ("one round", "that gives no interval, and no place in the ranks"),
    "by-itself": (
        "by its interval alone",
        "it excludes 1x, which may be chance among {comparisons:comparison}; ranks count them all",
    ),
    "failed-rounds": (
        "failed {times:time}",
        "that many of its worker processes gave no measurement",
    ),
}
"""From a code to its text and its sentence, which may name values: `{seconds}`, `{tasks:task}`."""

_ACHIEVED = "{achieved} of {workers}"
FIGURES = {
    "late-loop": (
        "{seconds}",
        "blocks the loop for the time given",
        "so long nothing else could run in the event loop: leave what computes or blocks to "
        "threads or processes",
    ),
    "in-flight": (
        "{tasks}",
        "more or fewer in flight than workers",
        "it has that many tasks on their way at the same time, whatever `workers` says",
    ),
    "few-tasks": (_ACHIEVED, "achieved less, by too few tasks", WORDS["few-tasks"][1]),
    "few-lanes": (_ACHIEVED, "achieved less, by too few lanes", WORDS["few-lanes"][1]),
    "workload-bound": (
        _ACHIEVED,
        "achieved less, as the workload says",
        WORDS["workload-bound"][1],
    ),
    "one-at-a-time": (
        _ACHIEVED,
        "achieved less: each blocks the loop",
        WORDS["one-at-a-time"][1],
    ),
    "idle-workers": (
        _ACHIEVED,
        "achieved less than all workers",
        "so many of its workers were busy on average: tasks end before others are started, or wait "
        "for what only a few can have",
    ),
    "busy-machine": ("{low} of {rounds}", "low CPU in some rounds", WORDS["busy-machine"][1]),
    "sampled": (
        "{measured} of {tasks}",
        "sampled",
        "so many of its tasks were measured, and the times scaled to all of them",
    ),
    "failed-rounds": (
        "{times}",
        "failed so often",
        "that many of its worker processes gave no measurement",
    ),
}
"""Of codes with a number: that number, and their text and sentence without it, for a table in which
they come with several."""


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
    WORDS[code][0]: code
    for code in (
        *("blocks-loop", "own-loop-per-lane", "blocking-calls"),
        *("lanes-within-batch", "own-gil-per-lane", "one-thread"),
    )
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
