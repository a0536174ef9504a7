"""Async lanes: opened and closed inside the event loop that runs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .contracts import AsyncCall, Call, Plain
from .told import Counts, parted

if TYPE_CHECKING:
    import asyncio


@contextmanager
def own_loop(workload: Any) -> Iterator[tuple[Call, Counts]]:
    """The async form as a blocking call with its counts, in an event loop of this lane's own."""
    import asyncio

    async def awaited(call: AsyncCall, i: int) -> Plain:
        return await call(i)

    with asyncio.Runner() as loop, held(workload, loop) as made:
        call, metrics = parted(made)
        until_complete = loop.get_loop().run_until_complete
        yield lambda i: until_complete(awaited(call, i)), metrics


@contextmanager
def held(workload: Any, loop: asyncio.Runner) -> Iterator[Any]:
    """What `aopen()` yields, entered and left by one task: anyio and asyncio.timeout insist."""
    import asyncio

    leave = asyncio.Event()

    async def hold(opened: asyncio.Future[Any]) -> None:
        async with workload.aopen() as made:
            opened.set_result(made)
            await leave.wait()

    async def enter() -> tuple[Any, asyncio.Task[None]]:
        opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        holder = asyncio.create_task(hold(opened))
        both: set[asyncio.Future[Any]] = {holder, opened}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            await holder  # raises what aopen() raised
        return opened.result(), holder

    async def close(holder: asyncio.Task[None]) -> None:
        leave.set()
        await holder

    made, holder = loop.run(enter())
    try:
        yield made
    finally:
        loop.run(close(holder))
