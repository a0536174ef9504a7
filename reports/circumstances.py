"""What runs were measured on and with, where they differ: a comparison is of that, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import limit, text
from .stored import Stored

FACTS = {
    "cpu_model": "CPU",
    "cpus": "CPUs",
    "affinity": "affinity",
    "hostname": "host",
    "platform": "system",
    "implementation": "interpreter",
    "python": "Python",
    "gil": "GIL",
    "start_method": "start method",
}
DELIVERED = 0.1
"""CPUs delivered may differ by this share before a word is said."""


def warnings(runs: Sequence[Stored]) -> list[str]:
    """What differs between the first run and each other, a line each."""
    first, *others = runs
    return [
        f"{other.run.id}: {what} {there}, in {first.run.id} {here}"
        for other in others
        for what, here, there in _differing(first, other)
    ]


def _differing(first: Stored, other: Stored) -> Iterator[tuple[str, str, str]]:
    here, there = _facts(first), _facts(other)
    for what in {**here, **there}:
        sides = here.get(what), there.get(what)
        # What one of them did not record is no difference.
        if None not in sides and sides[0] != sides[1]:
            yield what, str(sides[0]), str(sides[1])
    exact = {side.name: side.exact for side in first.run.sides}
    for side in other.run.sides:
        if exact.get(side.name, side.exact) != side.exact:
            yield side.name, exact[side.name], side.exact
    if first.run.canary and other.run.canary:
        cpus = limit.delivered(first), limit.delivered(other)
        if max(cpus) > (1 + DELIVERED) * min(cpus):
            yield "CPUs delivered", text.digits(cpus[0]), text.digits(cpus[1])


def _facts(stored: Stored) -> dict[str, Any]:
    about = stored.run.environment
    packages = about.get("packages")
    return {
        **{said: about.get(key) for key, said in FACTS.items()},
        "state": stored.run.state,
        "concbench": stored.run.concbench or None,
        **(packages if isinstance(packages, Mapping) else {}),
    }
