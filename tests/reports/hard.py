"""Runs that are hard to show: made up for the tests of pages, charts and exports."""

from __future__ import annotations

import random
from typing import Any

from .made import Made, sequential

BUILT_IN = (
    "threading",
    "multiprocessing",
    "asyncio",
    "asyncio+to_thread",
    "asyncio+processpool",
)

Run = tuple[list[Made], dict[str, Any]]

NAMES = (
    "<script>window.pwned=1</script>",
    "\"><img src=x onerror='window.pwned=1'>",
    "' onmouseover='window.pwned=1",
    "</style></title></textarea><svg onload=window.pwned=1>",
    "{{ 7 * 7 }}{% raw %}",
    "--><!--",
    "]]>&lt;&amp;&#60;",
    "javascript:window.pwned=1",
    "\N{SNAKE}\N{FAMILY}",
    "a" * 200,
    'id="block-0" href="#x" url(#y)',
)


def noisy(middle: float, rounds: int = 6, noise: float = 0.02) -> list[float | None]:
    """So many times around a middle, the same each time it is called."""
    chance = random.Random(f"{middle} {rounds}")
    return [middle * chance.lognormvariate(0, noise) for _ in range(rounds)]


def usual(rounds: int = 6, **more: Any) -> list[Made]:
    """A workload under the built-in strategies; threading is clearly first."""
    return [
        sequential(noisy(0.64, rounds), **more),
        *(
            Made(name, noisy(0.04 + place / 100, rounds), **more)
            for place, name in enumerate(BUILT_IN)
        ),
    ]


def eighteen() -> list[Made]:
    """Three workloads under six strategies, twelve rounds."""
    names = ("io_sleep", "http_get", "cpu_sum")
    return [
        made for block, name in enumerate(names) for made in usual(12, workload=name, block=block)
    ]


def called(name: str) -> Run:
    """A run with this name and this message in every place there is."""
    bad = [
        Made(name, noisy(0.03), workload=name, block=1, params={name: name}, notes=name),
        Made("b", noisy(0.05), workload=name, block=1, params={name: name}, client=name),
        Made("b", noisy(0.06), workload=name, block=1, strategy_params={name: name}),
        Made("x", status="failed", reason=name, workload=name, block=1),
    ]
    failure = {"round": 0, "cell": 6, "kind": name, "message": name, "traceback": name}
    about = ("python", "implementation", "build", "cpu_model", "platform", "hostname", "affinity")
    facts = {
        "id": name,
        "argv": ["run", name],
        "started": name,
        "reference": name,
        "concbench": name,
        "warnings": [name],
        "failures": [failure],
        "environment": {
            **dict.fromkeys(about, name),
            "cpus": 2,
            "packages": {name: name},
            "variables": {name: name},
        },
        "git": {"revision": name, "branch": name, "dirty": True},
    }
    return [*usual(), *bad], facts


def _strategies(count: int) -> Run:
    many = [Made(f"strategy_{place}", noisy(0.04 + place / 500)) for place in range(count)]
    return [sequential(noisy(0.64)), *many], {}


def _failed() -> Run:
    reason = "wrong answer: task 3 is 404, not 200"
    return [Made(name, status="failed", reason=reason) for name in BUILT_IN], {}


def _long() -> Run:
    long = [
        Made(f"{place}_" + "n" * 200, noisy(0.04 + place / 100), workload="w" * 200)
        for place in range(4)
    ]
    return [sequential(noisy(0.64), workload="w" * 200), *long], {}


def _apart() -> Run:
    times = (1e-7, 1e-4, 1e-1, 60.0, 3600.0)
    made = [Made(name, noisy(time)) for name, time in zip(BUILT_IN, times, strict=True)]
    return [sequential(noisy(1.0)), *made], {}


CASES = {
    "empty": lambda: ([], {}),
    "all failed": _failed,
    "one round": lambda: (usual(1), {}),
    "one strategy": lambda: ([Made("threading", noisy(0.04))], {}),
    "no reference": lambda: (usual()[1:], {"reference": None}),
    "no variance": lambda: ([sequential([0.64] * 6), Made("threading", [0.04] * 6)], {}),
    "twelve strategies": lambda: _strategies(12),
    "forty strategies": lambda: _strategies(40),
    "long names": _long,
    "100 ns to 1 h": _apart,
    "sparse": lambda: (usual(), {"environment": {}, "canary": [], "argv": [], "git": None}),
    "interrupted": lambda: (
        [*usual(2), Made("uvloop", status="pending")],
        {"state": "interrupted", "ended": None},
    ),
}
"""Name of a case -> the cells and the facts of its run."""
