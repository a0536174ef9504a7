"""Workloads that do nothing: what a strategy costs by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from ..spec import Spec, load


@dataclass(frozen=True)
class Blocking:
    """The blocking form alone."""

    @contextmanager
    def open(self) -> Iterator[Callable[[int], None]]:
        yield _nothing


@dataclass(frozen=True)
class Async:
    """The async form alone."""

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
        yield _anothing


@dataclass(frozen=True)
class Both(Blocking, Async):
    """Both forms."""


def emptied(workload: Spec) -> Spec:
    """A workload that does nothing, in the forms of this one: a strategy bends it the same way."""
    made = load(workload.target)
    form = {(True, True): "Both", (True, False): "Blocking", (False, True): "Async"}
    return Spec("empty", f"{__name__}:{form[hasattr(made, 'open'), hasattr(made, 'aopen')]}")


def _nothing(i: int) -> None:
    return None


async def _anothing(i: int) -> None:
    return None
