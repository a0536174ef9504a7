"""Event loops of other libraries than asyncio, and which of them an async form runs in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
Sleep: TypeAlias = Callable[[float], Awaitable[Any]]


class OtherLoop(Protocol):
    """An event loop in which lanes can be held open; its `name` is that of its library."""

    @property
    def name(self) -> str: ...

    def watch(self, beating: Callable[[Sleep], Awaitable[None]]) -> None:
        """Run this, with the library's sleep, beside whatever is run there from here on."""
        ...

    def held(self, opening: AbstractAsyncContextManager[T]) -> AbstractContextManager[T]:
        """What it yields, entered and left by one task of that loop."""
        ...


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
