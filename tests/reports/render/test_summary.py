from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from rich.console import Console

from concbench import reports
from concbench.reports.render import summary

from ..made import Made, folder, sequential

BUILT_IN = (
    "threading",
    "multiprocessing",
    "asyncio",
    "asyncio+to_thread",
    "asyncio+processpool",
    "asyncio+run_in_executor",
)


def noisy(middle: float, noise: float = 0.02) -> list[float | None]:
    chance = random.Random(middle)
    return [middle * chance.lognormvariate(0, noise) for _ in range(6)]


def usual() -> list[Made]:
    return [
        sequential(noisy(0.64)),
        *(Made(name, noisy(0.04 + number / 1000)) for number, name in enumerate(BUILT_IN)),
    ]


def shown(
    path: Path, made: list[Made], width: int = 100, encoding: str = "utf-8", **facts: object
) -> str:
    stored = reports.read(folder(path, made, **facts))
    written = io.BytesIO()
    file = io.TextIOWrapper(written, encoding=encoding, write_through=True)
    summary.show(stored, Console(file=file, width=width))
    return written.getvalue().decode(encoding)


def heading(out: str) -> str:
    return next(line for line in out.splitlines() if line.startswith("rank"))


def test_all_columns_fit_100_with_the_longest_built_in_names(tmp_path: Path) -> None:
    out = shown(tmp_path, usual())
    assert max(map(len, out.splitlines())) <= 100
    assert "asyncio+run_in_executor " in out
    assert "hidden" not in out
    assert heading(out).split() == [
        *("rank", "strategy", "batch", "\u00b1", "speed-up"),
        *("tasks/s", "of", "limit", "start-up", "one-shot"),
    ]


def test_80_columns_hide_the_least_needed_and_say_so(tmp_path: Path) -> None:
    out = shown(tmp_path, usual(), width=80)
    assert max(map(len, out.splitlines())) <= 80
    assert heading(out).split()[:5] == ["rank", "strategy", "batch", "\u00b1", "speed-up"]
    assert "asyncio+run_in_executor " in out
    assert "no room for tasks/s" in out


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_width_is_exceeded_and_no_number_cut(tmp_path: Path, width: int) -> None:
    out = shown(tmp_path, usual(), width=width)
    assert max(map(len, out.splitlines())) <= width
    if width >= 60:
        assert sum(" ms " in line for line in out.splitlines() if "x [" in line) >= 6


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize(
    "name",
    ["[bold]loud[/bold]", "[/]", "a" * 200, "\N{SNAKE}" * 60, "a\nb\x1b[31m", "\ud800", ":smile:"],
)
def test_names_are_never_markup_and_break_nothing(
    tmp_path: Path, encoding: str, width: int, name: str
) -> None:
    made = [
        *usual(),
        Made(name, noisy(0.03), workload=name, block=1, notes=name),
        Made("x", status="failed", reason=name, workload=name, block=1),
    ]
    out = shown(tmp_path, made, width, encoding, warnings=[name])
    assert "\x1b" not in out
    if name.startswith(("[", ":")):
        assert name in out
    if name.startswith("a" * 200):
        assert max(map(len, out.splitlines())) <= width
        assert "asyncio+run_in_executor " in out


def test_what_was_not_measured_stands_below_with_its_reason(tmp_path: Path) -> None:
    reason = "wrong answer: " + "task 3 is 404, not 200; " * 8
    made = [*usual(), Made("uvloop", status="failed", reason=reason)]
    lines = shown(tmp_path, made).splitlines()
    place = next(number for number, line in enumerate(lines) if " uvloop " in line)
    assert lines[place].startswith("   - uvloop")
    assert "failed: wrong answer: task 3 is 404" in lines[place]
    assert " sequential " in lines[place - 1]


def test_notes_stand_as_letters_and_are_explained(tmp_path: Path) -> None:
    made = usual()
    made[3].notes = "blocks the loop | never seen before"
    made[4].notes = "never seen before"
    lines = shown(tmp_path, made).splitlines()
    assert next(line for line in lines if " asyncio " in line).rstrip().endswith(" a b")
    assert next(line for line in lines if " asyncio+to_thread " in line).rstrip().endswith(" b")
    assert any(line.startswith("  a  blocks the event loop: no async form") for line in lines)
    assert "  b  never seen before" in [line.rstrip() for line in lines]


def test_the_header_says_where_and_how(tmp_path: Path) -> None:
    canary = [{"round": n, "cpus": 2, "delivered": d} for n, d in enumerate([1.4, 1.95, 2.0])]
    out = shown(tmp_path, usual(), canary=canary, git={"revision": "1a2b3c4d", "dirty": True})
    assert "CPython 3.11.7, GIL on, 1.95 of 2 CPUs usable (1.40 to 2.00), start method fork" in out
    assert "run 0001-20261121T045000Z, 2026-11-21 04:50 UTC, 6 rounds, seed 123" in out
    assert "git 1a2b3c4d, with uncommitted changes" in out


def test_a_sparse_environment_is_shown_as_it_is(tmp_path: Path) -> None:
    out = shown(tmp_path, usual(), environment={}, canary=[])
    assert "GIL not recorded" in out


def test_the_title_says_what_was_done_and_the_limit(tmp_path: Path) -> None:
    out = shown(tmp_path, [sequential([0.64] * 6, own_cpu=0.0), Made("x", [0.05] * 6, own_cpu=0.0)])
    assert "io_sleep: 64 tasks x 10.0 ms, 16 in flight, limit 40.0 ms" in out


def test_without_a_reference_the_missing_limit_is_said(tmp_path: Path) -> None:
    assert "limit unknown (it needs a reference" in shown(tmp_path / "none", usual()[1:])
    failed = sequential([], status="failed", reason="KeyError: 'nobody'")
    out = shown(tmp_path / "failed", [failed, *usual()[1:]])
    assert "limit unknown (sequential was not measured)" in out


@pytest.mark.parametrize(
    ("state", "said"), [("interrupted", "interrupted: "), ("running", "not fin")]
)
def test_an_unfinished_run_shows_what_it_has_and_says_so(
    tmp_path: Path, state: str, said: str
) -> None:
    made = [sequential([0.64, 0.65]), Made("x", [0.05]), Made("y", status="pending")]
    out = shown(tmp_path, made, state=state, ended=None)
    assert said in out
    assert "pending" in out and "640 ms" not in out and "645 ms" in out


def test_a_run_of_nothing_is_shown(tmp_path: Path) -> None:
    out = shown(tmp_path, [Made("x", status="failed", reason="crashed")])
    assert "nothing was measured: 1 failed" in out


LONG = [
    Made("asyncio+to_thread", noisy(0.04), strategy_params={"workers": workers}, workers=workers)
    for workers in (1, 16, 64)
]


def test_a_table_of_failed_rows_has_room_for_their_names(tmp_path: Path) -> None:
    failed = [
        Made("asyncio+to_thread", status="failed", reason="boom", strategy_params={"workers": n})
        for n in (1, 16)
    ]
    lines = shown(tmp_path, failed).splitlines()
    assert any(
        line.split() == ["asyncio+to_thread[workers=16]", "failed:", "boom"] for line in lines
    )


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_name_folds_between_its_parts_and_not_in_brackets(tmp_path: Path, width: int) -> None:
    out = shown(tmp_path, [sequential(noisy(0.64)), *LONG], width=width)
    assert all(f"[workers={workers}]" in out for workers in (1, 16, 64))
