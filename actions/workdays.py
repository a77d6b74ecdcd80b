"""Change the working-day table: what would move is shown first; done, it is audited and announced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from actions.announcing import announce_moved
from actions.events import recount, render_coordinations, render_obligations, render_workdays
from actions.office import Act, Office
from actions.receiving import judge_again
from actions.redating import Moved, redate
from calendars.working import WorkingCalendar
from plans.deadlines import Basis
from plans.problems import Problem, UserError
from plans.workdays import Workday
from store.marks import AuditEntry, record
from store.obligations import dates_of_open
from store.origins import settle_in_force
from store.workdays import change_workdays as write_table

WARN_FROM = 10  # the month from which next year's days off should be known
LONGEST = 31  # days that one change may span
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """One day of the table, before and after."""

    day: date
    was_working: bool
    working: bool
    name: str | None  # why it is off, or worked, from now on
    source: str | None


@dataclass(frozen=True, slots=True)
class WorkdayChange:
    """What a change of the table does."""

    days: tuple[ChangedDay, ...]
    moved: tuple[Moved, ...]  # every set of dates that was written anew, by act-by

    @property
    def shown(self) -> tuple[Moved, ...]:
        """What people should see before they agree: open deadlines of which a day or a stage moves."""
        return tuple(m for m in self.moved if m.open and (m.moves_date or m.stages))

    @property
    def deadlines(self) -> int:
        return len({m.deadline for m in self.shown})

    @property
    def obligations(self) -> int:
        return sum(m.open for m in self.shown)

    @property
    def stages(self) -> int:
        return sum(len(m.stages) for m in self.shown)


def awaited_year(office: Office, now: datetime) -> int | None:
    """From October on, the next year while its days off are not official; they are announced, never computed."""
    today = office.today(now)
    following = today.year + 1
    return following if today.month >= WARN_FROM and not office.calendar.is_announced(following) else None


def days_between(first: date, last: date) -> list[date]:
    """Both ends included. Raises UserError for a span that ends before it begins, or is too long to be meant."""
    if last < first:
        raise UserError(Problem("workdays.order", {"first": first, "last": last}))
    if (last - first).days >= LONGEST:
        raise UserError(Problem("workdays.too_long", {"first": first, "last": last, "most": LONGEST}))
    return [first + n * _DAY for n in range((last - first).days + 1)]


def rows_for(
    calendar: WorkingCalendar, days: Sequence[date], *, working: bool, name: str, source: str | None
) -> list[Workday]:
    """The rows that make these days so; of several days, those that are so already are left out unless all are."""
    rows = [Workday(day, working, name.strip(), source) for day in days]
    return [row for row in rows if not is_known(calendar, row)] or rows


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants some days to be; `working` None: as they are without rows of the installation's own."""

    first: date
    last: date
    working: bool | None
    name: str = ""  # why
    source: str | None = None


def wished(office: Office, act: Act, wish: Wish, *, dry_run: bool = False) -> WorkdayChange:
    """Make these days so. Raises UserError as `days_between` and `change_workdays` do."""
    days = days_between(wish.first, wish.last)
    if wish.working is None:
        own = {row.day for row in office.calendar.own}
        return change_workdays(office, act, (), [d for d in days if d in own] or days, dry_run=dry_run)
    rows = rows_for(office.calendar, days, working=wish.working, name=wish.name, source=wish.source)
    return change_workdays(office, act, rows, dry_run=dry_run)


@dataclass(frozen=True, slots=True)
class ListedDay:
    """A day of a year that the table or a holiday makes other than its weekday would."""

    day: date
    working: bool
    name: str | None
    source: str | None
    origin: str  # own: the installation's | shipped: of the program's table | reckoned: of the law alone
    confirmed: bool


def listed_days(calendar: WorkingCalendar, year: int) -> list[ListedDay]:
    """The days of a year that have a row or a name."""
    own = set(calendar.own)
    found = []
    for number in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1):
        day = date.fromordinal(number)
        row, name = calendar.row_of(day), calendar.name_of(day)
        if row is None and not name:
            continue
        origin = "reckoned" if row is None else "own" if row in own else "shipped"
        source = row.source if row is not None else None
        is_confirmed = row is not None and row.confirmed
        found.append(ListedDay(day, calendar.is_working(day), name, source, origin, is_confirmed))
    return found


