"""The pages over HTTP, from a server in a process of its own: their time, their size as it is sent, their requests."""

from __future__ import annotations

import gzip
import http.client
import multiprocessing
import re
import socket
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from itertools import repeat
from pathlib import Path

import uvicorn
from million import NOW, ZONE

from actions.office import Office
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from notifications.settings import MailSettings
from plans.access import Granted
from store.database import Database
from store.hashing import hashed, new_secret
from store.people import ensure_people
from store.sessions import open_session
from web.app import create_app
from web.cookies import SESSION
from web.feeds.shortcut import shortcut
from web.settings import WebSettings

LARGEST, MOST_REQUESTS = 100 * 1024, 10  # bytes compressed, with all that the page needs once; requests
ADMINISTRATOR = "quan-tri@tinh.example"
PAGES = {
    "board, first page": "/",
    "board, of a plan": "/?kehoach=ke-hoach-1",
    "board, found by text": "/?tim=xa+so+123",
    "board, late answers": "/?trangthai=tre-han",
    "matrix, 300 units × 60 deadlines": "/plans/ke-hoach-1/ma-tran?nam=2026",
    "month": "/lich?thang=2026-06",
    "year for the wall": "/lich-treo-tuong?nam=2026",
    "Monday page": "/ban-tin",
    "deadline": "/deadlines/ke-hoach-1/bao-cao-7/2026",
    "receipts": "/deadlines/ke-hoach-1/bao-cao-7/2026/ghi-nhan",
    "unit": "/units/don-vi-77",
    "units": "/units",
    "plan": "/plans/ke-hoach-1",
    "confirm queue": "/xac-nhan",
    "mail log": "/thu",
    "audit trail": "/nhat-ky",
    "people": "/nguoi",
}


@dataclass
class Page:
    """What one address cost."""

    alone: list[float] = field(default_factory=list)  # milliseconds
    at_once: list[float] = field(default_factory=list)
    size: int = 0  # bytes, compressed: the page alone
    requests: int = 0  # the page and what it refers to

    def at(self, share: float, many: list[float]) -> float:
        return sorted(many)[min(len(many) - 1, int(share * len(many)))]


def serve(url: str, listening: socket.socket) -> None:
    """The whole application on a home, as `nhachan serve` has it."""
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    office = Office(Database(url), WorkingCalendar(shipped_workdays()), ZONE, base, "bench.example")
    mail = MailSettings("maildir", Path("maildir"), "Nhắc hạn", "nhac-han@tinh.example", "tinh.example")
    web = WebSettings(granted=Granted(frozenset({ADMINISTRATOR})))
    pages = create_app(office, lambda: NOW, b"benchmark" * 4, mail, web)
    config = uvicorn.Config(pages, http=shortcut(pages), log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def served(database: Database) -> Iterator[tuple[int, str]]:
    """(port, cookie of an administrator)."""
    secret = new_secret()
    with database.write() as tx:
        person = ensure_people(tx, {ADMINISTRATOR: "Quản trị"}, rename=False)[ADMINISTRATOR]
        open_session(tx, hashed(secret), person, NOW - timedelta(minutes=1), "benchmark")
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        url = database.url.render_as_string(hide_password=False)
        server = multiprocessing.get_context("fork").Process(target=serve, args=(url, listening), daemon=True)
        server.start()
        port = listening.getsockname()[1]
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield port, f"{SESSION}={secret}"
    finally:
        server.terminate()
        server.join()


class Client:
    """One user's connection, which stays open."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Cookie": cookie, "Accept-Encoding": "gzip", "Sec-Fetch-Site": "none"}

    def get(self, path: str) -> tuple[float, bytes]:
        """(milliseconds, body as it was sent). Raises SystemExit for anything but 200."""
        begun = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - begun) * 1000
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        return took, body


def anew(clients: Iterable[Client]) -> None:
    """Connect again: the server leaves whoever has asked nothing for five seconds."""
    for client in clients:
        client.connection.close()


def asking(client: Client, path: str, times: int) -> list[float]:
    return [client.get(path)[0] for _ in range(times)]


def measure(database: Database, users: int, rounds: int) -> dict[str, Page]:
    """Each page by one user, then by all at once."""
    found: dict[str, Page] = {}
    with served(database) as (port, cookie):
        clients = [Client(port, cookie) for _ in range(users)]
        for name, path in PAGES.items():
            page = found[name] = Page()
            anew(clients)
            clients[0].get(path)
            for _ in range(rounds):
                took, body = clients[0].get(path)
                page.alone.append(took)
            anew(clients)
            with ThreadPoolExecutor(users) as pool:
                times = max(2, rounds // 10)
                page.at_once = [
                    took for some in pool.map(asking, clients, repeat(path), repeat(times)) for took in some
                ]
            page.size = len(body)
            html = gzip.decompress(body).decode()
            needed = re.findall(r'<(?:link rel="(?:icon|stylesheet)"|script|img)[^>]*?(?:href|src)="([^"]+)"', html)
            page.requests = 1 + len({unescape(address) for address in needed})
    return found


def measure_growth(small: Database, old: Database, rounds: int) -> dict[str, tuple[float, float]]:
    """Each page of two homes, asked for by turns: milliseconds alone, p50."""
    found = {}
    with served(small) as one, served(old) as other:
        clients = [Client(*one), Client(*other)]
        for name, path in PAGES.items():
            pages = Page(), Page()
            anew(clients)
            for turn in range(rounds + 2):
                for page, client in zip(pages, clients, strict=True):
                    took, _ = client.get(path)
                    if turn > 1:
                        page.alone.append(took)
            found[name] = pages[0].at(0.5, pages[0].alone), pages[1].at(0.5, pages[1].alone)
    return found


def tell(found: dict[str, Page], growth: dict[str, tuple[float, float]], users: int) -> bool:
    """Print the table; whether every page keeps to its limits."""
    print(f"\n{'over HTTP, milliseconds':<34}{'alone':>14}{f'{users} at once':>18}", end="")
    print(f"{'a tenth':>11}{'old':>7}{'growth':>8}{'kB sent':>9}{'requests':>10}")
    print(f"{'':<34}{'p50':>7}{'p99':>7}{'p50':>9}{'p99':>9}{'p50':>11}{'p50':>7}")
    for name, page in found.items():
        tenth, old = growth[name]
        print(
            f"{name:<34}{page.at(0.5, page.alone):7.0f}{page.at(0.99, page.alone):7.0f}"
            f"{page.at(0.5, page.at_once):9.0f}{page.at(0.99, page.at_once):9.0f}"
            f"{tenth:11.0f}{old:7.0f}{old / tenth:8.2f}{page.size / 1024:9.1f}{page.requests:10d}"
        )
    largest, most = max(p.size for p in found.values()), max(p.requests for p in found.values())
    print(f"{'largest page':<34}{largest / 1024:.1f} kB   (limit: {LARGEST / 1024:.0f})")
    print(f"{'most requests of a page':<34}{most}   (limit: {MOST_REQUESTS})")
    return largest <= LARGEST and most <= MOST_REQUESTS
