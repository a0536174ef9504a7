"""From settings to cells, and what is said of bad ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_start_method
from pathlib import Path

import pytest

from concbench.errors import NothingSelected, UsageError
from concbench.machine.identity import cpus
from concbench.plan.cells import plan
from concbench.plan.settings import resolve

THIRD = Path(__file__).parents[2] / "third_party.py"


def planned(**given):
    return plan(resolve(given))


def labels(**given):
    return [p.cell.strategy.label for p in planned(**given)]


def test_the_default_is_three_workloads_under_six_strategies():
    cells = planned()
    assert len(cells) == 18
    assert [p.id for p in cells] == list(range(18))
    assert [p.block for p in cells] == [0] * 6 + [1] * 6 + [2] * 6
    assert [p.cell.strategy.name for p in cells if p.reference] == ["sequential"] * 3
    assert {(p.cell.workload.name, p.cell.tasks) for p in cells} == {
        ("io_sleep", 64), ("http_get", 64), ("cpu_sum", 16),
    }  # fmt: skip


def test_workers_are_the_workloads_own_unless_given():
    workers = {p.cell.workload.name: p.workers for p in planned(strategy=("threading",))}
    assert workers == {"io_sleep": 16, "http_get": 16, "cpu_sum": cpus()}
    assert {p.workers for p in planned(strategy=("threading",), workers=5)} == {5}


def test_sequential_has_one_worker_whatever_is_asked():
    cells = planned(strategy=("sequential", "threading"), workers=4)
    assert {(p.cell.strategy.name, p.workers) for p in cells} == {
        ("sequential", 1), ("threading", 4),
    }  # fmt: skip


def test_brackets_fix_a_parameter_that_an_axis_would_sweep():
    found = labels(
        workload=("io_sleep",),
        strategy=("threading[workers=2]", "asyncio"),
        param=("workers=4,8",),
    )
    assert found == ["threading[workers=2]", "asyncio[workers=4]", "asyncio[workers=8]"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("workers=1,2,4", [1, 2, 4]),
        ("workers=1:64:x2", [1, 2, 4, 8, 16, 32, 64]),
        ("workers=2:9:3", [2, 5, 8]),
        ("workers=1,4:16:x4", [1, 4, 16]),
    ],
)
def test_an_axis_makes_a_cell_of_each_value(text, values):
    cells = planned(workload=("io_sleep",), strategy=("asyncio",), param=(text,))
    assert [p.workers for p in cells] == values


def test_every_number_of_tasks_is_a_block_with_its_own_reference():
    cells = planned(
        workload=("io_sleep",), strategy=("sequential", "asyncio"), param=("tasks=8,16",)
    )
    assert [(p.cell.tasks, p.block, p.reference) for p in cells] == [
        (8, 0, True), (8, 0, False), (16, 1, True), (16, 1, False),
    ]  # fmt: skip


def test_the_start_method_applies_where_it_exists_and_is_part_of_the_name():
    assert labels(workload=("cpu_sum",), start="spawn", workers=2)[2] == (
        "multiprocessing[workers=2,start=spawn,chunk=1]"
    )


def test_only_star_and_question_mark_are_wildcards():
    assert labels(workload=("io_sleep",), strategy=("asyncio+t*", "!*safe")) == [
        "asyncio+to_thread[workers=16]",
    ]
    assert len(planned(workload=("?o_sleep",), strategy=("sequential",))) == 1


def test_exclusions_alone_are_taken_from_the_defaults():
    assert len(planned(workload=("!http_get",), strategy=("!asyncio*",))) == 6


def test_a_cell_that_cannot_run_says_why():
    cells = planned(workload=(f"{THIRD}:Needy",), strategy=("sequential",))
    assert cells[0].reason == "needs a quantum computer"


def test_a_function_is_a_workload_with_its_keywords_as_parameters():
    (cell,) = planned(workload=(f"{THIRD}:square[plus=3]",), strategy=("sequential",))
    assert cell.cell.workload.label == "square[plus=3]"


def test_the_same_cell_is_planned_once():
    assert len(planned(workload=("io_sleep", "io_*"), strategy=("asyncio", "asyncio"))) == 1


def test_an_implied_parameter_is_part_of_the_name_only_where_it_is_another():
    assert labels(workload=("io_sleep",)) == [
        "sequential",
        "threading[workers=16]",
        f"multiprocessing[workers=16,start={get_start_method()},chunk=1]",
        "asyncio[workers=16]",
        "asyncio+to_thread[workers=16]",
        f"asyncio+processpool[workers=16,start={get_start_method()}]",
    ]
    asked = ("asyncio[dispatch=takers,eager=false]", "asyncio[dispatch=queue]", "asyncio")
    assert labels(workload=("io_sleep",), strategy=asked) == [
        "asyncio[workers=16]",
        "asyncio[workers=16,dispatch=queue]",
    ]
    cells = planned(workload=("io_sleep",), strategy=asked)
    assert [p.cell.strategy.unusual for p in cells] == [[], ["dispatch"]]


@pytest.mark.parametrize(
    ("strategy", "in_flight"),
    [
        ("asyncio", 16),
        ("asyncio[dispatch=gather]", 40),
        ("asyncio[dispatch=taskgroup]", 40),
        ("asyncio[dispatch=as_completed]", 40),
        ("asyncio[dispatch=wait]", 16),
        ("asyncio[dispatch=semaphore]", 16),
        ("asyncio[dispatch=queue]", 16),
        ("threading[pool=thread-per-task]", 40),
        ("asyncio+to_thread[executor=default]", min(16, ThreadPoolExecutor()._max_workers)),
        ("asyncio+to_thread[executor=default,workers=2]", 2),
        ("asyncio+threadsafe", 16),
    ],
)
def test_a_strategy_says_how_many_tasks_it_has_in_flight(strategy, in_flight):
    (cell,) = planned(workload=("io_sleep",), strategy=(strategy,), tasks=40)
    assert cell.workers == in_flight


@pytest.mark.parametrize("answer", [0, -1, 2.5, None, True, "many"])
def test_tasks_in_flight_that_are_no_number_are_named(tmp_path, answer):
    file = tmp_path / "odd.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "@dataclass(frozen=True)\nclass Odd:\n"
        f"    def in_flight(self, tasks):\n        return {answer!r}\n"
    )
    with pytest.raises(UsageError, match=r"in_flight\(\) must give a whole number .* not "):
        planned(workload=("io_sleep",), strategy=(f"{file}:Odd",))


BAD = [
    ({"workload": ("io_slep",)}, "no workload 'io_slep': did you mean io_sleep?"),
    ({"strategy": ("treading",)}, "no strategy 'treading': did you mean threading?"),
    ({"workload": ("io_sleep[secs=1]",)}, r"io_sleep has no parameter 'secs' \(it has: seconds\)"),
    ({"workload": ("io_sleep[seconds=x]",)}, "io_sleep: 'seconds' must be a number, not 'x'"),
    ({"workload": ("io_sleep[seconds=-1]",)}, "io_sleep: seconds must be between 0 and 3600"),
    ({"workload": ("io_sleep[seconds",)}, "cannot read 'io_sleep"),
    ({"workload": ("!io_slep",)}, "'!io_slep' excludes nothing: did you mean io_sleep?"),
    (
        {"reference": "sequental"},
        "no strategy 'sequental' for --reference: did you mean sequ",
    ),
    ({"param": ("sise=3",)}, "nothing selected has a parameter 'sise': did you mean size?"),
    ({"param": ("size",)}, "cannot read parameter 'size'"),
    ({"param": ("size=1", "size=2")}, "parameter 'size' is given twice"),
    ({"param": ("size=1:8:x1",)}, "never ends"),
    ({"param": ("size=9:8:x2",)}, "is empty"),
    ({"param": ("size=1:9000:1",)}, "more than 1000 values"),
    ({"param": ("workers=0",)}, "'workers' must be between 1 and 100,000, not 0"),
    ({"param": ("tasks=0",)}, "'tasks' must be between 1 and 10,000,000, not 0"),
    ({"param": ("tasks=99999999",)}, "'tasks' must be between"),
    ({"strategy": ("multiprocessing[start=spoon]",)}, "start must be one of .*not 'spoon'"),
    ({"strategy": ("multiprocessing[chunk=0]",)}, "chunk must be 1 or more"),
    (
        {"strategy": ("asyncio[dispatch=gathr]",)},
        "dispatch must be one of takers, gather, .*'gathr'",
    ),
    ({"strategy": ("asyncio[loop=twisted]",)}, "loop must be one of asyncio, uvloop, winloop"),
    ({"strategy": ("asyncio[eager=1]",)}, "'eager' must be true or false, not '1'"),
    ({"strategy": ("asyncio+to_thread[executor=x]",)}, "executor must be one of sized, default"),
    (
        {"strategy": ("threading[pool=x]",)},
        "pool must be one of executor, thread-per-task, not 'x'",
    ),
    ({"strategy": ("multiprocessing[pool=x]",)}, "pool must be one of executor, Pool.map, "),
    (
        {"strategy": ("multiprocessing[pool=Pool.map,max_tasks_per_child=0]",)},
        "max_tasks_per_child must be 1 or more, not 0",
    ),
    (
        {"strategy": ("multiprocessing[max_tasks_per_child=3]",)},
        "wait for ever: give pool=Pool.map",
    ),
    ({"workload": (f"{THIRD}:Plain",)}, "neither a function nor a dataclass but the class Plain"),
    ({"workload": (f"{THIRD}:number",)}, "neither a function nor a dataclass but of type int"),
    ({"workload": (f"{THIRD}:sqare",)}, "has no 'sqare': did you mean square?"),
    ({"workload": ("missing.py:f",)}, "there is no file .*missing.py"),
    ({"workload": ("no_such_module:f",)}, "does not import: ModuleNotFoundError"),
]


@pytest.mark.parametrize(("given", "message"), BAD)
def test_a_mistake_is_named_with_the_choices(given, message):
    with pytest.raises(UsageError, match=message):
        planned(**given)


def test_a_wildcard_that_matches_nothing_selects_nothing():
    with pytest.raises(NothingSelected, match=r"nothing matches 'zzz\*': there are .*io_sleep"):
        planned(workload=("zzz*",))


@pytest.mark.parametrize(
    ("text", "where"), [("1 / 0", "line 2"), ("def f(:", "line 2"), ("raise SystemExit", "line 2")]
)
def test_a_file_that_does_not_import_is_told_with_file_and_line(tmp_path, text, where):
    file = tmp_path / "bröken file.py"
    file.write_text(f"# first\n{text}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=rf"does not import: .*bröken file.py, {where}"):
        planned(workload=(f"{file}:f",))
