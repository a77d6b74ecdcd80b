"""The daemon and the pages in one process, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from plans.problems import EnvironmentFault
from scheduler.app import App
from scheduler.daemon import Daemon
from web.app import create_app
from web.feeds.endpoint import Feeds
from web.feeds.shortcut import shortcut

log = logging.getLogger(__name__)

GRACE = 5  # seconds that a request under way may hold up the end of the program
FLUSH = 60.0  # seconds between two times that is written who has fetched which calendar


class _Server(uvicorn.Server):
    """Leaves signals to the daemon, which drains before anything ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on the address of the pages. Raises EnvironmentFault when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen()
    except OSError as error:
        found.close()
        raise EnvironmentFault("port_taken", host=host, port=port, detail=error.strerror or "") from error
    return found


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop, which answers more requests; Python's own where a platform has none."""
    with contextlib.suppress(ImportError):
        from uvloop import new_event_loop  # noqa: PLC0415

        return new_event_loop()
    return asyncio.new_event_loop()


def serve(app: App, role: str, ready: Callable[[], None] = lambda: None) -> None:
    """Run until SIGTERM or SIGINT; `ready` is called once the pages answer."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(app, role, ready))


async def _serve(app: App, role: str, ready: Callable[[], None]) -> None:
    with_pages, schedules = role in ("all", "web"), role in ("all", "scheduler")
    daemon = Daemon(app, schedules=schedules, mails=role in ("all", "mailer")) if role != "web" else None
    server, serving, flushing = None, None, None
    if with_pages:
        bound = listen(app.settings.web.host, app.settings.web.port)
        pages = create_app(app.office, app.clock, app.desk.secret, app.desk.mail, app.settings.web, app.outlet)
        settings = uvicorn.Config(
            pages,
            http=shortcut(pages),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=GRACE,
        )
        server = _Server(settings)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        if serving.done():
            await serving
        flushing = asyncio.create_task(_flush(app, pages, serving))
    gc.collect()
    gc.freeze()  # what was made to begin with stays: looking through it again and again holds up answers
    ready()
    try:
        if daemon is not None:
            await daemon.run()
        elif server is not None and serving is not None:
            for name in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(name, setattr, server, "should_exit", True)
            await serving
    finally:
        if server is not None and serving is not None and flushing is not None:
            server.should_exit = True
            await serving
            await flushing


async def _flush(app: App, pages: Feeds, serving: asyncio.Task[None]) -> None:
    """Write reads each minute, and what is left once nothing is served any more."""
    ended = False
    while not ended:
        ended = bool((await asyncio.wait([serving], timeout=FLUSH))[0])
        try:
            await asyncio.to_thread(pages.flush)
        except EnvironmentFault as fault:  # kept, and tried again
            log.error("who has fetched which calendar: %s", app.words.problem(fault.problem))
        except Exception:
            log.exception("who has fetched which calendar could not be noted")
