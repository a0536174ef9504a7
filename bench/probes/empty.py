"""Workloads that do nothing: what a strategy costs by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass

from ..spec import Spec, load


@dataclass(frozen=True)
class EmptyBlocking:
    """The blocking form alone."""

    def open(self) -> nullcontext[Callable[[int], None]]:
        return nullcontext(_nothing)


@dataclass(frozen=True)
class EmptyAsync:
    """The async form alone."""

    def aopen(self) -> nullcontext[Callable[[int], Awaitable[None]]]:
        return nullcontext(_anothing)


@dataclass(frozen=True)
class EmptyWorkload(EmptyBlocking, EmptyAsync):
    """Both forms."""


def emptied(workload: Spec) -> Spec:
    """A workload that does nothing, in the same forms: a strategy adapts it in the same way."""
    kind = load(workload.target)
    forms = hasattr(kind, "open"), hasattr(kind, "aopen")
    empty = EmptyWorkload if all(forms) else EmptyBlocking if forms[0] else EmptyAsync
    return Spec("empty", f"{__name__}:{empty.__name__}")


def _nothing(i: int) -> None:
    return None


async def _anothing(i: int) -> None:
    return None
