"""In a worker: waiting for its turn, outside the clock, while others of its round run theirs.

It waits when it has started, when its first batch is done, before each value, and before it closes.
The driver lets one worker of several go on at a time.  A worker that is ready writes READY to its
answers and sleeps in a system call until GO comes where its standard input was: it costs nothing,
has no thread, and ends when its driver is gone.

What it starts must not hold the two pipes open.  Programs do not inherit them; forked children do,
but nobody waits for the end of a pipe here: the driver sees a worker die by its process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from .variables import answers

READY = b"ready\n"
GO = b"g"
"""As far as where it waits next."""


def turn() -> Callable[[], None]:
    """What says that the worker is ready, and waits until it may go on.

    Standard input is empty from now on, as it is for workers that need not wait.
    """
    asked, answer = os.dup(0), answers()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def wait() -> None:
        answer.write(READY)
        answer.flush()
        if not os.read(asked, 1):
            sys.exit("the driver is gone")

    return wait
