from __future__ import annotations

import random
from pathlib import Path

import pytest

from concbench import reports
from concbench.reports.analysis import cells, names, verdict
from concbench.reports.charts import chart as charts
from concbench.reports.page import sections

from ..made import Made, folder, sequential


def noisy(middle: float, rounds: int = 6) -> list[float | None]:
    chance = random.Random(middle)
    return [middle * chance.lognormvariate(0, 0.001) for _ in range(rounds)]


def said(path: Path, *made: Made) -> str:
    rows = cells.rows(reports.read(folder(path, made)))
    return verdict.sentence("io_sleep", rows, names.strategies(rows))


ASYNCIO = Made("asyncio", noisy(0.0417))
SEQUENTIAL = sequential(noisy(0.64), own_cpu=0.0)
FAILED = Made("threading", status="failed", reason="crashed")


def test_a_winner_has_its_speed_up_its_interval_and_its_part_of_the_limit(tmp_path: Path) -> None:
    made = (SEQUENTIAL, ASYNCIO, Made("threading", noisy(0.0517)))
    assert said(tmp_path, *made) == (
        "io_sleep: asyncio, 15.3x [15.3, 15.4] sequential, 96 % of the limit"
    )


def test_a_tie_is_no_difference_found(tmp_path: Path) -> None:
    tie = Made("threading", [*reversed(ASYNCIO.seconds)])
    assert said(tmp_path, SEQUENTIAL, ASYNCIO, tie) == (
        "io_sleep: no difference found between asyncio and threading, 15.3x sequential, "
        "96 % of the limit"
    )


def test_sequential_may_be_first(tmp_path: Path) -> None:
    found = said(tmp_path, sequential(noisy(0.1)), Made("threading", noisy(0.2)))
    assert found.startswith("io_sleep: sequential: nothing beats sequential here")


def test_sequential_may_share_the_first_rank(tmp_path: Path) -> None:
    times = noisy(0.1)
    found = said(tmp_path, sequential(times), Made("threading", times[::-1]))
    assert "no difference found between " in found
    assert ": nothing beats sequential here" in found


@pytest.mark.parametrize(
    ("made", "end"),
    [
        ((ASYNCIO, Made("x", noisy(0.1))), "there is no reference, so no speed-up"),
        (
            (sequential([], status="failed"), ASYNCIO, Made("x", noisy(0.1))),
            "sequential failed, so no speed-up",
        ),
        ((ASYNCIO, FAILED), "only asyncio was measured, 41.7 ms a batch"),
        ((FAILED,), "no verdict, nothing was measured: 1 failed"),
        (
            (FAILED, Made("y", status="unavailable"), Made("z", status="unavailable")),
            "nothing was measured: 1 failed and 2 cannot run here",
        ),
        (
            (sequential([0.64]), Made("x", [0.04])),
            "io_sleep: no verdict, one round gives no interval",
        ),
        (
            (Made("x"), Made("y", [1.0], status="failed")),
            "nothing was measured: 1 failed and 1 without a stored time",
        ),
    ],
)
def test_what_cannot_be_said_is_said_with_its_reason(
    tmp_path: Path, made: tuple[Made, ...], end: str
) -> None:
    assert said(tmp_path, *made).endswith(end)


FAST = Made("fast", noisy(0.03), own_cpu=0.0)
ERROR = "more than 3 % beyond the limit: an error of measuring"


def test_what_is_beyond_its_limit_is_not_praised(tmp_path: Path) -> None:
    """The limit is 40 ms."""
    found = said(tmp_path, SEQUENTIAL, FAST, ASYNCIO)
    assert found == f"io_sleep: no verdict, fast is first but {ERROR}"


def test_no_share_of_a_first_rank_is_praised_when_one_is_beyond_its_limit(tmp_path: Path) -> None:
    tie = Made("as fast", FAST.seconds[::-1], own_cpu=0.0)
    found = said(tmp_path, SEQUENTIAL, FAST, tie)
    assert f" are first but {ERROR}" in found
    assert "no verdict, " in found and "fast" in found and "as fast" in found


