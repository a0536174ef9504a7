"""What goes wrong: each is told by the sentence that it expects, under every strategy."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import random
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

taken = list(range(6))
numbers = itertools.count()
seen = []


def expects(words):
    """What is to be said of it."""

    def mark(shape):
        shape.expects = words
        return shape

    return mark


@expects("ValueError: bad input 2 (in task 2, lane")
def raises(i):
    if i == 2:
        raise ValueError(f"bad input {i}")
    return i


@expects("LookupError: nothing there (in task")
def raises_in_all(i):
    raise LookupError("nothing there")


@expects("OSError: first second (in task")
def lines_in_its_message(i):
    raise OSError("first\n   second")


class Unpicklable(Exception):
    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


@expects("Unpicklable: one and two (in task")
def raises_what_does_not_pickle(i):
    raise Unpicklable("one", "two")


@expects("ValueError: inner")
def raises_a_group(i):
    raise ExceptionGroup("several", [ValueError("inner"), KeyError("x")])


@expects("SystemExit: enough (in task")
def exits(i):
    sys.exit("enough")


@expects("crashed: exit code 7")
def ends_the_process(i):
    os._exit(7)


@expects("KeyboardInterrupt (in task")
def interrupts(i):
    raise KeyboardInterrupt


@expects("AssertionError: i is too big (in task")
def asserts(i):
    assert i < 0, "i is too big"


@expects("RecursionError: maximum recursion depth exceeded")
def recurses(i):
    return recurses(i)


@expects("ZeroDivisionError:")
def divides(i):
    return 1 // 0


@expects("MemoryError (in task")
def out_of_memory(i):
    raise MemoryError


@expects("OSError: [Errno 24] Too many open files (in task")
def out_of_files(i):
    raise OSError(errno.EMFILE, "Too many open files")


@expects("ModuleNotFoundError: No module named 'no_such_module_here' (in task")
def no_such_module(i):
    import no_such_module_here  # noqa: F401


@expects("task 0 ended without a result: it raised StopIteration")
def stops(i):
    return next(iter(()))


@expects("CancelledError (in task")
def cancels(i):
    raise asyncio.CancelledError


@expects("task 0 returned an object, which cannot be compared: return what it holds")
def gives_an_object(i):
    return object()


@expects("task 0 returned a function, which cannot be compared")
def gives_a_function(i):
    return lambda: i


@expects("task 0 returned a generator, which cannot be compared")
def gives_a_generator(i):
    return (n for n in range(i))


@expects("task 0 returned a lock, which cannot be compared")
def gives_a_lock(i):
    return threading.Lock()


@expects("task 0 returned a TextIOWrapper, which cannot be compared")
def gives_a_file(i):
    return sys.__stdout__


async def work():
    return 1


@expects("task 0 returned a coroutine that nobody awaited: an async call needs aopen")
def forgets_to_await(i):
    coroutine = work()
    coroutine.close()
    return coroutine


@expects("task 0 returned a list that holds itself")
def holds_itself(i):
    one = [i]
    one.append(one)
    return one


@expects("a later batch gave another answer than the first: task 0: the result is")
def random_(i):
    return random.random()


@expects("a later batch gave another answer than the first: task 0: the result is")
def clock(i):
    return time.perf_counter_ns()


@expects("a later batch gave another answer than the first: task 0: the result is")
def counts(i):
    return next(numbers)


@expects("a later batch gave another answer than the first: task 0: the result is")
def remembers(i):
    seen.append(i)
    return len(seen)


@expects("a later batch gave another answer than the first: task 0: [0]['a'] is")
def random_inside(i):
    return [{"a": random.random(), "b": i}]


@expects("a later batch gave another answer than the first: task 0: the result is list")
def changes_form(i):
    seen.append(i)
    return list(seen)


@expects("IndexError: pop from empty list")
def used_up(i):
    return taken.pop()


@expects("FileNotFoundError:")
def removes(i):
    path = Path(os.environ["TMPDIR"], f"{os.getpid()}-{i}")
    if i not in seen:
        path.touch()
        seen.append(i)
    path.unlink()
    return i


@expects("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff")
def gets_no_text(i):
    return b"\xff".decode()


@expects("ConnectionRefusedError: nobody listens on port 1")
@dataclass(frozen=True)
class FailsToOpen:
    @contextmanager
    def open(self):
        raise ConnectionRefusedError("nobody listens on port 1")
        yield


@expects("OSError: disk is full")
@dataclass(frozen=True)
class FailsToClose:
    @contextmanager
    def open(self):
        yield lambda i: i
        raise OSError("disk is full")


@expects("TypeError: 'NoneType' object is not callable")
@dataclass(frozen=True)
class YieldsNothing:
    @contextmanager
    def open(self):
        yield


@expects("TypeError: metrics() must give names with numbers, not 'rows': 'many'")
@dataclass(frozen=True)
class CountsText:
    @contextmanager
    def open(self):
        yield lambda i: i, lambda: {"rows": "many"}
