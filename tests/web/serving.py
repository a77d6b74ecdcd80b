"""The application behind a real server, for what only a socket shows."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from starlette.types import Receive, Scope, Send

from web.feeds.endpoint import Feeds
from web.feeds.shortcut import shortcut

PATIENCE = 20.0


@dataclass
class Served:
    """A server on a free port of loopback."""

    application: Feeds
    client: httpx.Client  # one for all requests: each new one reads all authorities of TLS
    port: int = 0
    seen: list[str] = field(
        default_factory=list
    )  # paths that the application was asked for: the rest took the shortcut

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.client.request(method, self.url + path, **options)

    def get(self, path: str, headers: dict[str, str] | list[tuple[str, str]] | None = None) -> httpx.Response:
        return self.request("GET", path, headers=headers)

    def exchange(self, sent: bytes) -> bytes:
        """All that comes back over one connection until the server closes it."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope["path"])
        await self.application(scope, receive, send)


@contextmanager
def serving(application: Feeds, at: socket.socket | None = None) -> Iterator[Served]:
    """As `nhachan serve` does it; `at` is where it listens, for an application that has to know."""
    listening = at or socket.create_server(("127.0.0.1", 0))
    client = httpx.Client(timeout=PATIENCE)
    served = Served(application, client)
    settings = uvicorn.Config(
        served,
        http=shortcut(application),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        until = time.monotonic() + PATIENCE
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < until, "the server did not start in time"
            time.sleep(0.01)
        served.port = listening.getsockname()[1]
        yield served
    finally:
        client.close()
        server.should_exit = True
        thread.join()
