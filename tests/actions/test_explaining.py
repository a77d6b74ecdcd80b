from __future__ import annotations

from datetime import date

import pytest

from actions.explaining import why
from plans.deadlines import DeadlineKey
from plans.happenings import Happening
from plans.problems import UserError
from store.happenings import save_happenings
from tests.actions.province import TWO_UNITS, Town, plan, task, yearly
from tests.conftest import load_text, local


def key(text: str) -> DeadlineKey:
    found = DeadlineKey.parse(text)
    assert found is not None
    return found


@pytest.fixture
def explained(town: Town) -> Town:
    quoted = yearly(source='{line: 63, quote: "trước ngày 05 tháng 12"}')
    load_text(
        town.office,
        local("2026-10-01 09:00"),
        TWO_UNITS,
        plan(quoted, task("mo", "standing", kind="standing"), task("chua", "@chua-xac-dinh")),
    )
    return town


def test_why_tells_the_stored_dates_and_each_step(explained: Town) -> None:
    with explained.office.database.read() as tx:
        told = why(tx, explained.office, key("ke-hoach/bao-cao-nam/2026"))
    assert (told.dates.last_day, told.dates.act_by, told.dates.late_on) == (
        date(2026, 12, 4),
        date(2026, 12, 4),
        date(2026, 12, 5),
    )
    assert [s.code for s in told.dates.steps] == ["stated_before", "last_day_before", "act_by_working", "late_before"]
    assert (told.task.source.quote, told.rrule, told.tracked) == (
        "trước ngày 05 tháng 12",
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=5",
        True,
    )


@pytest.mark.parametrize(("year", "tracked"), [("2025", False), ("2022", None), ("2040", None)])
def test_why_of_a_period_that_is_not_made_gives_what_its_rule_would(
    explained: Town, year: str, tracked: bool | None
) -> None:
    with explained.office.database.read() as tx:
        told = why(tx, explained.office, key(f"ke-hoach/bao-cao-nam/{year}"))
    assert (told.dates.stated, told.tracked) == (date(int(year), 12, 5), tracked)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("ke-hoach/mo/once", "deadline.standing"),
        ("ke-hoach/chua/once", "deadline.undated"),
        ("ke-hoach/bao-cao-nam/2019", "deadline.unknown_near"),  # before the plan was issued
        ("ke-hoach/khac/2026", "deadline.unknown_near"),
        ("xyz/xyz/xyz", "deadline.unknown"),
    ],
)
def test_why_of_what_the_plan_does_not_have_is_refused(explained: Town, asked: str, code: str) -> None:
    with explained.office.database.read() as tx, pytest.raises(UserError) as caught:
        why(tx, explained.office, key(asked))
    assert [p.code for p in caught.value.problems] == [code]


WAITING = task("sau-hop", "{after: {event: hop-hoi-dong, days: 5}}")
KNOWN = date(2026, 10, 20)


def test_why_of_a_task_that_waits_for_an_event_asks_for_its_day(town: Town) -> None:
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(WAITING))
    with town.office.database.read() as tx, pytest.raises(UserError) as caught:
        why(tx, town.office, key("ke-hoach/sau-hop/hop-hoi-dong"))
    assert [(p.code, dict(p.params)) for p in caught.value.problems] == [
        ("deadline.event_open", {"name": "hop-hoi-dong", "event": "hop-hoi-dong"})
    ]


def test_why_of_a_task_whose_event_has_its_day_counts_from_it(town: Town) -> None:
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(WAITING))
    with town.office.database.write() as tx:
        save_happenings(tx, [Happening("hop-hoi-dong", KNOWN)], {})
        told = why(tx, town.office, key("ke-hoach/sau-hop/hop-hoi-dong"))
    assert (told.dates.stated, told.rrule) == (date(2026, 10, 25), None)
    assert [step.code for step in told.dates.steps[:2]] == ["event", "after_days"]
