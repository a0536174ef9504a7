"""A message there and back over a connection that is kept, to a server of our own.

The server computes, too, outside of what is counted: where its CPU is one of few, nobody reaches
the limit.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import ssl

HOST = "127.0.0.1"
TIMEOUT = 30  # seconds; a server that is this slow is down
Metrics = Callable[[], Mapping[str, int]]


@dataclass(frozen=True)
class TcpEcho:
    """TCP: a socket in each blocking lane, streams in a loop; `tls=true` adds encryption.

    Messages have `size` bytes. For a certificate that is made for the run, TLS needs the command
    `openssl`.
    """

    tasks: ClassVar[int] = 128
    workers: ClassVar[int] = 16

    size: int = 1024
    tls: bool = False
    port: int = field(default=0, repr=False)
    certificate: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.size <= 100_000_000:
            raise ValueError(f"size must be between 1 and 100,000,000 bytes, not {self.size}")

    def cannot_run(self) -> str | None:
        from shutil import which

        missing = self.tls and which("openssl") is None
        return "tls=true needs the command openssl, for a certificate" if missing else None

    @contextmanager
    def fixture(self) -> Iterator[Mapping[str, str | int]]:
        certificate, context = _certified() if self.tls else ("", None)
        with _serving(self.size, context) as port:
            yield {"port": port, "certificate": certificate}

    @contextmanager
    def open(self) -> Iterator[tuple[Callable[[int], int], Metrics]]:
        import socket

        tasks = 0
        connection = socket.create_connection((HOST, self.port), TIMEOUT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as streams do
        if context := self._context():
            connection = context.wrap_socket(connection, server_hostname=HOST)
        with closing(connection), connection.makefile("rb") as incoming:

            def call(i: int) -> int:
                nonlocal tasks
                tasks += 1
                connection.sendall(self._message(i))
                return zlib.crc32(incoming.read(self.size))

            yield call, lambda: {"bytes": 2 * self.size * tasks}

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[tuple[Callable[[int], Awaitable[int]], Metrics]]:
        import asyncio

        tasks = 0
        context = self._context()
        idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        everyone: list[asyncio.StreamWriter] = []

        async def connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            found = await asyncio.open_connection(HOST, self.port, ssl=context)
            everyone.append(found[1])
            return found

        async def call(i: int) -> int:
            nonlocal tasks
            tasks += 1
            # As many connections as tasks in flight: the strategy alone says how many.
            reader, writer = idle.pop() if idle else await connected()
            writer.write(self._message(i))
            async with asyncio.timeout(TIMEOUT):
                await writer.drain()
                answer = zlib.crc32(await reader.readexactly(self.size))
            idle.append((reader, writer))
            return answer

        try:
            yield call, lambda: {"bytes": 2 * self.size * tasks}
        finally:
            for writer in everyone:
                writer.close()
            for writer in everyone:
                await writer.wait_closed()

    def _message(self, i: int) -> bytes:
        return str(i).zfill(self.size).encode()

    def _context(self) -> ssl.SSLContext | None:
        if not self.tls:
            return None
        import ssl

        return ssl.create_default_context(cadata=self.certificate)


@contextmanager
def _serving(size: int, context: ssl.SSLContext | None) -> Iterator[int]:
    """A server on 127.0.0.1 that echoes messages of this size; yields its port."""
    import asyncio
    import threading

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with closing(writer), suppress(EOFError, ConnectionError):  # the client hung up
                while True:
                    writer.write(await reader.readexactly(size))
                    await writer.drain()
        except asyncio.CancelledError:  # the server ends: nobody waits for goodbyes of TLS
            writer.transport.abort()

    with asyncio.Runner() as loop:
        server = loop.run(asyncio.start_server(echo, HOST, 0, backlog=1024, ssl=context))
        events = loop.get_loop()
        thread = threading.Thread(target=events.run_forever, name="server")
        thread.start()
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            events.call_soon_threadsafe(events.stop)
            thread.join()
            server.close()


def _certified() -> tuple[str, ssl.SSLContext]:
    """A certificate of our own for 127.0.0.1, and a server's context with it and its key."""
    import ssl
    import subprocess
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="concbench-tls-") as folder:
        key, certificate = Path(folder, "key"), Path(folder, "certificate")
        command = "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
        files = ["-keyout", str(key), "-out", str(certificate)]
        names = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=IP:{HOST}"]
        subprocess.run([*command.split(), *files, *names], check=True, capture_output=True)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        return certificate.read_text(encoding="ascii"), context
