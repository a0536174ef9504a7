"""The server that lessons send their GETs to: on this machine, so that none needs a network."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def serving() -> Iterator[int]:
    """A server on 127.0.0.1, at the port that it yields.

    It answers a GET of `/0.05` after so many seconds with how many requests it had in hand then.
    """
    from aiohttp import web

    in_hand = 0

    async def wait(request: web.Request) -> web.Response:
        nonlocal in_hand
        in_hand += 1
        now = in_hand
        await asyncio.sleep(float(request.match_info["seconds"]))
        in_hand -= 1
        return web.Response(text=str(now))

    async def start() -> Any:
        app = web.Application()
        app.router.add_get("/{seconds}", wait)
        # Nobody is left to wait for an answer; by default it would go on with them for a minute.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        return runner

    with asyncio.Runner() as loop:
        runner = loop.run(start())
        events = loop.get_loop()
        thread = threading.Thread(target=events.run_forever, name="server")
        thread.start()
        try:
            yield runner.addresses[0][1]
        finally:
            events.call_soon_threadsafe(events.stop)
            thread.join()
            loop.run(runner.cleanup())
