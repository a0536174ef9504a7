"""Workloads that know whether gevent has patched the process they are in."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar


def patched() -> bool:
    monkey = sys.modules.get("gevent.monkey")
    return bool(monkey and monkey.is_module_patched("time"))


AT_IMPORT = patched()


@dataclass(frozen=True)
class Early:
    """Whether the patch was there before this file was imported."""

    @contextmanager
    def open(self):
        yield lambda i: AT_IMPORT


@dataclass(frozen=True)
class Patched:
    """The same, as it should be under every strategy: only where gevent is imported at all."""

    tasks: ClassVar[int] = 4
    workers: ClassVar[int] = 2

    @contextmanager
    def open(self):
        if "STRICT_PATCH" in os.environ:
            assert AT_IMPORT
        yield lambda i: AT_IMPORT == patched() == ("gevent" in sys.modules)


running = 0


@dataclass(frozen=True)
class Waiting:
    """How many were running when the task began to wait."""

    @contextmanager
    def open(self):
        yield self.call

    def call(self, i):
        global running
        running += 1
        seen = running
        time.sleep(0.001)
        running -= 1
        return seen
