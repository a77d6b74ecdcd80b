"""The sample province a few days after the yearly report was due: some sent it, some declared it, some are late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import Connection, select, update

from actions.adjusting import extend, waive
from actions.daily import refresh_day
from actions.office import Act, Office
from actions.queueing import queue_due
from actions.receiving import Receipt, accept, send_back, submit
from calendars.addresses import page_path
from notifications.delivery import deliver_due
from notifications.desk import Desk
from notifications.links import LinkKey
from notifications.outlets import UNTRIED, Done, Fault, Letter, Outcome, OutletDown, Take
from plans.access import Granted
from plans.deadlines import DeadlineKey
from store.feeds import find_feed
from store.hashing import hashed, new_secret
from store.leases import SECONDS, database_now, hold
from store.obligations import of_deadline
from store.people import ensure_people
from store.recipients import recipients_of
from store.schema import leases, metadata, sessions
from store.sessions import open_session
from tests.conftest import load_sample, local, make_desk
from web.app import create_app
from web.cookies import SESSION, name_of
from web.feeds.endpoint import Feeds
from web.settings import WebSettings
from web.site import Site

KEY = DeadlineKey.parse("dien-bien-2458/bao-cao-nam/2026")
assert KEY is not None
NOW = local("2026-12-09 09:30")
TDKT = "tdkt.snv@dienbien.example"
ADMINISTRATOR = "quan-tri@dienbien.example"
WEB = WebSettings(granted=Granted(frozenset({ADMINISTRATOR})))


class Post:
    """An outlet that takes everything except for one address."""

    name, lines = "maildir", 1  # as in the settings: the pages look for the state of this outlet

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.down: str | None = None  # why nothing can be handed over
        self.put_off = False
        self.letters: list[Letter] = []

    async def __aenter__(self) -> Post:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def deliver(self, take: Take, done: Done) -> None:
        while (letter := take()) is not None:
            if self.down is not None:
                done(letter, UNTRIED)
                raise OutletDown(Fault("connection", self.down))
            if self.put_off:
                done(letter, Outcome("deferred", 451, "4.2.0 later"))
            elif letter.recipient == self.refused:
                done(letter, Outcome("refused", 550, "5.1.1 mailbox unavailable"))
            else:
                self.letters.append(letter)
                done(letter, Outcome("sent", 250, "ok"))


@dataclass
class Scene:
    """An office, its desk, and the pages over them at a moment that tests may set, as an administrator sees them."""

    office: Office
    desk: Desk
    post: Post
    now: datetime
    visitor: str | None = ADMINISTRATOR  # address; None: nobody is signed in
    sessions: dict[str, str] = field(default_factory=dict)  # address → what its cookie says

    @cached_property
    def app(self) -> Feeds:
        return create_app(self.office, lambda: self.now, self.desk.secret, self.desk.mail, WEB)

    @property
    def site(self) -> Site:
        site: Site = self.app.pages.state.site
        return site

    def cookie(self, address: str) -> str:
        """The session of a person, at whatever moment the scene plays."""
        if address not in self.sessions:
            with self.office.database.write() as tx:
                person = ensure_people(tx, {address: address}, rename=False)[address]
                secret = new_secret()
                number = open_session(tx, hashed(secret), person, local("2020-01-01 08:00"), "Trình duyệt")
                lasting = {"seen_at": local("2040-01-01 08:00"), "expires_at": local("2040-01-08 08:00")}
                tx.execute(update(sessions).where(sessions.c.id == number).values(lasting))
            self.sessions[address] = secret
        return self.sessions[address]

    def seen_by(self, address: str | None) -> Scene:
        """The same scene for another visitor."""
        other = replace(self, visitor=address)
        vars(other)["app"] = self.app  # and so the moment of this scene
        if address is not None:
            other.cookie(address)
        return other

    def request(self, method: str, path: str, **options: Any) -> Response:
        """What the application answers; its defects are answered too, not raised."""
        cookies = {name_of(self.site, SESSION): self.cookie(self.visitor)} if self.visitor else {}
        cookies |= options.pop("cookies", {})

        async def ask() -> Response:
            transport = ASGITransport(self.app, raise_app_exceptions=False)
            async with AsyncClient(transport=transport, base_url=self.office.base_url, cookies=cookies) as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def get(self, path: str, **options: Any) -> Response:
        return self.request("GET", path, **options)

    def head(self, path: str, **options: Any) -> Response:
        return self.request("HEAD", path, **options)

    def post_form(self, path: str, form: dict[str, str], **options: Any) -> Response:
        return self.request("POST", path, data=form, **options)

    def tick(self, at: str) -> None:
        """What the daemon does at a moment."""
        moment = local(at)
        refresh_day(self.office, moment)
        queue_due(self.office, self.desk, moment)
        asyncio.run(deliver_due(self.office.database, self.desk, self.post, lambda: moment))

    def link(self, unit: str, key: DeadlineKey = KEY) -> str:
        """The path of the link mailed to the first officer of a unit."""
        with self.office.database.read() as tx:
            obligation = of_deadline(tx, key, [unit])[0]
            person = recipients_of(tx, unit)[0]
        url = self.desk.link(LinkKey(obligation.id, person.id, person.link_version))
        return url.removeprefix(self.office.base_url)

    def subscribe(self, owner: str) -> str:
        """The path of the page on which a calendar is subscribed to."""
        with self.office.database.read() as tx:
            row = find_feed(tx, owner)
        assert row is not None
        return page_path(self.desk.secret, row.owner, row.version)

    def dump(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table."""
        with self.office.database.read() as tx:
            return {t.name: sorted((tuple(r) for r in tx.execute(select(t))), key=repr) for t in metadata.sorted_tables}


