"""What a table says of work whose shape misleads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from concbench import reports
from concbench.reports.analysis import cells, explanations
from concbench.reports.run.notes import Note

from ..reports.made import Made, folder, sequential, texts
from ..reports.made_probes import lag

TWO = [{"round": n, "cpus": 2, "delivered": 1.95} for n in range(4)]


def rows(path: Path, made: list[Made]) -> dict[str, Any]:
    found = cells.rows(reports.read(folder(path, made, canary=TWO)))
    return {row.strategy: row for row in found}


def notes(path: Path, made: list[Made], strategy: str) -> tuple[str, ...]:
    return texts(rows(path, made)[strategy])


def asyncio(**more: Any) -> Made:
    return Made("asyncio", more.pop("seconds", [0.64, 0.641, 0.64]), form="async", **more)


WAITING = sequential([0.64, 0.641, 0.642], own_cpu=0.002)
ALONE = "waits for one task at a time"


def test_a_coroutine_that_blocks_is_told_without_a_probe(tmp_path):
    assert notes(tmp_path, [WAITING, asyncio(cpu=0.003)], "asyncio") == (ALONE,)


def test_and_with_one_it_is_told_by_how_long(tmp_path):
    made = [WAITING, asyncio(cpu=0.003, probe={"lag": lag([0.001, 0.4])})]
    assert notes(tmp_path, made, "asyncio") == ("blocked the event loop for up to 400 ms",)


@pytest.mark.parametrize(
    "cell",
    [
        asyncio(cpu=0.003, seconds=[0.05, 0.051, 0.05]),
        asyncio(cpu=0.6),
        asyncio(cpu=None),
        asyncio(cpu=0.003, workers=1),
    ],
    ids=["overlaps", "computes", "unknown", "one worker"],
)
def test_no_other_coroutine_is_said_to_block(tmp_path, cell):
    assert ALONE not in notes(tmp_path, [WAITING, cell], "asyncio")


def short(strategy: str, seconds: list[float], **more: Any) -> Made:
    return Made(strategy, seconds, tasks=64, **more)


SHORT = sequential([0.00166, 0.00167, 0.00166], own_cpu=0.00166)


def test_tasks_that_are_shorter_than_handing_them_out_are_for_a_plain_loop(tmp_path):
    blocking = short("asyncio", [0.0017, 0.00171, 0.0017], notes="blocks the loop")
    blocking.probe = {"lag": lag([0.001, 0.1])}
    made = [SHORT, short("threading", [0.003, 0.0031, 0.003]), blocking]
    found = rows(tmp_path, made)
    assert texts(found["threading"]) == ("tasks of 26.0 us",)
    assert all(note.code != "late-loop" for row in found.values() for note in row.notes)
    (note,) = found["threading"].notes
    assert "a plain loop, or chunk=" in note.sentence
    assert texts(found["sequential"]) == ()


def test_threads_that_are_faster_are_told_nothing_of_short_tasks(tmp_path):
    made = [SHORT, short("threading", [0.001, 0.001, 0.0011])]
    assert notes(tmp_path, made, "threading") == ()


def test_a_reference_that_uses_several_cpus_is_told_with_the_way_to_one(tmp_path):
    made = [sequential([0.1, 0.101, 0.1], own_cpu=0.19), Made("threading", [0.1, 0.1, 0.11])]
    found = rows(tmp_path, made)
    assert "a task uses 1.9 CPUs by itself" in texts(found["sequential"])
    (note,) = (one for one in found["sequential"].notes if one.code == "several-cpus")
    assert "--side env:OMP_NUM_THREADS=1" in note.sentence


@pytest.mark.parametrize("own", [0.05, 0.1, 0.119])
def test_a_reference_that_uses_one_is_told_nothing(tmp_path, own):
    made = [sequential([0.1, 0.101, 0.1], own_cpu=own), Made("threading", [0.05, 0.05, 0.051])]
    assert not any("CPUs by itself" in one for one in notes(tmp_path, made, "sequential"))


def with_notes(*each: tuple[Note, ...]) -> list[Any]:
    made = Made("x")
    row = cells.planned(_planned(made), ())
    return [cells.replace(row, notes=notes) for notes in each]


def _planned(made: Made) -> Any:
    from concbench.reports.run.schema import Planned, Plugin

    plugin = Plugin(made.strategy, {})
    return Planned(0, "x", Plugin("w", {}), plugin, 64, 16, 0, "measured")


def test_notes_that_differ_by_a_number_are_one_and_the_number_is_in_the_cell():
    late = [Note("late-loop", {"seconds": seconds}) for seconds in (0.162, 0.08)]
    some = with_notes((late[0], Note("gil-on")), (late[1],), (Note("gil-on"),))
    first, second = explanations.footnotes(some)
    assert (first.mark, first.code) == ("a", "late-loop") and first.several
    assert "162" not in first.full
    assert [explanations.marks(row, [first, second]) for row in some] == [
        "a (162 ms) b",
        "a (80.0 ms)",
        "b",
    ]


def test_notes_with_one_number_keep_it_in_their_sentence():
    some = with_notes(*[(Note("late-loop", {"seconds": 0.162}),)] * 2)
    (only,) = explanations.footnotes(some)
    assert only.text == "blocked the event loop for up to 162 ms"
    assert only.full.endswith(": move it to threads or processes [late-loop]")
    assert {explanations.marks(row, [only]) for row in some} == {"a"}
