"""Neighbours that take the CPUs of this machine while something else is measured."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def beside(count: int, pauses: bool = False) -> Iterator[None]:
    """With so many busy loops, each of which pauses or does not."""
    others = [
        multiprocessing.Process(target=_busy, args=(seed, pauses), daemon=True)
        for seed in range(count)
    ]
    for one in others:
        one.start()
    try:
        yield
    finally:
        for one in others:
            one.kill()
            one.join()


def _busy(seed: int, pauses: bool) -> None:
    """Take a CPU for 0.2 to 0.8 s at a time, with pauses of 0.7 s on average, or for ever."""
    draw, parent = random.Random(seed), os.getppid()
    while os.getppid() == parent:
        end = time.perf_counter() + draw.uniform(0.2, 0.8)
        while time.perf_counter() < end:
            pass
        if pauses:
            time.sleep(draw.expovariate(1 / 0.7))