def test_neither_card_nor_chart_praises_what_the_verdict_doubts(tmp_path: Path) -> None:
    other = Made("z", noisy(0.1), workload="other", block=1)
    stored = reports.read(folder(tmp_path, [SEQUENTIAL, FAST, ASYNCIO, other]))
    one, only = charts.blocks(stored)
    card = sections.card(one.verdict, one.rows)
    assert (card["tone"], card["tag"]) == ("none", "no verdict")
    assert not card["firsts"] and not card["share"]
    assert card["beside"] == f"fast is first but {ERROR}"
    assert charts.overview([one, only]) == "io_sleep: no verdict; other: only z was measured"
    assert one.title == f"io_sleep: no verdict, fast is first but {ERROR}"


def test_an_error_further_down_does_not_touch_the_verdict(tmp_path: Path) -> None:
    """Two clients: with its own, and no waiting, the slower one could not take less than 50 ms."""
    costly = Made("costly", noisy(0.045), client="b", own_cpu=0.1, workers=64)
    found = said(tmp_path, SEQUENTIAL, ASYNCIO, costly)
    assert found.startswith("io_sleep: asyncio, 15.3x")


def test_the_only_cell_that_was_measured_is_not_praised_beyond_its_limit(tmp_path: Path) -> None:
    alone = sequential(noisy(0.03), cpu=0.128)
    assert said(tmp_path, alone, FAILED).endswith(f"a batch, {ERROR}")


def test_names_have_the_parameters_that_tell_them_apart(tmp_path: Path) -> None:
    made = [
        Made("asyncio", [1.0], strategy_params={"workers": 4, "debug": False}),
        Made("asyncio", [2.0], strategy_params={"workers": 8, "debug": False}),
        Made("threading", [3.0], strategy_params={"workers": 8}),
    ]
    rows = cells.rows(reports.read(folder(tmp_path, made)))
    assert list(names.strategies(rows).values()) == [
        "asyncio[workers=4]",
        "asyncio[workers=8]",
        "threading",
    ]


def test_a_parameter_that_is_not_told_is_no_part_of_a_name(tmp_path: Path) -> None:
    made = [
        Made("asyncio", [1.0], strategy_params={"workers": 4}),
        Made("asyncio", [2.0], strategy_params={"workers": 4, "dispatch": "gather"}),
        Made("asyncio", [3.0], strategy_params={"workers": 4, "dispatch": None, "eager": True}),
    ]
    rows = cells.rows(reports.read(folder(tmp_path, made)))
    assert list(names.strategies(rows).values()) == [
        "asyncio",
        "asyncio[dispatch=gather]",
        "asyncio[eager=true]",
    ]


def test_an_unusual_parameter_is_told_of_a_strategy_that_stands_alone(tmp_path: Path) -> None:
    params = {"workers": 4, "dispatch": "gather", "eager": True}
    made = Made("asyncio", [1.0], strategy_params=params, unusual=("dispatch", "eager"))
    rows = cells.rows(reports.read(folder(tmp_path, [made])))
    assert list(names.strategies(rows).values()) == ["asyncio[dispatch=gather,eager=true]"]
    assert names.grouped(rows, "workload") == {rows[0].id: "io_sleep, dispatch=gather,eager=true"}


def test_blocks_have_the_parameters_or_tasks_that_tell_them_apart() -> None:
    def block(workload: str, seconds: float, tasks: int) -> list[cells.Row]:
        plan = {"workload_params": {"seconds": seconds, "b": 1}, "strategy_params": {}}
        common = {"status": "measured", "reason": "", "rounds": 1, "id": 0, "block": 0}
        more = {"strategy": "x", "workers": 1, "reference": False, "tasks": tasks}
        return [cells.Row(workload=workload, **plan, **common, **more)]

    assert names.blocks([block("a", 0.1, 64), block("c", 0.1, 64)]) == ["a", "c"]
    assert names.blocks([block("a", 0.1, 64), block("a", 0.2, 64)]) == [
        "a[seconds=0.1]",
        "a[seconds=0.2]",
    ]
    assert names.blocks([block("a", 0.1, 64), block("a", 0.1, 1280)]) == ["a x 64", "a x 1,280"]
