"""Heartbeats of loops that are idle, frozen, blocked to the end, or cannot be watched."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from concbench.probes.heartbeat import INTERVAL, Heartbeats


def beats_of(main) -> list[tuple[float, float]]:
    """When beats were due and came, in seconds, while a coroutine ran."""
    hearts = Heartbeats()
    with asyncio.Runner() as loop, hearts.watching(loop.get_loop()):
        loop.run(main())
    numbers = [at / 1e9 for at in hearts.beats[0]]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


async def frozen(seconds=0.05):
    await asyncio.sleep(0.02)
    time.sleep(seconds)
    await asyncio.sleep(0.02)


async def blocked():
    time.sleep(0.05)


async def brief():
    pass


def test_a_loop_that_is_frozen_has_one_late_beat_of_that_length():
    lags = sorted((at - due for due, at in beats_of(frozen)), reverse=True)
    assert lags[0] >= 0.05 - INTERVAL - 0.001
    assert lags[1] < lags[0] / 2


def test_a_loop_that_is_blocked_to_its_end_has_one_late_beat():
    [(due, at)] = beats_of(blocked)
    assert at - due >= 0.05 - INTERVAL - 0.001


def test_a_beat_that_never_came_counts_until_the_loop_stopped():
    def block_and_stop():
        time.sleep(0.05)
        loop.stop()

    hearts = Heartbeats()
    with asyncio.Runner() as runner, hearts.watching(loop := runner.get_loop()):
        loop.call_soon(block_and_stop)
        loop.run_forever()
        beats = list(hearts.beats[0])
    assert len(beats) == 2
    assert beats[1] - beats[0] >= 47_000_000


def test_beats_are_due_one_interval_after_the_last():
    beats = beats_of(frozen)
    assert len(beats) > 5
    for (_, at), (due, _) in pairwise(beats):
        assert due - at == pytest.approx(INTERVAL, abs=0.002)


def test_a_loop_has_no_beat_while_it_does_not_run():
    hearts = Heartbeats()
    with asyncio.Runner() as loop, hearts.watching(loop.get_loop()):
        for _ in range(3):
            loop.run(brief())
            time.sleep(2 * INTERVAL)
    assert not hearts.beats[0]


def test_a_loop_beats_however_it_is_run():
    hearts = Heartbeats()
    with asyncio.Runner() as runner, hearts.watching(loop := runner.get_loop()):
        loop.run_until_complete(blocked())
        loop.call_later(0.01, loop.stop)
        loop.run_forever()
    assert len(hearts.beats[0]) >= 4


def test_a_watched_loop_is_as_before_afterwards():
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        before = dict(vars(loop))
        with Heartbeats().watching(loop):
            assert "run_forever" in vars(loop)
        assert vars(loop).keys() == before.keys()


def test_a_loop_that_cannot_be_watched_runs_and_is_named():
    class Rigid:
        __slots__ = ()

        def run_forever(self):
            pass

    hearts = Heartbeats()
    with hearts.watching(Rigid()):
        pass
    assert (hearts.unwatched, hearts.beats) == ([f"{Rigid.__qualname__}"], [])


def test_tasks_left_in_the_loop_are_named_and_those_about_to_end_are_not():
    hearts, kept = Heartbeats(), []

    async def refresh():
        await asyncio.sleep(3600)

    async def last_step():
        await asyncio.sleep(0)

    async def main():
        kept.extend(map(asyncio.create_task, (refresh(), last_step(), asyncio.sleep(3600))))
        kept[2].cancel()

    with asyncio.Runner() as loop, hearts.watching(loop.get_loop()):
        loop.run(main())
    assert hearts.left == ["refresh"]
