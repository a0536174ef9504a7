"""Which columns a table shows, in which order, and what goes where they do not fit."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from concbench import reports
from concbench.reports.analysis import tables
from concbench.reports.analysis.tables import USUAL, Group, View, wanted
from concbench.reports.errors import UnknownName
from concbench.reports.render import summary, terminal
from concbench.reports.run.notes import own
from concbench.reports.stats.ranks import Standing
from concbench.reports.table import without_empty

from ..rows import STRATEGIES, block, matrix, shown


def titles(blocks: list[Group], view: View = USUAL, width: int = 100) -> list[str]:
    tables_ = without_empty(summary.run_tables(blocks, view))
    layout = terminal.fit(tables_, Console(width=width))
    return [tables_[0].headings[place].text for place in layout.places]


def test_the_default_matrix_shows_within_100_columns_what_a_strategy_costs() -> None:
    assert titles(matrix()) == [
        *("rank", "strategy", "batch", "\u00b1", "speed-up", "of limit"),
        *("CPU/task", "memory", "max lag", "p99", "notes"),
    ]
    lines = shown(matrix()).splitlines()
    assert max(map(len, lines)) <= 100
    assert "no room for tasks/s, start-up, one-shot: " in lines[-1]
    pool = next(line for line in lines if " asyncio+processpool " in line)
    assert pool.endswith("86% 1.2 ms 205 MB 233 ms 10 ms      ")


@pytest.mark.parametrize(
    ("width", "least"),
    [
        (60, ["rank", "strategy", "batch", "speed-up", "notes"]),
        (80, ["rank", "strategy", "batch", "speed-up", "CPU/task", "memory", "max lag", "notes"]),
        (140, [column.title for column in tables.USUAL_COLUMNS]),
    ],
)
def test_the_narrower_the_fewer_columns_and_the_least_needed_go_first(
    width: int, least: list[str]
) -> None:
    assert titles(matrix(), width=width) == least


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
@pytest.mark.parametrize("names", [None, "all", "batch,memory,cpu/task,max-lag,p99,over-empty"])
@pytest.mark.parametrize("group", [None, "strategy", "none"])
def test_no_line_is_wider_than_the_terminal_and_no_number_cut(
    width: int, names: str | None, group: str | None
) -> None:
    out = shown(matrix(), wanted(names, group_by=group), width)
    assert max(map(len, out.splitlines())) <= width
    if width >= 60:
        assert len(re.findall(r" 42.1 ms ", out)) == 3


def test_a_column_without_any_value_is_not_shown() -> None:
    bare = [block(lag_max_seconds=None, running_p99_seconds=None, peak_bytes=None, notes=())]
    assert not {"max lag", "p99", "memory", "notes"} & set(titles(bare, width=200))
    assert "not shown" not in shown(bare)
    assert "max lag" in titles([block(), *bare], width=200)


def test_a_column_asked_for_that_has_no_value_is_said_to_have_none() -> None:
    out = shown([block(lag_max_seconds=None)], wanted("batch,max-lag"))
    assert out.splitlines()[-1] == "not shown, as no cell has a value: max lag"


def test_columns_stand_as_asked_for_beside_names_and_notes() -> None:
    view = wanted("Memory, waiting P99,over_empty,CPU-task,95%,memory")
    assert titles(matrix(), view) == [
        *("strategy", "memory", "waiting p99", "over empty", "CPU/task", "\u00b1", "notes")
    ]
    assert titles(matrix(), wanted(["batch", "rank"])) == ["rank", "strategy", "batch", "notes"]


def test_of_columns_asked_for_the_last_goes_first() -> None:
    view = wanted("p99,tasks/s,one-shot,speed-up,batch")
    assert titles(matrix(), view, 60) == ["strategy", "p99", "tasks/s", "one-shot", "notes"]
    assert "no room for batch, speed-up: " in shown(matrix(), view, 60)


def test_all_is_every_column_there_is() -> None:
    assert titles(matrix(), wanted("ALL"), 300) == [column.title for column in tables.COLUMNS]


@pytest.mark.parametrize("column", tables.COLUMNS, ids=lambda column: column.key)
def test_every_column_is_found_by_its_title_and_by_its_key(column: tables.Column) -> None:
    for word in (column.title, column.key, column.key.upper(), column.key.replace("-", " ")):
        assert tables.find(word) == column
    assert wanted(sort=f"-{column.key}").sort == column


def test_a_wrong_name_is_told_what_there_is_and_what_is_near() -> None:
    with pytest.raises(
        UnknownName, match=r"no column 'memroy': did you mean memory\? \(there .*all"
    ):
        wanted("batch,memroy")
    with pytest.raises(UnknownName, match=r"no column 'lag': did you mean .* rounds, notes\)"):
        wanted(sort="-lag")
    with pytest.raises(UnknownName, match=r"cannot group by 'second': did you mean seconds\?"):
        wanted(group_by="second", params=["seconds"])
    for nothing in ("", "batch,", "all,batch"):
        with pytest.raises(UnknownName):
            wanted(nothing)


def order(view: View, *blocks: Group) -> list[str]:
    return [entry.row.strategy for entry in (blocks or (block(),))[0].entries(view)]


def test_lines_are_sorted_by_a_column_and_from_the_highest_down_with_a_minus() -> None:
    by_memory = sorted(STRATEGIES, key=lambda name: STRATEGIES[name][2])
    assert order(wanted(sort="memory")) == by_memory
    assert order(wanted(sort="-memory")) == by_memory[::-1]
    assert order(wanted(sort="strategy")) == sorted(STRATEGIES)
    assert order(USUAL) == list(STRATEGIES)


def test_cells_without_a_value_stay_last_whichever_way_it_is_sorted() -> None:
    without = ["threading", "multiprocessing", "sequential"]
    assert order(wanted(sort="max-lag"))[3:] == order(wanted(sort="-max-lag"))[3:] == without
    group = block()
    failed = replace(group.rows[0], status="failed", reason="crashed", batch_seconds=None)
    group = replace(group, rows=(failed, *group.rows[1:]))
    assert order(wanted(sort="-memory"), group)[-1] == failed.strategy


def test_sorting_changes_neither_verdict_nor_whose_note_it_is() -> None:
    out = shown(matrix(), wanted(sort="-batch"))
    assert "io_sleep: asyncio is fastest, 15.5x [15.2, 15.8] sequential" in out
    noted = [line for line in out.splitlines() if line.rstrip().endswith(" a")]
    assert [line.split()[1] for line in noted] == ["asyncio"] * 3


def test_notes_are_lettered_in_the_order_of_the_lines() -> None:
    rows = [replace(one, notes=(own(f"note {one.strategy}"),)) for one in block().rows]
    group = replace(block(), rows=tuple(rows))
    lines = group.entries(wanted(sort="-batch"))
    assert [line.marks for line in lines] == list("abcdef")
    assert tables.notes(lines)[0].text == "note sequential"


def wide(seconds: float, low: float, high: float, rounds: int) -> str:
    one = replace(block().rows[0], batch_seconds=seconds, batch_low=low, batch_high=high)
    entry = tables.Entry(replace(one, rounds=rounds), "x")
    column = tables.find("interval")
    assert column is not None
    return column.text(entry)


@pytest.mark.parametrize(
    ("seconds", "by", "rounds", "text"),
    [
        (0.05, 1.02, 2, "2.0%"),
        (0.05, 1.49, 8, "49%"),
        (0.05, 1.6, 8, "31 to 80 ms"),
        (0.5, 2.5, 8, "200 ms to 1.2 s"),
        (0.05, 1600.0, 2, "too few rounds"),
    ],
)
def test_a_wide_interval_is_shown_by_its_bounds_and_not_as_a_percentage(
    seconds: float, by: float, rounds: int, text: str
) -> None:
    """Of two rounds it once was 163,102 %."""
    assert wide(seconds, seconds / by, seconds * by, rounds) == text


def test_its_heading_is_plain_where_a_terminal_has_no_such_sign() -> None:
    assert " +- " in shown(matrix()) and "\\xb1" not in shown(matrix())
    assert " \u00b1 " in shown(matrix(), encoding="utf-8")


def standing(low: int, high: int, *, tied: bool = False) -> Group:
    first, *others = block().rows
    one = Standing(low, high, frozenset(), frozenset(), tied)
    return replace(block(), rows=(replace(first, standing=one), *others))


def test_a_rank_that_is_not_certain_is_shown_from_its_least_to_its_most() -> None:
    for group, text, legend in (
        (standing(1, 1), "1", ""),
        (standing(2, 4), "2-4", "ranks: 2-4 means one of these, not yet certain"),
        (standing(1, 2, tied=True), "1=", "ranks: 1= means equal within 5 %"),
    ):
        assert tables.rank(group.rows[0]) == text
        assert tables.legend([group]) == legend
        out = shown([group])
        assert f" {text} asyncio " in out
        assert legend in out if legend else "ranks:" not in out
    both = [standing(2, 4), standing(1, 2, tied=True)]
    assert (
        tables.legend(both)
        == "ranks: 2-4 means one of these, not yet certain; 1= means equal within 5 %"
    )
    assert "ranks:" not in shown([standing(2, 4)], wanted("batch"))


def test_of_very_many_tables_a_terminal_shows_the_first_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(summary, "MOST_TABLES", 2)
    own = {"user": 0.1, "system": 0.1, "median": 0.3, "times": [0.3, 0.4]}
    results = [{"command": f"sleep {n}", **own} for n in range(5)]
    (tmp_path / "other.json").write_text(json.dumps({"results": results}))
    out = io.StringIO()
    summary.show(reports.read(tmp_path / "other.json"), Console(file=out, width=100))
    assert "sleep 1" in out.getvalue()
    assert "sleep 2" not in out.getvalue()
    assert "and 3 more tables: concbench export --to md has them all" in out.getvalue()
