"""What every action works with, and who acts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection

from calendars.working import WorkingCalendar
from plans.policies import AFTERNOON, MORNING
from store.database import Database
from store.marks import AuditEntry, record
from store.policies import read_policies
from store.workdays import read_workdays, workdays_revision


@dataclass(frozen=True, slots=True)
class Office:
    """One installation: its database, its calendar, and how it counts."""

    database: Database
    calendar: WorkingCalendar
    zone: ZoneInfo
    base_url: str  # of the pages, without a slash at its end
    domain: str  # of Message-IDs
    language: str = "vi"
    other_languages: tuple[str, ...] = ()  # in which calendars are kept beside it
    horizon_months: int = 18  # how far ahead obligations are made
    past_years: int = 2  # how far back of tracking recurring deadlines are shown
    opens: time = MORNING  # mail leaves on working days between these
    closes: time = time(17)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which calendars are kept, the office's first."""
        return (self.language, *(name for name in self.other_languages if name != self.language))

    def today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """Midnight at the start of a local day, in UTC."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)

    def at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """The last moment of a local day."""
        return self.start_of(day + timedelta(days=1)) - timedelta(microseconds=1)

    def horizon(self, now: datetime) -> date:
        return self.today(now) + relativedelta(months=self.horizon_months)

    def is_working_moment(self, now: datetime) -> bool:
        """Whether mail may leave: office hours of a working day that is not the first after Tết."""
        local = now.astimezone(self.zone)
        day = local.date()
        in_hours = self.opens <= local.time() < self.closes
        return in_hours and self.calendar.is_working(day) and not self.calendar.is_quiet(day)

    def last_afternoon(self, now: datetime) -> datetime:
        """The latest moment up to `now` at which overdue mail may leave: 14:00 of a working day."""
        day = self.today(now)
        if now < self.at(day, AFTERNOON):
            day -= timedelta(days=1)
        return self.at(self.calendar.preceding(day), AFTERNOON)

    def next_working_moment(self, now: datetime) -> datetime:
        """`now` where mail may leave at once, else the next opening."""
        if self.is_working_moment(now):
            return now
        local = now.astimezone(self.zone)
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        day = self.calendar.following(day)
        while self.calendar.is_quiet(day):
            day = self.calendar.following(day + timedelta(days=1))
        return self.at(day, self.opens)

    def follow_table(self, tx: Connection, *, lock: bool = False) -> None:
        """Go by the working-day table and the quiet days as they stand, where another process or node has changed it.

        What is decided from the calendar stays true until the transaction ends where its table is locked.
        """
        revision = workdays_revision(tx, lock=lock)
        if revision != self.calendar.revision:
            self.calendar.take(read_workdays(tx), revision, read_policies(tx).quiet)


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, when, and why."""

    actor: str
    now: datetime  # aware
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now must be aware")

    def note(self, tx: Connection, action: str, subject: str, **detail: object) -> None:
        """Add to the audit trail."""
        self.note_all(tx, action, [(subject, detail)])

    def note_all(self, tx: Connection, action: str, entries: Iterable[tuple[str, Mapping[str, object]]]) -> None:
        """Add an entry for each (subject, detail)."""
        record(tx, [AuditEntry(self.now, self.actor, action, s, self.reason, detail) for s, detail in entries])


# Asked inside every scheduling transaction: whether the one who schedules still holds the lease.
Guard = Callable[[Connection], bool]
CLOCK = "clock"  # the actor of what time itself does
