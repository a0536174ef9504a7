"""Checks made up for what shows them."""

from __future__ import annotations

from concbench.reports.gate.results import Check, Result


def slower(cell="http_get / asyncio", metric="batch", **more):
    told = {"before": 0.0562, "after": 0.0689, "ratio": 1.226, "low": 1.181, "high": 1.27}
    return Result(cell, metric, 0.05, "slower", 24, **{**told, "confirmed": True, **more})


def noisy(cell="cpu_sum / threading", metric="batch", more=40):
    return Result(
        cell,
        metric,
        0.05,
        "inconclusive",
        20,
        before=0.1,
        after=0.103,
        ratio=1.03,
        low=0.96,
        high=1.1,
        more=more,
    )


def alike(count, metric="batch", threshold=0.05):
    return [
        Result(
            f"cell {number} / asyncio",
            metric,
            threshold,
            "not slower",
            8,
            before=0.1,
            after=0.1,
            ratio=1.0,
            low=0.98,
            high=1.02,
        )
        for number in range(count)
    ]


def other(cell="mine / asyncio"):
    return Result(cell, "batch", 0.05, "other work", 3)


def checked(*answers, **more):
    told = {"seconds": 400.0, "run": "0008-20261121T045000Z", **more}
    return Check("working tree", "git:main (1a2b3c4)", tuple(answers), **told)
