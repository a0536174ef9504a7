from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from concbench import reports
from concbench.reports.analysis import cells

from ..made import Made, folder, sequential, texts
from ..made_probes import in_flight, lag

COMPUTING = sequential([0.1, 0.101, 0.1, 0.102], own_cpu=0.098, gil=True)
TWO = [{"round": n, "cpus": 2, "delivered": 1.95} for n in range(4)]


def notes(path: Path, made: list[Made], **facts: Any) -> tuple[str, ...]:
    """Those of the cell that is not the reference."""
    facts.setdefault("canary", TWO)
    found = cells.rows(reports.read(folder(path, made, **facts)))
    return next(texts(row) for row in found if not row.reference)


def probed(concurrency: dict[str, Any], tasks: int = 64, **more: Any) -> Made:
    probe = {"tasks": tasks, "concurrency": concurrency}
    return Made("x", [0.64, 0.641], tasks=tasks, probe=probe, **more)


def test_a_blocked_loop_is_said_with_how_long_it_stood_still(tmp_path: Path) -> None:
    probe = {"lag": lag([0.001, 0.233])}
    cell = Made("asyncio", [0.25, 0.26], notes="blocks the loop | other", probe=probe)
    assert notes(tmp_path, [sequential([0.64] * 2), cell]) == (
        "blocked the event loop for up to 233 ms",
        "other",
    )


def test_a_loop_that_nobody_watched_is_said_to_be_blocked_as_before(tmp_path: Path) -> None:
    cell = Made("asyncio", [0.25, 0.26], notes="blocks the loop")
    assert notes(tmp_path, [sequential([0.64] * 2), cell]) == ("blocks the event loop",)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.049, ()), (0.05, ("blocked the event loop for up to 50.0 ms",))]
)
def test_an_async_form_that_computes_for_long_blocks_the_loop_too(
    tmp_path: Path, seconds: float, said: tuple[str, ...]
) -> None:
    cell = Made("asyncio", [0.1, 0.11], form="async", probe={"lag": lag([0.001, seconds])})
    assert notes(tmp_path, [sequential([0.64] * 2), cell]) == said


def test_threads_that_make_a_loop_late_do_not_block_it(tmp_path: Path) -> None:
    cell = Made("asyncio+to_thread", [0.2, 0.21], probe={"lag": lag([0.001, 0.08])})
    assert notes(tmp_path, [sequential([0.64] * 2), cell]) == ()


GIL = "threads cannot help"


def threads(**more: Any) -> Made:
    known = {"workers": 2, "own_cpu": 0.1, "gil": True, **more}
    return Made("threading", known.pop("seconds", [0.099, 0.1, 0.1, 0.101]), **known)


def test_threads_that_compute_under_the_gil_are_told(tmp_path: Path) -> None:
    assert notes(tmp_path, [COMPUTING, threads()]) == (GIL,)


def test_of_a_process_that_does_not_tell_the_gil_is_the_interpreters(tmp_path: Path) -> None:
    made = [COMPUTING, threads(gil=None)]
    assert notes(tmp_path / "on", made) == (GIL,)
    assert notes(tmp_path / "off", made, environment={"gil": False, "cpus": 2}) == ()
    assert notes(tmp_path / "unknown", made, environment={"cpus": 2}) == ()


@pytest.mark.parametrize(
    "cell",
    [
        threads(gil=False),
        threads(workers=1),
        threads(form="async"),
        threads(in_process=False),
        threads(notes="blocks the loop"),
        threads(notes="own GIL per lane"),
        threads(notes="all in one thread"),
        threads(seconds=[0.06, 0.061, 0.06, 0.06]),
        threads(seconds=[0.1, 0.07, 0.12, 0.09]),
    ],
    ids=[
        "off",
        "one worker",
        "async",
        "processes",
        "loop",
        "interpreters",
        "greenlets",
        "they help",
        "they may help",
    ],
)
def test_nothing_else_is_blamed_on_the_gil(tmp_path: Path, cell: Made) -> None:
    assert GIL not in notes(tmp_path, [COMPUTING, cell])


def free(cpu: float, **more: Any) -> Made:
    return threads(gil=False, gil_first=False, cpu=cpu, **more)


@pytest.mark.parametrize(("cpu", "used"), [(0.1, "1 CPU"), (0.17, "1.7 CPUs")])
def test_threads_that_gain_nothing_without_a_gil_contend(
    tmp_path: Path, cpu: float, used: str
) -> None:
    (said,) = notes(tmp_path, [COMPUTING, free(cpu)])
    assert said == f"no gain without the GIL, {used} used"


@pytest.mark.parametrize(
    "cell",
    [free(0.1, seconds=[0.06, 0.061, 0.06, 0.06]), free(0.1, seconds=[0.1, 0.07, 0.12, 0.09])],
)
def test_of_other_threads_without_a_gil_that_alone_is_said(tmp_path: Path, cell: Made) -> None:
    assert notes(tmp_path, [COMPUTING, cell]) == ("GIL off",)


def test_without_a_second_cpu_nobody_contends(tmp_path: Path) -> None:
    one = [{**canary, "delivered": 1.02} for canary in TWO]
    assert notes(tmp_path, [COMPUTING, free(0.1)], canary=one) == ("GIL off",)


def test_what_turned_the_gil_on_is_named_where_it_is_known(tmp_path: Path) -> None:
    on = {"gil": True, "gil_first": False, "workers": 1}
    stored = json.dumps([{"code": "gil-turned-on-by", "module": "fast"}])
    made = [COMPUTING, threads(**on), threads(**on, notes=stored)]
    assert notes(tmp_path / "a", made[:2]) == ("an import turned the GIL on",)
    assert notes(tmp_path / "b", [COMPUTING, made[2]]) == ("fast turned the GIL on",)


