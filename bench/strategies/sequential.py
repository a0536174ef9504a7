"""One task after the other, in one thread: what the others are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.lanes.loops import Loop, is_in_loop


@dataclass(frozen=True)
class Sequential:
    """A plain loop: what the others are compared with."""

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        if lanes.awaits:  # in one running loop: starting it for each task would take 40 us
            running: AbstractContextManager[Loop] = (
                lanes.loop_thread() if is_in_loop() else lanes.runner()
            )
            with running as loop, lanes.coroutines(loop) as call:
                from concbench.lanes.dispatch import in_turn  # no part of other work's start-up

                yield lambda tasks: loop.run(in_turn(call, tasks))
        else:
            with lanes.blocking() as in_lane:
                yield lambda tasks: [in_lane(i) for i in tasks]
