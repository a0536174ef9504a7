"""One GET per task, from a server of our own on the loopback or from the user's.

Our server computes, too, outside of what is counted: with many tasks in flight and few CPUs nobody
reaches the limit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

TIMEOUT = 30  # seconds; a server that is this slow is down
CLIENTS = {
    "default": {"blocking": "requests", "async": "aiohttp"},
    "httpx": {"blocking": "httpx", "async": "httpx"},
}
HTTPX: dict[str, Any] = {"timeout": TIMEOUT, "trust_env": False, "follow_redirects": True}
Get = Callable[[str], tuple[int, bytes]]
AsyncGet = Callable[[str], Awaitable[tuple[int, bytes]]]


@dataclass(frozen=True)
class HttpGet:
    """HTTP GET by requests, or in a loop by aiohttp, answered after `delay`; or both by httpx.

    `client` is default or httpx (`pip install 'concbench[httpx]'`), `size` that of the answer in
    bytes; `url` is a server of your own.
    """

    tasks: ClassVar[int] = 64
    workers: ClassVar[int] = 16

    delay: float = 0.01
    url: str | None = None
    client: str = "default"
    size: int = 0
    port: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.delay < TIMEOUT:
            raise ValueError(f"delay must be from 0 to below {TIMEOUT} seconds, not {self.delay}")
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url must start with http:// or https://, not {self.url!r}")
        if self.client not in CLIENTS:
            raise ValueError(f"client must be {' or '.join(CLIENTS)}, not {self.client!r}")
        if self.url is not None and self.size:
            raise ValueError("size is that of our own server's answers: leave it out with url")
        if not 0 <= self.size <= 100_000_000:
            raise ValueError(f"size must be between 0 and 100,000,000 bytes, not {self.size}")

    @property
    def clients(self) -> Mapping[str, str]:
        return CLIENTS[self.client]

    def cannot_run(self) -> str | None:
        from importlib.util import find_spec

        missing = self.client == "httpx" and find_spec("httpx") is None
        return "httpx is not installed: pip install 'concbench[httpx]'" if missing else None

    @contextmanager
    def fixture(self) -> Iterator[Mapping[str, int]]:
        if self.url is not None:
            yield {}
            return
        import asyncio

        async def echo(task: str) -> str:
            await asyncio.sleep(self.delay)
            return task.zfill(self.size)

        with serving(echo) as port:
            yield {"port": port}

    @contextmanager
    def open(self) -> Iterator[Callable[[int], Any]]:
        with _httpx(self._secure) if self.client == "httpx" else _requests() as get:
            yield lambda i: self._answer(*get(self._url(i)))

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[Any]]]:
        client = _httpx_in_a_loop(self._secure) if self.client == "httpx" else _aiohttp()
        async with client as get:

            async def call(i: int) -> Any:
                return self._answer(*await get(self._url(i)))

            yield call

    @property
    def _secure(self) -> bool:
        return (self.url or "").startswith("https://")

    def _url(self, i: int) -> str:
        return self.url or f"http://127.0.0.1:{self.port}/{i}"

    def _answer(self, status: int, body: bytes) -> Any:
        # A user's page may differ from one GET to the next; ours echoes the task's number.  Of a
        # long one the end will do: to send all of it from lane to lane is another workload.
        return status if self.url else [status, len(body), body[-20:].decode()]


# Each imports the one client that is used: the import is part of start-up.


@contextmanager
def _requests() -> Iterator[Get]:
    import requests

    with requests.Session() as session:
        # No proxy, no .netrc: both are looked up anew for every request, and aiohttp does not.
        session.trust_env = False

        def get(url: str) -> tuple[int, bytes]:
            with session.get(url, timeout=TIMEOUT) as response:
                return response.status_code, response.content

        yield get


@asynccontextmanager
async def _aiohttp() -> AsyncIterator[AsyncGet]:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0)  # the strategy alone says how many at a time
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def get(url: str) -> tuple[int, bytes]:
            async with session.get(url) as response:
                return response.status, await response.read()

        yield get


# Where nothing is encrypted httpx alone would read all certificates, most of a client's start-up.


@contextmanager
def _httpx(secure: bool) -> Iterator[Get]:
    import httpx

    with httpx.Client(**HTTPX, verify=secure) as client:

        def get(url: str) -> tuple[int, bytes]:
            response = client.get(url)
            return response.status_code, response.content

        yield get


@asynccontextmanager
async def _httpx_in_a_loop(secure: bool) -> AsyncIterator[AsyncGet]:
    import httpx

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(**HTTPX, verify=secure, limits=limits) as client:

        async def get(url: str) -> tuple[int, bytes]:
            response = await client.get(url)
            return response.status_code, response.content

        yield get


@contextmanager
def serving(answer: Callable[[str], Awaitable[str]]) -> Iterator[int]:
    """A server on 127.0.0.1, at the port that it yields; a GET of `/5` gets `await answer("5")`."""
    import asyncio
    import threading

    from aiohttp import web

    async def get(request: web.Request) -> web.Response:
        return web.Response(text=await answer(request.match_info["asked"]))

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/{asked}", get)
        # Nobody is left to wait for an answer; by default it would go on with them for a minute.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
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
