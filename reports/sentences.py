"""What a note means and what to do about it, in a sentence."""

from __future__ import annotations

import re

_SENTENCES = (
    (
        r"blocks the loop",
        "the workload has no async form, or none is used: each task blocks the loop it runs in",
    ),
    (
        r"blocks the loop: (.+)",
        r"for up to \1 nothing else could run in the event loop: "
        "leave what computes or blocks to threads or processes",
    ),
    (
        r"own loop per lane",
        "the workload is async only, so each thread or process runs an event loop of its own",
    ),
    (
        r"blocking calls in coroutines",
        "the mistake that this strategy is there to show: await asyncio.to_thread(call), or take a "
        "library that has an async form",
    ),
    (
        r"opens lanes within the batch",
        "no lane outlives a few tasks, so what open() takes is a part of the batch time",
    ),
    (
        r"own GIL per lane",
        "each lane is in an interpreter of its own, and they compute at the same time",
    ),
    (
        r"all in one thread",
        "its lanes take turns where one waits: a task that computes holds all the others up",
    ),
    (
        r"(\S+) in flight, not (\S+)",
        r"it has \1 tasks on their way at the same time, whatever `workers` says",
    ),
    (
        r"sampled (\S+) of (\S+)",
        r"\1 of its \2 tasks were measured, and the times scaled to all of them",
    ),
    (
        r"beyond the limit",
        "its whole interval is more than 3 % beyond the least time possible: an error of measuring",
    ),
    (
        r"client .+, not .+",
        "clients are compared here, too",
    ),
    (r"one round", "that gives no interval, and no place in the ranks"),
    (r"failed (\d+) times?", "that many of its worker processes gave no measurement"),
    (
        r"GIL on: threads cannot help",
        "its tasks compute, and one thread at a time does: use processes or a free-threaded Python",
    ),
    (
        r"an import turned the GIL on",
        "this Python can do without: look for an extension that does not declare its support",
    ),
    (
        r"achieved \S+ of \S+: only \S+ tasks?",
        "fewer than it has workers: ask for more tasks to see what all its workers can do",
    ),
    (
        r"achieved \S+ of \S+: \S+ lanes ran tasks",
        "its pool has no more lanes, or tasks so short that the others found nothing left: give it "
        "as many as it has workers, or longer tasks",
    ),
    (
        r"achieved \S+ of \S+: \S+ at a time, says the workload",
        "more workers only wait: raise the workload's own bound (connections, a pool), or ask for "
        "fewer workers",
    ),
    (
        r"achieved \S+ of \S+: each blocks the loop",
        "a task that blocks the loop runs alone: leave it to threads or processes",
    ),
    (
        r"achieved \S+ of (\S+)",
        r"so many tasks were in flight on average, not \1: tasks end before others are started, or "
        "wait for what only a few can have",
    ),
    (
        r"left behind: .+",
        "there after it was closed: what open() starts must end when it is closed",
    ),
    (
        r"low CPU in \S+ of \S+ rounds?",
        "something else took CPUs then: measure again when the machine is quiet",
    ),
)


def of(note: str) -> str:
    """The sentence of a note; "" of an unknown one, such as a plug-in's own."""
    for pattern, sentence in _SENTENCES:
        if match := re.fullmatch(pattern, note, re.DOTALL):
            return match.expand(sentence)
    return ""
