"""Policies without fault, as somebody could write them."""

from __future__ import annotations

from datetime import date, time

from hypothesis import strategies as st

from plans.policies import Anchor, Policy, QuietDays, Stage, To, stage
from plans.rules import Count, MonthDay

_SLUGS = st.from_regex(r"[a-z]{3,8}(-[a-z0-9]{1,4})?", fullmatch=True)
_OFFICE_HOURS = st.times(time(8), time(16, 59)).map(lambda t: t.replace(second=0, microsecond=0))
_AFTERNOONS = st.times(time(14), time(16, 59)).map(lambda t: t.replace(second=0, microsecond=0))
_MORNINGS = st.times(time(8), time(13, 59)).map(lambda t: t.replace(second=0, microsecond=0))


@st.composite
def stages_without_fault(draw: st.DrawFn) -> tuple[Stage, ...]:
    """Officers are told before the date, of lateness after the coordinator's list, and heads after them."""
    found = [
        stage(Anchor.ACT_BY, -days, unit, draw(_OFFICE_HOURS))
        for days, unit in draw(
            st.lists(st.tuples(st.integers(1, 40), st.sampled_from(Count)), max_size=4, unique_by=lambda one: one)
        )
    ]
    if draw(st.booleans()):
        found.append(stage(Anchor.OPENS, at=draw(_OFFICE_HOURS)))
        if draw(st.booleans()):
            found.append(stage(Anchor.OPENS, to=To.COORDINATING))
    first = draw(_MORNINGS)
    found.append(stage(Anchor.ACT_BY, at=first))
    if draw(st.booleans()):
        found.append(stage(Anchor.ACT_BY, at=draw(_AFTERNOONS), to=To.HEAD))
    late = sorted(draw(st.sets(st.integers(1, 30), max_size=4)))
    if late:
        found.append(stage(Anchor.LATE_AFTER, 1, at=draw(_MORNINGS), to=To.COORDINATOR))
        hour = draw(_AFTERNOONS)
        found += [stage(Anchor.LATE_AFTER, days, at=hour) for days in late]
        heads = draw(st.sets(st.sampled_from(late), max_size=3))
        found += [stage(Anchor.LATE_AFTER, days, at=hour, to=To.HEAD) for days in sorted(heads)]
    return tuple(found)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A policy of an office's own with some variants."""
    names = draw(st.lists(_SLUGS, min_size=1, max_size=4, unique=True))
    name = f"rieng-{names[0]}"
    variants = {audience: draw(stages_without_fault()) for audience in names[1:]}
    return Policy(name, draw(stages_without_fault()), variants, draw(st.none() | st.integers(20, 99)))


def quiet_days() -> st.SearchStrategy[QuietDays]:
    days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
    every_year = st.builds(MonthDay, st.integers(1, 12), st.integers(1, 28))
    return st.builds(QuietDays, st.booleans(), st.lists(days | every_year, max_size=5, unique=True).map(tuple))