def beat(tx: Connection) -> None:
    """A scheduler that is alive for as long as any test takes: the database tells the time, not the scene."""
    hold(tx, "scheduler", "test")
    beat_at = database_now(tx) + timedelta(hours=1)
    tx.execute(update(leases).values(beat_at=beat_at, expires_at=beat_at + timedelta(seconds=SECONDS)))


def start(office: Office, tmp_path: Path, at: str = "2026-11-02 09:00") -> Scene:
    """The sample just loaded, the daemon alive."""
    load_sample(office, local(at), "dien-bien-2458", "dien-bien-88-2026")
    with office.database.write() as tx:
        beat(tx)
    scene = Scene(office, make_desk(office, tmp_path / "maildir"), Post("vanthu.bdbp@dienbien.example"), local(at))
    for address in (ADMINISTRATOR, TDKT):
        scene.cookie(address)
    return scene


def act(at: str, reason: str | None = None, actor: str = TDKT) -> Act:
    return Act(actor, local(at), reason)


def play(office: Office, tmp_path: Path, late: Callable[[int], bool] = lambda n: n % 6 == 1) -> Scene:
    """From the first reminder to the third day late; `late` says which units, by number, have not sent anything."""
    scene = start(office, tmp_path)
    with office.database.read() as tx:
        owing = sorted(of_deadline(tx, KEY), key=lambda o: o.unit_name)
    units = [o.unit for o in owing]
    sent = [u for n, u in enumerate(units) if not late(n)]
    scene.tick("2026-11-20 08:00")
    early, rest = sent[: len(sent) // 2], sent[len(sent) // 2 :]
    submit(office, act("2026-11-27 10:00"), KEY, early, Receipt(date(2026, 11, 26)))
    scene.tick("2026-12-01 08:00")
    submit(office, act("2026-12-03 15:00"), KEY, rest[:-6], Receipt(date(2026, 12, 3)))
    scene.tick("2026-12-04 08:00")
    scene.tick("2026-12-04 14:00")
    scene.tick("2026-12-07 08:00")
    for unit, number in zip(rest[-6:-2], ("125/BC-A", "87/BC-B", None, "412/BC-D"), strict=True):
        given = Receipt(date(2026, 12, 4), number)
        by = act("2026-12-07 09:00", actor=f"link:vanthu.{unit}@dienbien.example")
        submit(office, by, KEY, [unit], given, by_unit=True)
    accept(office, act("2026-12-07 10:00"), KEY, [rest[-3]])
    send_back(office, act("2026-12-07 10:05", "Thiếu biểu số liệu kèm theo"), KEY, [rest[-4]], date(2026, 12, 10))
    extend(office, act("2026-12-07 10:10", "Sáp nhập đơn vị"), KEY, [rest[-2]], date(2026, 12, 15), document="311/SNV")
    waive(office, act("2026-12-07 10:15", "Không có phong trào thi đua riêng"), KEY, [rest[-1]])
    scene.tick("2026-12-07 14:00")
    scene.tick("2026-12-09 00:05")
    scene.now = NOW
    return scene
