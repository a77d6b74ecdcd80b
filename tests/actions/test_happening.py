"""Deadlines that count from an event: none before its day is known, and a unit's own day is its own."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from actions.happening import Entered, awaited_events, set_event
from actions.receiving import Receipt, submit
from plans.deadlines import Basis, DeadlineKey
from plans.problems import UserError
from store.deadlines import deadline_facts
from store.obligations import of_plan
from store.schema import audit
from tests.actions.province import CHI, UNITS, Town, act, plan, task
from tests.conftest import load_text, local

AFTER = "{after: {event: hoi-nghi, name: Hội nghị điển hình tiên tiến, working_days: 10}}"
BEFORE = "{before_event: {event: hoi-nghi, days: 5}}"
KEY = DeadlineKey.parse("ke-hoach/sau-hoi-nghi/hoi-nghi")
OCTOBER = local("2026-10-01 09:00")


def settle(town: Town, *tasks: str) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*(tasks or (task("sau-hoi-nghi", AFTER, "[cac-xa]"),))))


def enter(town: Town, day: date | None, *units: str, at: str = "2026-10-05 09:00", dry_run: bool = False) -> Entered:
    return set_event(town.office, act(at, "theo giấy mời"), "hoi-nghi", day, units, dry_run=dry_run)


def days(town: Town) -> dict[str, tuple[str, str, str]]:
    """Unit → state, basis and last day."""
    with town.office.database.read() as tx:
        return {o.unit: (o.state.value, o.basis.value, o.dates.last_day.isoformat()) for o in of_plan(tx, "ke-hoach")}


def test_there_is_no_deadline_before_the_event_has_its_day(town: Town) -> None:
    settle(town)
    assert days(town) == {}
    with town.office.database.read() as tx:
        (awaited,) = awaited_events(tx)
    assert (awaited.event, awaited.name, awaited.day) == ("hoi-nghi", "Hội nghị điển hình tiên tiến", None)
    assert awaited.tasks == ("ke-hoach/sau-hoi-nghi",)


def test_day_of_the_event_gives_everyone_its_date(town: Town) -> None:
    """Ten working days after Wednesday 11/11/2026, 24/11 being a holiday: Thursday 26/11."""
    settle(town)
    assert enter(town, date(2026, 11, 11)) == Entered(1, 3, 0, (), made=((str(KEY), date(2026, 11, 26)),))
    assert days(town) == dict.fromkeys(("xa-a", "xa-b", "xa-c"), ("open", "rule", "2026-11-26"))
    with town.office.database.read() as tx:
        assert tx.execute(select(audit.c.subject, audit.c.reason).where(audit.c.action == "event")).all() == [
            ("events/hoi-nghi", "theo giấy mời")
        ]
    town.walk("2026-11-11", "2026-11-26", "08:00")
    assert [s for _, _, _, s in town.sent(CHI)] == [["T-15"] * 3, ["T-3wd"] * 3, ["T0"] * 3]


def test_dry_run_enters_nothing(town: Town) -> None:
    settle(town)
    assert enter(town, date(2026, 11, 11), dry_run=True) == Entered(1, 3, 0, (), made=((str(KEY), date(2026, 11, 26)),))
    assert days(town) == {}


def test_event_put_off_moves_the_deadline_and_tells_who_knew(town: Town) -> None:
    settle(town)
    enter(town, date(2026, 11, 11))
    town.tick("2026-11-11 08:00")
    done = enter(town, date(2026, 12, 10), at="2026-11-12 09:00")
    assert done.moved == ((str(KEY), date(2026, 11, 26), date(2026, 12, 24)),)
    town.tick("2026-11-12 10:00")
    assert town.sent(CHI)[1:] == [("2026-11-12 10:00", CHI, "digest", ["n-moved"] * 3)]


def test_day_taken_away_ends_the_deadline(town: Town) -> None:
    settle(town)
    enter(town, date(2026, 11, 11))
    assert enter(town, None, at="2026-10-06 09:00").cancelled == 3
    assert {state for state, _, _ in days(town).values()} == {"cancelled"}


def test_unit_with_a_day_of_its_own(town: Town) -> None:
    settle(town)
    enter(town, date(2026, 11, 11))
    done = enter(town, date(2026, 11, 18), "xa-b", at="2026-10-06 09:00")
    assert done.own == (("Xã B", str(KEY), date(2026, 11, 26), date(2026, 12, 3)),)
    assert days(town) == {
        "xa-a": ("open", "rule", "2026-11-26"),
        "xa-b": ("open", "event", "2026-12-03"),
        "xa-c": ("open", "rule", "2026-11-26"),
    }
    town.ticks("2026-11-26 08:00", "2026-12-03 08:00")
    told = {(i.unit, i.stage) for m in town.log("sent") for i in m.items}
    assert told >= {("xa-a", "T0"), ("xa-b", "T0"), ("xa-c", "T0")}
    enter(town, None, "xa-b", at="2026-12-03 09:00")
    assert days(town)["xa-b"] == ("open", "rule", "2026-11-26")


def test_only_units_whose_event_has_its_day_owe(town: Town) -> None:
    settle(town)
    enter(town, date(2026, 11, 18), "xa-b")
    assert days(town) == {"xa-b": ("open", "rule", "2026-12-03")}
    enter(town, date(2026, 11, 11), "xa-a", at="2026-10-06 09:00")
    assert {u: d for u, (_, _, d) in days(town).items()} == {"xa-a": "2026-11-26", "xa-b": "2026-12-03"}
    with town.office.database.read() as tx:
        (facts,) = deadline_facts(tx, key=KEY)
    assert facts.dates.last_day == date(2026, 11, 26)


def test_later_unit_owes_although_the_first_ones_are_long_over(town: Town) -> None:
    settle(town)
    enter(town, date(2026, 10, 6), "xa-a")
    enter(town, date(2026, 12, 1), "xa-b", at="2026-12-01 09:00")
    assert {u: d for u, (_, _, d) in days(town).items()} == {"xa-a": "2026-10-20", "xa-b": "2026-12-15"}


def test_lateness_is_judged_by_the_units_own_day(town: Town) -> None:
    settle(town)
    enter(town, date(2026, 11, 11))
    enter(town, date(2026, 11, 18), "xa-b", at="2026-10-06 09:00")
    assert KEY is not None
    submit(town.office, act("2026-12-02 09:00"), KEY, ["xa-a", "xa-b"], Receipt(date(2026, 12, 2)))
    with town.office.database.read() as tx:
        assert {o.unit: o.late for o in of_plan(tx, "ke-hoach") if o.unit != "xa-c"} == {"xa-a": True, "xa-b": False}


BOTH, ONE = (task("sau-hoi-nghi", AFTER, owed_by) for owed_by in ("[xa-a, xa-b]", "[xa-a]"))


def test_unit_that_is_no_longer_addressed_is_let_off_while_its_own_day_is_ahead(town: Town) -> None:
    settle(town, BOTH)
    enter(town, date(2026, 10, 12), "xa-a")
    enter(town, date(2026, 11, 11), "xa-b", at="2026-10-06 09:00")
    load_text(town.office, local("2026-11-02 09:00"), plan(ONE))
    assert days(town) == {"xa-a": ("open", "rule", "2026-10-26"), "xa-b": ("cancelled", "event", "2026-11-26")}
    assert KEY is not None
    assert town.one(KEY, "xa-b").reason == "not_addressed"
    town.tick("2026-11-05 14:00")
    assert {unit for m in town.log() for unit in {i.unit for i in m.items}} == {"xa-a"}
    load_text(town.office, local("2026-11-06 09:00"), plan(BOTH))
    assert days(town)["xa-b"] == ("open", "event", "2026-11-26")


@pytest.mark.parametrize("general", [date(2026, 10, 12), date(2026, 12, 1)])
def test_unit_whose_own_day_is_over_stays_late_though_no_longer_addressed(town: Town, general: date) -> None:
    settle(town, BOTH)
    enter(town, general)
    enter(town, date(2026, 10, 13), "xa-b", at="2026-10-06 09:00")
    load_text(town.office, local("2026-11-02 09:00"), plan(ONE))
    assert days(town)["xa-b"] == ("open", "event", "2026-10-27")


def test_who_was_let_off_before_its_own_day_is_not_accused_after_it(town: Town) -> None:
    settle(town, BOTH)
    enter(town, date(2026, 12, 1))
    enter(town, date(2026, 10, 13), "xa-b", at="2026-10-06 09:00")
    load_text(town.office, local("2026-10-07 09:00"), plan(ONE))
    assert days(town)["xa-b"] == ("cancelled", "event", "2026-10-27")
    load_text(town.office, local("2026-11-02 09:00"), plan(BOTH))
    assert days(town)["xa-b"] == ("cancelled", "event", "2026-10-27")


def test_member_that_leaves_between_the_general_day_and_its_own_owes_nothing(town: Town) -> None:
    """And one that joins in between, with a day of its own, does."""
    cluster = """groups:
  - id: cum
    name: Cụm
    members: [xa-a, {unit: xa-b, until: 15/11/2026}, {unit: xa-c, from: 16/11/2026}]
