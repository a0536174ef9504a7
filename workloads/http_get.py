"""One GET per task, from a server of our own on the loopback or from the user's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

TIMEOUT = 30  # seconds; a server that is this slow is down


@dataclass(frozen=True)
class HttpGet:
    """HTTP GET: requests in blocking lanes, aiohttp in an event loop; answers after `delay`."""

    tasks: ClassVar[int] = 64
    workers: ClassVar[int] = 16
    clients: ClassVar[Mapping[str, str]] = {"blocking": "requests", "async": "aiohttp"}

    delay: float = 0.01
    url: str | None = None
    port: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.delay < TIMEOUT:
            raise ValueError(f"delay must be from 0 to below {TIMEOUT} seconds, not {self.delay}")
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url must start with http:// or https://, not {self.url!r}")

    @contextmanager
    def fixture(self) -> Iterator[Mapping[str, int]]:
        if self.url is not None:
            yield {}
            return
        with _serving(self.delay) as port:
            yield {"port": port}

    @contextmanager
    def open(self) -> Iterator[Callable[[int], Any]]:
        import requests  # only the client that is used: the import is part of start-up

        with requests.Session() as session:
            # No proxy, no .netrc: both are looked up anew for every request, and aiohttp does not.
            session.trust_env = False

            def call(i: int) -> Any:
                with session.get(self._url(i), timeout=TIMEOUT) as response:
                    return self._answer(response.status_code, response.content)

            yield call

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[Any]]]:
        import aiohttp

        connector = aiohttp.TCPConnector(limit=0)  # the strategy alone says how many at a time
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

            async def call(i: int) -> Any:
                async with session.get(self._url(i)) as response:
                    return self._answer(response.status, await response.read())

            yield call

    def _url(self, i: int) -> str:
        return self.url or f"http://127.0.0.1:{self.port}/{i}"

    def _answer(self, status: int, body: bytes) -> Any:
        # A user's page may differ from one GET to the next; ours echoes the task's number.
        return status if self.url else [status, body.decode()]


@contextmanager
def _serving(delay: float) -> Iterator[int]:
    """A server on 127.0.0.1 that echoes the path after `delay` seconds; yields its port."""
    import asyncio
    import threading

    from aiohttp import web

    async def echo(request: web.Request) -> web.Response:
        await asyncio.sleep(delay)
        return web.Response(text=request.match_info["task"])

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/{task}", echo)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        return runner

    with asyncio.Runner() as loop:
        runner = loop.run(start())
        events = loop.get_loop()
        server = threading.Thread(target=events.run_forever, name="server")
        server.start()
        try:
            yield runner.addresses[0][1]
        finally:
            events.call_soon_threadsafe(events.stop)
            server.join()
            loop.run(runner.cleanup())
