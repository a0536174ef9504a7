"""Event loops of other libraries than asyncio, and which of them an async form runs in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from .contracts import AsyncCall
from .pools import Record
from .told import Told, counted, parted

T = TypeVar("T")
Sleep: TypeAlias = Callable[[float], Awaitable[Any]]


class OtherLoop(Protocol):
    """An event loop of `library`, in which lanes can be held open."""

    @property
    def library(self) -> str: ...

    def watch(self, beating: Callable[[Sleep], Awaitable[None]]) -> None:
        """Run this, with the library's sleep, beside whatever is run there from here on."""
        ...

    def held(self, opening: AbstractAsyncContextManager[T]) -> AbstractContextManager[T]:
        """What it yields, entered and left by one task of that loop."""
        ...


@dataclass(frozen=True)
class Awaited:
    """A workload whose lane adds what it tells when it is closed."""

    workload: Any
    record: Record | None
    told: list[Told]

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[AsyncCall]:
        async with self.workload.aopen() as made:
            call, metrics = parted(made)
            recorder = self.record() if self.record else None
            yield recorder.coroutine(call) if recorder else call
            self.told.append(Told(counted(metrics), recorder.seen() if recorder else None))


def unfit(workload: Any, library: str) -> str | None:
    """Why its async form cannot run in the loop of this library, or None."""
    if not hasattr(workload, "aopen"):
        return None  # the blocking form runs in any
    known = tuple(getattr(workload, "loops", ("asyncio",)))
    if library in known:
        return None
    example = (*known, library)
    return (
        f"its async form is for {' and '.join(known)}, not for {library} "
        f"(one that runs in both says loops = {example})"
    )
