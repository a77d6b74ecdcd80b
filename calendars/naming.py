"""Steps of an explanation that name days people may not expect: holidays in between, Saturdays that are worked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from calendars.working import WorkingCalendar
from plans.deadlines import Step

_DAY = timedelta(days=1)
_SAID = 2  # stretches of holidays named one by one


def holidays_between(after: date, until: date, calendar: WorkingCalendar) -> Iterator[Step]:
    """The holidays strictly between two days with no working day between, which make a step longer than a weekend."""
    named = _holidays(after + _DAY, until, calendar)
    if named:
        yield _stretch("between", named)


def uncounted(first: date, last: date, calendar: WorkingCalendar) -> Iterator[Step]:
    """What a count of working days from `first` to `last` left out beside plain weekends, and what it took in."""
    stretches: list[list[tuple[date, str]]] = []
    for day, name in _holidays(first, last + _DAY, calendar):
        # Days with none but days off between them are one stretch.
        if stretches and not calendar.count(stretches[-1][-1][0], day):
            stretches[-1].append((day, name))
        else:
            stretches.append([(day, name)])
    if len(stretches) <= _SAID:
        yield from (_stretch("uncounted", stretch) for stretch in stretches)
    else:
        days = [one for stretch in stretches for one in stretch]
        yield Step("uncounted_many", {"number": len(days), **_ends(days)})
    worked = [day for day in _days(first, last + _DAY) if calendar.is_working(day) and calendar.is_weekend(day)]
    if len(worked) > _SAID:
        ends = {"first": worked[0].isoformat(), "last": worked[-1].isoformat()}
        yield Step("counted_made_up", {"number": len(worked), **ends})
    else:
        for day in worked:
            yield from made_up(day, calendar)


def made_up(day: date, calendar: WorkingCalendar) -> Iterator[Step]:
    """Says so when `day`, a working day, is one that people would think is off."""
    if name := calendar.name_of(day):
        yield Step("made_up", {"day": day.isoformat(), "name": name})
    elif calendar.is_weekend(day):
        yield Step("made_up_plain", {"day": day.isoformat()})


def _days(first: date, until: date) -> Iterator[date]:
    return map(date.fromordinal, range(first.toordinal(), until.toordinal()))


def _holidays(first: date, until: date, calendar: WorkingCalendar) -> list[tuple[date, str]]:
    """The days off with a name in [first, until)."""
    days = (day for day in _days(first, until) if not calendar.is_working(day))
    return [(day, name) for day in days if (name := calendar.name_of(day))]


def _stretch(code: str, named: list[tuple[date, str]]) -> Step:
    """One step for holidays of which no working day lies between: alone, of one name, or from one to another."""
    (first, name), (_, last_name) = named[0], named[-1]
    if len(named) == 1:
        return Step(f"{code}_one", {"day": first.isoformat(), "name": name})
    if name == last_name:
        return Step(f"{code}_same", {"first": first.isoformat(), "last": named[-1][0].isoformat(), "name": name})
    return Step(code, _ends(named))


def _ends(named: list[tuple[date, str]]) -> dict[str, str | int]:
    (first, from_name), (last, to_name) = named[0], named[-1]
    return {"first": first.isoformat(), "last": last.isoformat(), "from_name": from_name, "to_name": to_name}
