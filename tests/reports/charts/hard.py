"""Runs that are hard to draw, by what is hard about them."""

from __future__ import annotations

import random

from ..made import Made, sequential

LONG = "a_strategy_with_a_very_long_name_" * 6
NAMES = (
    "<script>alert(1)</script>",
    "\"quoted\" & 'quoted' ]]> -->",
    "\N{GRINNING FACE} \N{ROCKET} \N{CJK UNIFIED IDEOGRAPH-65E5}",
    "$x_1$ and $\\frac{",
    "a\nb\x1b[31m",
    "\ud800",
    "\N{HEBREW LETTER SHIN}\N{HEBREW LETTER LAMED}",
    "currentColor #1f2328",
    "100 %",
    ".",
    LONG,
)


def noisy(middle: float, rounds: int = 4) -> list[float | None]:
    chance = random.Random(middle)
    return [middle * chance.lognormvariate(0, 0.03) for _ in range(rounds)]


def usual(block: int = 0, **more: object) -> list[Made]:
    names = ("asyncio", "threading", "multiprocessing", "asyncio+to_thread", "mine")
    return [
        sequential(noisy(0.64), block=block, own_cpu=0.0, **more),
        *(
            Made(name, noisy(0.045 + place / 100), block=block, own_cpu=0.0, **more)
            for place, name in enumerate(names)
        ),
    ]


RUNS: dict[str, list[Made]] = {
    "usual": usual(),
    "nothing": [],
    "all failed": [
        Made("a", status="failed", reason="crashed: " + "no memory left; " * 20),
        Made("b", status="unavailable", reason="needs Python 3.14"),
        Made("c", status="pending"),
    ],
    "some failed": [*usual(), Made("uvloop", status="unavailable", reason="not installed")],
    "one round": [sequential([0.64]), Made("threading", [0.04])],
    "rounds lost": [sequential([0.6, None, 0.7]), Made("threading", [None, 0.05, None])],
    "one strategy": [Made("threading", noisy(0.04))],
    "reference alone": [sequential(noisy(0.64))],
    "no reference": usual()[1:],
    "no variance": [sequential([0.64] * 4), Made("a", [0.04] * 4), Made("b", [0.04] * 4)],
    "no costs": [
        sequential([0.64] * 3, own_cpu=0.0),
        Made("b", [0.1] * 3, startup=0.0, first=0.0, close=0.0, own_cpu=0.0),
    ],
    "wild": [sequential([0.64, 0.1]), Made("a", [0.04, 0.9]), Made("b", [0.04, 0.05])],
    "names": [
        *(sequential(noisy(0.64), workload=name, block=place) for place, name in enumerate(NAMES)),
        *(Made(name, noisy(0.1), workload=NAMES[0], notes=name) for name in NAMES),
        *(Made(f"f{name}", status="failed", reason=name, workload=NAMES[0]) for name in NAMES),
    ],
    "long names": [
        sequential(noisy(0.64)),
        *(Made(f"{place} {LONG}", noisy(0.04 + place / 100)) for place in range(12)),
    ],
    "40 strategies": [
        sequential(noisy(0.64)),
        *(Made(f"strategy_{place}", noisy(0.04 + place / 100)) for place in range(40)),
    ],
    "100 ns to 1 h": [
        sequential(noisy(3600.0)),
        *(Made(str(power), noisy(10.0**power)) for power in range(-7, 4)),
    ],
    "12 blocks": [
        made
        for block in range(12)
        for made in (
            sequential(noisy(0.64), workload=f"work_{block}", block=block),
            Made("threading", noisy(0.05), workload=f"work_{block}", block=block),
        )
    ],
    "sweeps": [
        made
        for block, tasks in enumerate((16, 64, 256))
        for made in (
            sequential(noisy(0.01 * tasks), tasks=tasks, block=block, own_cpu=0.0),
            *(
                Made(
                    name,
                    noisy(0.01 * tasks / workers),
                    tasks=tasks,
                    block=block,
                    workers=workers,
                    strategy_params={"workers": workers, "start": "fork", "lazy": True},
                    own_cpu=0.0,
                )
                for name in ("threading", LONG)
                for workers in (4, 16)
            ),
        )
    ],
}
