"""Lessons that do not come to an end."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from concbench.course.claims import NOTHING, Claim, Seen


async def nap():
    await asyncio.sleep(0)


def hang():
    threading.Event().wait()


def refuse():
    raise ValueError("no good")


def crash():
    os._exit(7)


@dataclass(frozen=True)
class Silent:
    number: ClassVar = 1
    title: ClassVar = NOTHING
    why: ClassVar = NOTHING
    scale: ClassVar = NOTHING
    claims: ClassVar = {"size": Claim(Seen("nap.size", 1), NOTHING)}

    def ways(self):
        return {"nap": nap}


@dataclass(frozen=True)
class Untitled:
    number: ClassVar = 1


@dataclass(frozen=True)
class Hanging(Silent):
    def ways(self):
        return {"hang": hang}


@dataclass(frozen=True)
class Raising(Silent):
    def ways(self):
        return {"refuse": refuse}


@dataclass(frozen=True)
class Crashing(Silent):
    def ways(self):
        return {"crash": crash}


@dataclass(frozen=True)
class Fixtureless(Silent):
    @contextmanager
    def fixture(self):
        raise OSError("no port is free")
        yield {}