def test_where_the_reference_waits_the_gil_is_not_to_blame(tmp_path: Path) -> None:
    waiting = sequential([0.1, 0.101, 0.1, 0.102], own_cpu=0.07)
    assert notes(tmp_path, [waiting, threads()]) == ()


def test_without_a_second_cpu_the_gil_is_not_to_blame(tmp_path: Path) -> None:
    one = [{**canary, "delivered": 1.02} for canary in TWO]
    assert notes(tmp_path, [COMPUTING, threads()], canary=one) == ()


def test_without_a_reference_nobody_knows_what_threads_could_do(tmp_path: Path) -> None:
    assert notes(tmp_path, [threads()]) == ()


def test_an_import_that_turns_the_gil_on_is_said(tmp_path: Path) -> None:
    about = {"gil": False, "cpus": 2}
    found = notes(tmp_path, [COMPUTING, threads()], environment=about)
    assert found == ("an import turned the GIL on", GIL)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (probed(in_flight(6.02, 6, lanes=6)), "6 of 16 workers busy, as only 6 got tasks"),
        (
            probed(in_flight(4, 4, 16, 4)),
            "4 of 16 workers busy, as the workload allows 4 at a time",
        ),
        (probed(in_flight(8, 8, lanes=8), tasks=8), "8 of 16 workers busy, with only 8 tasks"),
        (probed(in_flight(1, 1), tasks=1), "1 of 16 workers busy, with only 1 task"),
        (probed(in_flight(4, 4, 6, 4)), "4 of 16 workers busy, as the workload allows 4 at a time"),
        (probed(in_flight(12.4, 16, lanes=16)), "12 of 16 workers busy on average"),
        (probed(in_flight(3.26, 9)), "3.3 of 16 workers busy on average"),
        (probed(in_flight(1.7, 2, lanes=2), workers=2), "1.7 of 2 workers busy on average"),
        (probed(in_flight(16, 16, lanes=16, declared=64)), ""),
        (probed(in_flight(14.4, 16, lanes=16)), ""),
        (probed(in_flight(40, 64)), ""),
        (probed(in_flight(0.9, 1), workers=1), ""),
    ],
)
def test_fewer_in_flight_than_workers_is_said_with_its_cause(
    tmp_path: Path, cell: Made, said: str
) -> None:
    assert notes(tmp_path, [sequential([0.64] * 2), cell]) == ((said,) if said else ())


def test_tasks_that_block_the_loop_run_alone_for_that(tmp_path: Path) -> None:
    cell = probed(in_flight(1, 1), notes="blocks the loop")
    said = ("blocks the event loop", "1 of 16 workers busy, as each task blocks the loop")
    assert notes(tmp_path, [sequential([0.64] * 2), cell]) == said


@pytest.mark.parametrize("tasks", [16, 31])
def test_a_short_batch_that_had_all_in_flight_once_is_no_complaint(
    tmp_path: Path, tasks: int
) -> None:
    cell = probed(in_flight(9.0, 16, lanes=16), tasks=tasks)
    assert notes(tmp_path, [sequential([0.64] * 2), cell]) == ()


def test_a_pass_of_fewer_tasks_than_the_cell_has_is_no_complaint(tmp_path: Path) -> None:
    cell = probed(in_flight(8.0, 8, lanes=8))
    assert cell.probe is not None
    cell.probe["tasks"] = 8
    assert notes(tmp_path, [sequential([0.64] * 2), cell]) == ()


def test_what_is_left_behind_is_said(tmp_path: Path) -> None:
    cell = Made("x", [0.05, 0.051], probe={"left": ["1 thread: Thread-3 (work)", "2 files: a, b"]})
    found = notes(tmp_path / "some", [sequential([0.64] * 2), cell])
    assert found == ("left behind: 1 thread: Thread-3 (work); 2 files: a, b",)
    cell.probe = {"left": [f"file {n}" for n in range(5)]}
    found = notes(tmp_path / "many", [sequential([0.64] * 2), cell])
    assert found == ("left behind: file 0; file 1; file 2; and 2 more",)
    cell.probe = {"left": []}
    assert notes(tmp_path / "none", [sequential([0.64] * 2), cell]) == ()


def test_rounds_with_low_cpu_are_counted_among_those_that_the_cell_ran_in(tmp_path: Path) -> None:
    canary = [{**one, "low": one["round"] in (1, 3)} for one in TWO]
    made = [sequential([0.64] * 4), Made("x", [0.05, 0.051, 0.05])]
    assert notes(tmp_path, made, canary=canary) == ("1 of 3 rounds got too little CPU",)


def test_a_round_that_was_measured_again_is_no_note(tmp_path: Path) -> None:
    canary = [{**one, "low": True, "replaced": True} for one in TWO[:1]] + TWO[1:]
    made = [sequential([0.64] * 4), Made("x", [0.05, 0.051, 0.05, 0.05])]
    assert notes(tmp_path, made, canary=canary) == ()


@pytest.mark.parametrize(("asked", "said"), [(16, ("64 in flight, not 16",)), (64, ())])
def test_tasks_in_flight_that_are_not_the_workers_asked_for_are_said(
    tmp_path: Path, asked: int, said: tuple[str, ...]
) -> None:
    cell = Made("asyncio", [0.02, 0.021], workers=64, strategy_params={"workers": asked})
    assert notes(tmp_path, [sequential([0.64] * 2), cell]) == said