"""
    load_text(town.office, OCTOBER, UNITS + cluster, plan(task("sau-hoi-nghi", AFTER, "[cum]")))
    enter(town, date(2026, 10, 20))
    assert {u: d for u, (_, _, d) in days(town).items()} == dict.fromkeys(("xa-a", "xa-b"), "2026-11-03")
    for unit in ("xa-b", "xa-c"):
        enter(town, date(2026, 11, 11), unit, at="2026-10-06 09:00")
    assert days(town) == {
        "xa-a": ("open", "rule", "2026-11-03"),
        "xa-b": ("cancelled", "event", "2026-11-26"),
        "xa-c": ("open", "event", "2026-11-26"),
    }


def test_day_that_is_taken_away_gives_the_general_one_back_to_who_is_not_addressed(town: Town) -> None:
    settle(town, BOTH)
    enter(town, date(2026, 10, 12))
    enter(town, date(2026, 10, 13), "xa-b", at="2026-10-06 09:00")
    load_text(town.office, local("2026-11-02 09:00"), plan(ONE))
    enter(town, None, "xa-b", at="2026-11-02 10:00")
    assert days(town)["xa-b"] == ("open", "rule", "2026-10-26")


@pytest.mark.parametrize("units", [(), ("xa-a",)])
def test_corrected_day_corrects_the_verdicts_that_rest_on_it(town: Town, units: tuple[str, ...]) -> None:
    """Also the day of a unit alone, and back again."""
    settle(town)
    enter(town, date(2026, 11, 11))
    assert KEY is not None
    submit(town.office, act("2026-12-02 09:00"), KEY, ["xa-a"], Receipt(date(2026, 12, 2)))
    found = [town.one(KEY, "xa-a").late]
    for day in (date(2026, 11, 18), date(2026, 11, 11)):
        enter(town, day, *units, at="2026-12-03 09:00")
        found.append(town.one(KEY, "xa-a").late)
    assert found == [True, False, True]
    with town.office.database.read() as tx:
        judged = tx.execute(select(audit.c.subject, audit.c.detail).where(audit.c.action == "judge")).all()
    assert [(subject, detail["late"]) for subject, detail in judged] == [(f"{KEY}/xa-a", v) for v in (False, True)]


def test_same_day_entered_again_writes_nothing(town: Town) -> None:
    settle(town)
    enter(town, date(2026, 11, 11))
    enter(town, date(2026, 11, 18), "xa-b", at="2026-10-06 09:00")
    with town.office.database.read() as tx:
        before = [(o.id, o.revision, o.dates, o.basis) for o in of_plan(tx, "ke-hoach")]
    assert enter(town, date(2026, 11, 18), "xa-b", at="2026-10-07 09:00") == Entered(0, 0, 0, ())
    with town.office.database.read() as tx:
        assert [(o.id, o.revision, o.dates, o.basis) for o in of_plan(tx, "ke-hoach")] == before
    assert {Basis(b) for _, b, _ in days(town).values()} == {Basis.RULE, Basis.EVENT}


def test_days_before_an_event(town: Town) -> None:
    settle(town, task("truoc-hoi-nghi", BEFORE, "[xa-a]"))
    enter(town, date(2026, 11, 11))
    assert days(town) == {"xa-a": ("open", "rule", "2026-11-06")}


def test_unit_that_owes_nothing_by_the_event_is_named_and_nothing_is_kept(town: Town) -> None:
    settle(town)
    enter(town, date(2026, 11, 11))
    with pytest.raises(UserError) as caught:
        enter(town, date(2026, 11, 18), "so-y-te", "xa-b", at="2026-10-06 09:00")
    assert [(p.code, p.params["unit"]) for p in caught.value.problems] == [("event.owes_not", "Sở Y tế")]
    assert {d for _, _, d in days(town).values()} == {"2026-11-26"}


def test_unknown_event_and_units_are_all_named(town: Town) -> None:
    settle(town)
    with pytest.raises(UserError) as caught:
        set_event(town.office, act("2026-10-05 09:00"), "hoi-nghi-x", date(2026, 11, 11), ["xa-aa", "zzz"])
    assert [(p.code, p.params.get("nearest")) for p in caught.value.problems] == [
        ("event.unknown_near", "hoi-nghi"),
        ("option.unit_near", "xa-a"),
        ("option.unit", None),
    ]
    with pytest.raises(UserError) as caught:
        set_event(town.office, act("2026-10-05 09:00"), "tet-nguyen-dan", date(2027, 2, 6))
    assert [p.code for p in caught.value.problems] == ["event.anchor"]
