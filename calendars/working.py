"""Which days are worked: weekends and public holidays, overlaid by the installation's own table.

Does not know any swap of days by itself: those are announced year by year and come as rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

from plans.policies import QuietDays
from plans.rules import HUNG_KINGS, TET
from plans.workdays import Workday

_DAY = timedelta(days=1)
_WEEKEND = frozenset({5, 6})  # date.weekday(): Saturday and Sunday
_AFTER_TET = QuietDays()
# The package's names of the days themselves; neighbours and days off in lieu carry longer ones.
_ANCHORS = {TET: "Tết Nguyên Đán", HUNG_KINGS: "Ngày Giỗ Tổ Hùng Vương"}


@dataclass(frozen=True, slots=True)
class _Public:
    """What the package says of one year."""

    off: Mapping[date, str]
    worked: frozenset[date]  # rest days worked in exchange for a day off that it knows of
    anchors: Mapping[str, date]  # the days that the moon decides, by event


@cache
def _public(year: int) -> _Public:
    """Kept for the life of the process: making the package's object costs more than all that is asked of it."""
    import holidays  # noqa: PLC0415 - a sixth of a second that a process does without where another has asked it

    found = holidays.country_holidays("VN", language="vi", years=year)
    off = dict(found.items())
    worked = frozenset(day for day in found.weekend_workdays if day.year == year)
    named = {name: day for day, names in off.items() for name in names.split("; ")}
    return _Public(off, worked, {event: named[name] for event, name in _ANCHORS.items() if name in named})


@dataclass(frozen=True, slots=True)
class _Year:
    off: Mapping[date, str | None]  # every day off and its name; None for a plain weekend
    ordinals: tuple[int, ...]  # the same days, ascending


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows in force. Never changes, so that threads share it and a change is one swap of a reference."""

    rows: Mapping[date, Workday]
    own: tuple[Workday, ...]  # those of the installation among them
    revision: str | None  # of its own rows and quiet days, as the store counts; None: as they were at first
    quiet: QuietDays
    years: dict[int, _Year] = field(default_factory=dict)  # filled when first asked for, by any thread alike


class WorkingCalendar:
    """Vietnam's weekends and public holidays under `rows`, which win in both directions.

    `weekend` holds numbers of `date.weekday()`. The installation's `own` rows win over `rows` and are taken over anew
    when they change. Years are loaded when first asked for; after 2100 the package knows no holidays, and only weekends
    and rows count. Raises ValueError for a week without working days.
    """

    def __init__(
        self,
        rows: Iterable[Workday] = (),
        weekend: Collection[int] = _WEEKEND,
        own: Iterable[Workday] = (),
        revision: str | None = None,
        quiet: QuietDays = _AFTER_TET,
    ) -> None:
        self._weekend = frozenset(weekend)
        if self._weekend >= set(range(7)):
            raise ValueError("a week needs a working day")
        self._shipped = tuple(rows)
        self.take(own, revision, quiet)

    def take(self, own: Iterable[Workday], revision: str | None, quiet: QuietDays | None = None) -> None:
        """Go by these rows of the installation, and where given by these quiet days, from now on."""
        own, quiet = tuple(own), self.quiet if quiet is None else quiet
        self._table = _Table({row.day: row for row in (*self._shipped, *own)}, own, revision, quiet)

    def having(
        self, own: Iterable[Workday], revision: str | None = None, quiet: QuietDays | None = None
    ) -> WorkingCalendar:
        """Another calendar, like this one but for the installation's own rows and, where given, its quiet days."""
        return WorkingCalendar(self._shipped, self._weekend, own, revision, self.quiet if quiet is None else quiet)

    @property
    def own(self) -> tuple[Workday, ...]:
        return self._table.own

    @property
    def quiet(self) -> QuietDays:
        return self._table.quiet

    @property
    def revision(self) -> str | None:
        return self._table.revision

    @property
    def rows(self) -> list[Workday]:
        """The rows in force, by day."""
        return [row for _, row in sorted(self._table.rows.items())]

    def row_of(self, day: date) -> Workday | None:
        return self._table.rows.get(day)

    def is_announced(self, year: int) -> bool:
        """Whether the days off of Tết Nguyên đán are known officially: with them a year's announcement comes.

        That is so when each of them but plain weekends has a confirmed row; the other holidays follow from the law.
        """
        rows, tet = self._table.rows, self.anchor(TET, year)
        if tet is None:
            return any(row.confirmed and row.day.year == year for row in rows.values())
        first, last = self.preceding(tet) + _DAY, self.following(tet) - _DAY
        days = (date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))
        return first <= last and all(rows[d].confirmed if d in rows else self.is_weekend(d) for d in days)

    def is_working(self, day: date) -> bool:
        return day not in self._year(day.year).off

    def is_weekend(self, day: date) -> bool:
        """Whether `day` is a rest day of every week, worked or not."""
        return day.weekday() in self._weekend

    def name_of(self, day: date) -> str | None:
        """Why a day is off, or worked against the rule; None for plain weekends and plain working days."""
        row = self._table.rows.get(day)
        return row.name if row else _public(day.year).off.get(day)

    def preceding(self, day: date) -> date:
        """The last working day ≤ `day`."""
        while not self.is_working(day):
            day -= _DAY
        return day

    def following(self, day: date) -> date:
        """The first working day ≥ `day`."""
        while not self.is_working(day):
            day += _DAY
        return day

    def add(self, day: date, n: int) -> date:
        """The `n`-th working day after `day`, before it for a negative `n`; `day` itself is not counted.

        The first day is left out as in Bộ luật Dân sự 2015, Điều 147.
        """
        for _ in range(abs(n)):
            day = self.following(day + _DAY) if n > 0 else self.preceding(day - _DAY)
        return day

    def count(self, after: date, until: date) -> int:
        """Working days in (after, until]; negative when `until` comes first."""
        if until < after:
            return -self.count(until, after)
        off = 0
        for year in range(after.year, until.year + 1):
            ordinals = self._year(year).ordinals
            off += bisect_right(ordinals, until.toordinal()) - bisect_right(ordinals, after.toordinal())
        return (until - after).days - off

    def is_quiet(self, day: date) -> bool:
        """Whether nobody is written to on `day`: the first working day after Tết Nguyên đán, and days of its own."""
        if day in self._table.quiet:
            return True
        tet = self.anchor(TET, day.year) if self._table.quiet.after_tet else None
        return tet is not None and tet < day <= tet + timedelta(days=31) and self.following(tet) == day

    def anchor(self, event: str, year: int) -> date | None:
        """The day of an event of `plans.rules.ANCHORS`: mùng 1 Tết, mùng 10 tháng 3 âm lịch; rows do not move it.

        None where the package does not say it: after 2100, and for Giỗ Tổ before 2007, when it was no public holiday.
        """
        return _public(year).anchors.get(event)

    def _year(self, year: int) -> _Year:
        table = self._table
        found = table.years.get(year)
        if found is None:
            found = table.years[year] = self._load(year, table.rows)
        return found

    def _load(self, year: int, rows: Mapping[date, Workday]) -> _Year:
        public = _public(year)
        off: dict[date, str | None] = {}
        for ordinal in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1):
            day = date.fromordinal(ordinal)
            if row := rows.get(day):
                if not row.working:
                    off[day] = row.name
            elif day in public.off or (day.weekday() in self._weekend and day not in public.worked):
                off[day] = public.off.get(day)
        return _Year(off, tuple(day.toordinal() for day in off))
