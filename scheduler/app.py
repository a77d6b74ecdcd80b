"""The composition root: the only file that makes the objects; all others receive them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from actions.office import Office
from calendars.working import WorkingCalendar
from config.settings import FILE, Settings, read_settings
from config.workdays import shipped_workdays
from notifications.desk import Desk
from notifications.outlets import Outlet
from notifications.outlets.maildir import MaildirOutlet
from notifications.outlets.pipelining import Trace
from notifications.outlets.smtp import SmtpOutlet
from plans.problems import Problem, UserError
from plans.words import Words, words
from scheduler.clock import Clock
from store.database import Database
from store.leases import alive
from store.marks import read_mark, secret
from store.policies import read_policies
from store.upgrading import ensure_current
from store.workdays import read_workdays, workdays_revision

LEASE = "scheduler"


@dataclass(frozen=True, slots=True)
class App:
    """One home, opened."""

    settings: Settings
    clock: Clock
    office: Office
    desk: Desk
    words: Words

    @property
    def database(self) -> Database:
        return self.office.database

    def outlet(self, trace: Trace | None = None) -> Outlet:
        """Where mail goes: the Maildir until SMTP is configured. `trace` is told each line of a dialogue."""
        mail = self.settings.mail
        if mail.outlet == "smtp" and mail.smtp is not None:
            return SmtpOutlet(mail.smtp, trace=trace)
        return MaildirOutlet(mail.maildir)


@contextmanager
def open_app(home: Path, clock: Clock, language: str | None) -> Iterator[App]:
    """Open a home for one command. Raises UserError where there is none, or for a pretended time that could harm."""
    if not (home / FILE).exists():
        raise UserError(Problem("home.missing", {"home": str(home)}))
    settings = read_settings(home)
    database = Database(settings.database_url)
    try:
        ensure_current(database)
        _check_pretended(clock, settings, database)
        yield _app(settings, database, clock, language or settings.language)
    finally:
        database.close()


def _check_pretended(clock: Clock, settings: Settings, database: Database) -> None:
    """A time in the future would send what is not due: only for trying out, where nothing leaves and nobody works."""
    if clock.pretended is None or clock() <= datetime.now(UTC):
        return
    if settings.mail.outlet != "maildir":
        raise UserError(Problem("now.smtp"))
    with database.read() as tx:
        lease = alive(tx, LEASE)
    if lease is not None:
        raise UserError(Problem("now.daemon", {"holder": lease.holder}))


def _app(settings: Settings, database: Database, clock: Clock, language: str) -> App:
    with database.read() as tx:
        own, revision, quiet = read_workdays(tx), workdays_revision(tx), read_policies(tx).quiet
        made = read_mark(tx, "secret") is not None
    with database.read() if made else database.write() as tx:
        key = secret(tx)
    calendar = WorkingCalendar(shipped_workdays(), own=own, revision=revision, quiet=quiet)
    base_url = settings.web.address
    office = Office(
        database,
        calendar,
        settings.zone,
        base_url,
        settings.mail.domain,
        settings.language,
        settings.feeds.languages,
        opens=settings.opens,
        closes=settings.closes,
    )
    desk = Desk(calendar, settings.zone, words(settings.language), settings.mail, base_url, key)
    return App(settings, clock, office, desk, words(language))