def is_known(calendar: WorkingCalendar, row: Workday) -> bool:
    """Whether a row would change nothing: the day is so already, and officially."""
    if calendar.is_working(row.day) is not row.working:
        return False
    have = calendar.row_of(row.day)
    if have is None:  # a holiday that no row confirms, or a plain day
        return row.working or calendar.name_of(row.day) is None
    same = (have.name, have.source) == (row.name, row.source)
    return have.confirmed and (same or have not in calendar.own)


def change_workdays(
    office: Office, act: Act, rows: Sequence[Workday], cleared: Collection[date] = (), *, dry_run: bool = False
) -> WorkdayChange:
    """Write these days into the table and take others out of it; every date follows in the same transaction.

    Raises UserError with every day that is so already, and every day to clear that has no row of its own.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        office.follow_table(tx, lock=True)
        old = office.calendar
        own = {row.day: row for row in old.own}
        _check(old, rows, cleared, own)
        revision = write_table(tx, rows, cleared)
        kept = {day: row for day, row in own.items() if day not in cleared}
        new = old.having({**kept, **{row.day: row for row in rows}}.values(), revision)
        days = [_changed(old, new, day) for day in sorted({row.day for row in rows} | set(cleared))]
        moved = redate(tx, office, new, around=[d.day for d in days])
        _audit(tx, act, days, moved)
        _follow(tx, replace(office, calendar=new), act, moved)
    if not dry_run:
        old.take(new.own, revision)
    return WorkdayChange(tuple(days), tuple(moved))


def _check(calendar: WorkingCalendar, rows: Iterable[Workday], cleared: Iterable[date], own: Collection[date]) -> None:
    problems = [Problem("workdays.not_own", {"day": day}) for day in sorted(cleared) if day not in own]
    for row in rows:
        if not row.name:
            problems.append(Problem("workdays.reason", {"day": row.day}))
        if is_known(calendar, row):
            problems.append(Problem("workdays.works" if row.working else "workdays.off", {"day": row.day}))
    if problems:
        raise UserError(problems)


def _changed(old: WorkingCalendar, new: WorkingCalendar, day: date) -> ChangedDay:
    row = new.row_of(day)
    source = row.source if row else None
    return ChangedDay(day, old.is_working(day), new.is_working(day), new.name_of(day), source)


def _audit(tx: Connection, act: Act, days: Iterable[ChangedDay], moved: Iterable[Moved]) -> None:
    entries = [
        AuditEntry(
            act.now,
            act.actor,
            "workdays",
            f"workdays/{d.day.isoformat()}",
            act.reason,
            {"was_working": d.was_working, "working": d.working, "name": d.name, "source": d.source},
        )
        for d in days
    ]
    for m in moved:
        if not m.moves_date:
            continue
        stated = {"old": m.before.stated.isoformat(), "new": m.after.stated.isoformat()}
        detail = {
            **(stated if m.before.stated != m.after.stated else {}),
            "basis": m.basis.value,
            "old_act_by": m.before.act_by.isoformat(),
            "new_act_by": m.after.act_by.isoformat(),
            "why": "workdays",
        }
        entries.append(AuditEntry(act.now, act.actor, "move", str(m.deadline), act.reason, detail))
    record(tx, entries)


def _follow(tx: Connection, office: Office, act: Act, moved: Sequence[Moved]) -> None:
    """What rests on the dates: verdicts, events, and what people are told."""
    dated = [m for m in moved if m.moves_date]
    concerned = {m.deadline_id for m in dated if m.basis is not Basis.RESUBMISSION}
    in_force_until_now = dates_of_open(tx, concerned)
    others = settle_in_force(tx, concerned)
    render_obligations(tx, office, act.now, others)
    again = {m.deadline_id for m in dated if min(m.before.late_at, m.after.late_at) <= act.now}
    render_obligations(tx, office, act.now, judge_again(tx, office, act, again))
    render_obligations(tx, office, act.now, [h.obligation for m in moved for h in m.holders])
    render_coordinations(tx, office, act.now, [m.deadline_id for m in dated if m.basis is Basis.RULE])
    told = {i: in_force_until_now[i] for i in others if i in in_force_until_now} | {
        h.obligation: m.before
        for m in dated
        for h in m.holders
        if h.open and (m.before.act_by, m.before.last_day) != (m.after.act_by, m.after.last_day)
    }
    announce_moved(tx, office, act.now, told)
    recount(tx, office, act.now, {m.deadline_id for m in dated})
    render_workdays(tx, office, act.now)
