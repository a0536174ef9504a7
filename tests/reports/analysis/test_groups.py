"""Tables by something other than blocks: names, and what must not be said of them."""

from __future__ import annotations

import re

from concbench.reports.analysis import names, tables
from concbench.reports.analysis.tables import Group, wanted

from ..rows import STRATEGIES, block, matrix, row, shown


def test_a_table_for_each_strategy_has_workloads_for_lines_and_no_rank_or_verdict() -> None:
    out = shown(matrix(), wanted(group_by="strategy"))
    assert "rank" not in out and "of the limit" not in out
    lines = out.splitlines()
    place = lines.index("threading")
    assert [line.split()[0] for line in lines[place + 3 : place + 6]] == [
        *("io_sleep", "http_get", "cpu_sum")
    ]
    assert [line for line in lines if line in STRATEGIES] == list(STRATEGIES)


def test_a_group_that_is_a_block_is_shown_as_one() -> None:
    assert shown(matrix(), wanted(group_by="workload")) == shown(matrix())
    assert "io_sleep: asyncio, 15.5x" in shown([block()], wanted(group_by="none"))


def test_all_cells_in_one_table_are_called_by_workload_and_strategy() -> None:
    out = shown(matrix(), wanted("batch", group_by="none"))
    assert out.splitlines()[1] == "all cells"
    assert len(re.findall(r"^(io_sleep|http_get|cpu_sum) / [a-z]", out, re.MULTILINE)) == 18


def swept() -> list[Group]:
    rows = tuple(
        row(number, name, strategy_params={"workers": count, "chunk": None}, workers=count)
        for number, (name, count) in enumerate(
            (name, count) for name in ("threading", "asyncio") for count in (4, 16)
        )
    )
    return [Group("io_sleep", rows, names.strategies(rows), block=True)]


def test_a_sweep_is_grouped_by_what_was_swept() -> None:
    groups_ = tables.grouped(swept(), "workers")
    assert [group.name for group in groups_] == ["workers=4", "workers=16"]
    assert [list(group.names.values()) for group in groups_] == [["threading", "asyncio"]] * 2
    assert "rank" not in shown(swept(), wanted(group_by="workers"))


def test_a_strategy_of_several_sizes_says_them_in_its_table() -> None:
    first, _ = tables.grouped(swept(), "strategy")
    assert list(first.names.values()) == ["io_sleep, workers=4", "io_sleep, workers=16"]


def test_cells_without_the_parameter_stand_together() -> None:
    named = tables.grouped([*swept(), block(9, "cpu_sum")], "chunk")
    assert [group.name for group in named] == ["io_sleep", "cpu_sum"]
    mixed = tables.grouped([*swept(), block(9, "cpu_sum"), block(10, "x")], "chunk")
    assert mixed[1].name == "without chunk" and not mixed[1].block
    assert "cpu_sum / threading" in mixed[1].names.values()


def test_tables_of_one_run_call_their_lines_alike() -> None:
    out = shown(matrix(), wanted("batch", group_by="workers"))
    assert "\ncell " in out and "\nio_sleep / sequential " in out
