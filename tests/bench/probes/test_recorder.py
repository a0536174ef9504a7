"""What is noted of each task, and tasks that note when they are taken."""

from __future__ import annotations

import pickle
import sys
import threading

import pytest

from concbench.probes.recorder import Recorder, Submitted, Tasks, clock


def taken(tasks: int, take) -> list[int]:
    """The times at which `take` took each task, 0 for none."""
    submitted = Submitted()
    take(Tasks(range(tasks), submitted))
    return list(submitted.times(tasks))


@pytest.mark.parametrize(
    "use",
    [
        list,
        len,
        bool,
        repr,
        hash,
        sorted,
        lambda tasks: tasks[3],
        lambda tasks: tasks[-1],
        lambda tasks: list(tasks[2:9:3]),
        lambda tasks: list(tasks[::-1][1:4]),
        lambda tasks: list(reversed(tasks)),
        lambda tasks: (tasks.start, tasks.stop, tasks.step),
        lambda tasks: (3 in tasks, 10 in tasks, tasks.index(4), tasks.count(5)),
        lambda tasks: tasks == range(10),
        lambda tasks: pickle.loads(pickle.dumps(tasks)),
        lambda tasks: pickle.loads(pickle.dumps(tasks[3:7])),
    ],
)
def test_tasks_are_used_as_the_range_they_stand_for(use):
    assert use(Tasks(range(10), Submitted())) == use(range(10))


def test_tasks_beyond_the_end_are_an_error():
    with pytest.raises(IndexError):
        Tasks(range(3), Submitted())[3]


@pytest.mark.parametrize(
    ("take", "those"),
    [
        (list, range(10)),
        (lambda tasks: [next(iter(tasks))], [0]),
        (lambda tasks: tasks[7], [7]),
        (lambda tasks: list(tasks[4:6]), [4, 5]),
        (lambda tasks: pickle.dumps(tasks[8:]), [8, 9]),
        (len, []),
        (lambda tasks: tasks[2:5], []),
    ],
)
def test_a_task_is_submitted_when_it_is_taken_however_that_is_done(take, those):
    assert [i for i, at in enumerate(taken(10, take)) if at] == list(those)


def test_each_task_has_a_time_of_its_own_in_the_order_of_taking():
    times = taken(100, list)
    assert times == sorted(times)
    assert len(set(times)) > 50
    backwards = taken(100, lambda tasks: list(reversed(tasks)))
    assert backwards == sorted(backwards, reverse=True)


def test_a_task_taken_twice_was_submitted_the_first_time():
    submitted = Submitted()
    tasks = Tasks(range(5), submitted)
    list(tasks)
    between = clock()
    list(tasks)
    assert all(0 < at <= between for at in submitted.times(5))


def test_threads_may_share_one_iterator():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        share_one_iterator()
    finally:
        sys.setswitchinterval(before)


def share_one_iterator():
    submitted, found, barrier = Submitted(), [], threading.Barrier(4)
    numbers = iter(Tasks(range(100_000), submitted))

    def take():
        barrier.wait()
        found.extend(numbers)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(100_000))
    assert all(submitted.times(100_000))


def test_a_recorder_notes_start_and_end_of_each_task():
    recorder = Recorder()
    call = recorder.blocking(lambda i: clock())
    before, inside, after = clock(), [call(i) for i in (5, 3)], clock()
    noted = list(recorder.recording()["times"])
    assert noted[::3] == [5, 3]
    moments = [before, noted[1], inside[0], noted[2], noted[4], inside[1], noted[5], after]
    assert moments == sorted(moments)


def test_a_recorder_crosses_to_other_processes_by_its_name():
    assert pickle.loads(pickle.dumps(Recorder)) is Recorder
