from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from actions.adjusting import extend, waive
from actions.happening import set_event
from actions.office import Office
from actions.receiving import Receipt, accept, send_back, submit
from actions.workdays import change_workdays, rows_for
from calendars.working import WorkingCalendar
from plans.deadlines import Basis, DeadlineKey
from plans.problems import UserError
from plans.rules import Operator
from plans.status import State
from store.database import Database
from store.deadlines import count_dues, deadline_facts
from store.marks import trail
from store.obligations import judged_by, of_deadline
from store.schema import deadlines, dues, extensions, obligations
from tests.actions.province import (
    AN,
    ONCE,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Town,
    act,
    everything,
    plan,
    task,
    yearly,
)
from tests.conftest import load_text, local, make_office

assert YEARLY is not None
assert ONCE is not None
Y_TE, ALL = ["so-y-te"], ["xa-a", "xa-b", "xa-c"]


def settle(town: Town, *tasks: str, units: str = TWO_UNITS) -> None:
    load_text(town.office, local("2026-10-01 09:00"), units, plan(*(tasks or [yearly()])))


def states(town: Town, key: DeadlineKey, units: list[str]) -> list[str]:
    return [town.one(key, u).state.value for u in units]


# -- a later date -----------------------------------------------------------------------------------------------------


def test_extension_keeps_the_original_and_names_its_document(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    done = extend(
        town.office,
        act("2026-12-01 09:00", "mưa lũ"),
        YEARLY,
        ["xa-a", "xa-b"],
        date(2026, 12, 18),
        operator=Operator.BEFORE,
        document="45/UBND-NC",
    )
    assert [(c.obligation.unit, c.before, c.skipped) for c in done] == [
        ("xa-a", State.OPEN, None),
        ("xa-b", State.OPEN, None),
    ]
    a, b, c = (town.one(YEARLY, u) for u in ALL)
    assert (a.basis, a.dates.stated, a.dates.last_day, a.reason) == (
        Basis.EXTENSION,
        date(2026, 12, 18),
        date(2026, 12, 17),
        "mưa lũ",
    )
    assert b.dates == a.dates
    assert (c.basis, c.dates.last_day) == (Basis.RULE, date(2026, 12, 4))
    with town.office.database.read() as tx:
        rows = tx.execute(select(extensions).order_by(extensions.c.id)).all()
        assert judged_by(tx, a.id).stated == date(2026, 12, 18)
        (entry,) = trail(tx, "ke-hoach/bao-cao-nam/2026/xa-a")
    assert [(r.obligation_id, r.document, r.reason, r.granted_by) for r in rows] == [
        (a.id, "45/UBND-NC", "mưa lũ", "tester"),
        (b.id, "45/UBND-NC", "mưa lũ", "tester"),
    ]
    assert rows[0].previous_due_id != rows[0].due_id == rows[1].due_id
    assert (entry.action, entry.detail) == (
        "extend",
        {"old": "2026-12-05", "new": "2026-12-18", "document": "45/UBND-NC"},
    )


@pytest.mark.parametrize("until", [date(2026, 12, 4), date(2026, 12, 1)])
def test_extension_that_is_not_later_is_refused_for_every_unit(sqlite_town: Town, until: date) -> None:
    settle(sqlite_town, yearly("[cac-xa]"), units=UNITS)
    extend(sqlite_town.office, act("2026-10-01 09:00"), YEARLY, ["xa-c"], date(2026, 12, 18))
    before = everything(sqlite_town.office.database)
    with pytest.raises(UserError) as caught:
        extend(sqlite_town.office, act("2026-10-01 10:00"), YEARLY, [], until)
    assert [(p.code, p.params["unit"]) for p in caught.value.problems] == [
        ("extend.not_later", u) for u in ("Xã A", "Xã B", "Xã C")
    ]
    assert everything(sqlite_town.office.database) == before


def test_extension_leaves_out_what_is_done(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    submit(town.office, act("2026-12-01 09:00"), YEARLY, ["xa-b"], Receipt(date(2026, 12, 1)))
    done = extend(town.office, act("2026-12-02 09:00"), YEARLY, [], date(2026, 12, 18))
    assert {c.obligation.unit: c.skipped for c in done} == {"xa-a": None, "xa-b": "is_accepted", "xa-c": None}
    assert town.one(YEARLY, "xa-b").basis is Basis.RULE


def test_extension_makes_late_what_was_late_before_in_time(town: Town) -> None:
    settle(town)
    extend(town.office, act("2026-12-03 09:00"), YEARLY, Y_TE, date(2026, 12, 18))
    (changed,) = submit(town.office, act("2026-12-21 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 18)))
    assert changed.late is False


def test_extension_without_writing(town: Town) -> None:
    settle(town)
    before = everything(town.office.database)
    done = extend(town.office, act("2026-12-01 09:00"), YEARLY, Y_TE, date(2026, 12, 18), dry_run=True)
    assert [c.skipped for c in done] == [None]
    assert everything(town.office.database) == before


def test_same_grant_made_twice_changes_nothing(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    submit(town.office, act("2026-12-01 09:00"), YEARLY, ["xa-c"], Receipt(date(2026, 12, 1)), by_unit=True)
    send_back(town.office, act("2026-12-01 10:00", "thiếu"), YEARLY, ["xa-c"], date(2026, 12, 7))
    submit(town.office, act("2026-12-01 11:00"), YEARLY, ["xa-b"], Receipt(date(2026, 12, 1)), by_unit=True)
    extend(town.office, act("2026-12-02 09:00", "mưa lũ"), YEARLY, [], date(2026, 12, 18))
    before = everything(town.office.database)
    for units in ([], ALL):
        done = extend(town.office, act("2026-12-02 10:00", "mưa lũ"), YEARLY, units, date(2026, 12, 18))
        assert [c.skipped for c in done] == ["same_date"] * 3
    assert everything(town.office.database) == before


def test_extension_of_all_units_is_one_set_of_dates_however_it_was_granted(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    for units, until in ((["xa-a"], 10), (["xa-b"], 18), ([], 18)):
        extend(town.office, act("2026-12-01 09:00", "mưa lũ"), YEARLY, units, date(2026, 12, until))
    with town.office.database.read() as tx:
        found = tx.execute(select(obligations.c.due_id).join(deadlines).where(deadlines.c.period == "2026")).all()
        assert len(set(found)) == 1
        assert [count_dues(tx, deadline_of(town), b) for b in (Basis.RULE, Basis.EXTENSION)] == [1, 2]


def deadline_of(town: Town) -> int:
    with town.office.database.read() as tx:
        return deadline_facts(tx, key=YEARLY)[0].id


def test_extension_of_all_units_leaves_those_with_a_later_date(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    extend(town.office, act("2026-12-01 09:00"), YEARLY, ["xa-b"], date(2026, 12, 25))
    done = extend(town.office, act("2026-12-02 09:00"), YEARLY, [], date(2026, 12, 18))
    assert {c.obligation.unit: c.skipped for c in done} == {"xa-a": None, "xa-b": "not_later", "xa-c": None}
    assert [town.one(YEARLY, u).dates.stated.day for u in ALL] == [18, 25, 18]
    with pytest.raises(UserError) as caught:
        extend(town.office, act("2026-12-02 10:00"), YEARLY, ["xa-b", "xa-c"], date(2026, 12, 21))
    assert [p.params["unit"] for p in caught.value.problems] == ["Xã B"]


def test_extension_counts_for_what_was_declared_late_and_waits(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-10 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 10)), by_unit=True)
    extend(town.office, act("2026-12-11 09:00"), YEARLY, [], date(2026, 12, 18))
    assert town.one().state is State.SUBMITTED
    assert accept(town.office, act("2026-12-14 09:00"), YEARLY, Y_TE)[0].late is False


def test_extension_lifts_the_verdict_of_who_had_sent_late(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    for unit, day in (("xa-a", 1), ("xa-b", 10), ("xa-c", 21)):
        submit(town.office, act("2026-12-21 09:00"), YEARLY, [unit], Receipt(date(2026, 12, day)))
    done = extend(town.office, act("2026-12-22 09:00"), YEARLY, [], date(2026, 12, 18))
    assert [c.skipped for c in done] == ["is_accepted", None, "is_accepted"]
    assert [town.one(YEARLY, u).late for u in ALL] == [False, False, True]


def test_more_time_to_complete_an_answer_is_no_more_time_to_have_sent_it(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-07 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 7)), by_unit=True)
    send_back(town.office, act("2026-12-08 09:00", "thiếu biểu 2"), YEARLY, Y_TE)
    extend(town.office, act("2026-12-09 09:00", "chờ số liệu"), YEARLY, Y_TE, date(2026, 12, 18))
    o = town.one()
    assert (o.state, o.basis, o.dates.stated) == (State.RETURNED, Basis.RESUBMISSION, date(2026, 12, 18))
    assert o.reason == "thiếu biểu 2"  # what is to be completed stays said
    (changed,) = submit(town.office, act("2026-12-17 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 17)))
    assert changed.late is True


def test_later_deadline_for_all_counts_for_who_completes_an_answer_too(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-07 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 7)), by_unit=True)
    send_back(town.office, act("2026-12-08 09:00", "thiếu biểu 2"), YEARLY, Y_TE, date(2026, 12, 25))
    extend(town.office, act("2026-12-09 09:00", "mưa lũ"), YEARLY, [], date(2026, 12, 18))
    o = town.one()
    assert (o.state, o.basis, o.dates.stated) == (State.RETURNED, Basis.RESUBMISSION, date(2026, 12, 25))
    (changed,) = submit(town.office, act("2026-12-24 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 24)))
    assert changed.late is False


def test_extension_of_what_counts_as_not_sent_moves_its_deadline(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-04 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 4)), by_unit=True)
    send_back(town.office, act("2026-12-07 09:00", "nhầm báo cáo"), YEARLY, Y_TE, void=True)
    extend(town.office, act("2026-12-08 09:00"), YEARLY, Y_TE, date(2026, 12, 18))
    (changed,) = submit(town.office, act("2026-12-18 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 18)))
    assert changed.late is False


def test_extension_is_announced_to_whoever_knew_the_date(town: Town) -> None:
    settle(town)
    town.ticks("2026-11-19 08:00")
    extend(town.office, act("2026-11-20 09:00", "mưa lũ"), YEARLY, Y_TE, date(2026, 12, 18))
    town.walk("2026-11-20", "2026-12-18")
    assert town.sent(AN) == [
        ("2026-11-19 08:00", AN, "digest", ["T-15"]),
        ("2026-12-03 08:00", AN, "digest", ["T-15", "n-moved"]),
        ("2026-12-15 08:00", AN, "digest", ["T-3wd"]),
        ("2026-12-18 08:00", AN, "digest", ["T0"]),
    ]


def in_force(town: Town, key: DeadlineKey = YEARLY) -> tuple[Basis, date]:
    o = town.one(key)
    return o.basis, o.dates.last_day


def test_extension_overtaken_by_a_slip_is_in_force_again_once_that_is_corrected(town: Town) -> None:
    """The rule's date moves past it and back; whoever knew a date learns of each that is in force."""
    settle(town)
    extend(town.office, act("2026-11-02 09:00"), YEARLY, Y_TE, date(2026, 12, 15))
    town.tick("2026-11-30 08:00")
    load_text(town.office, local("2026-12-01 09:00"), plan(yearly(due="{yearly: {before: 25/12}}")))
    assert in_force(town) == (Basis.RULE, date(2026, 12, 24))
    town.walk("2026-12-02", "2026-12-10", "08:00")
    load_text(town.office, local("2026-12-10 09:00"), plan(yearly()))
    assert in_force(town) == (Basis.EXTENSION, date(2026, 12, 15))
    town.walk("2026-12-10", "2026-12-15", "14:00")
    assert [(at, stages) for at, _, _, stages in town.sent(AN)] == [
        ("2026-11-30 08:00", ["T-15"]),
        ("2026-12-09 08:00", ["T-15", "n-moved"]),
        ("2026-12-10 14:00", ["T-3wd", "n-moved"]),
        ("2026-12-15 14:00", ["T0"]),
    ]


AFTER = "{after: {event: hoi-nghi, name: Hội nghị, working_days: 10}}"
MEETING = DeadlineKey.parse("ke-hoach/sau-hoi-nghi/hoi-nghi")
assert MEETING is not None


def test_extension_overtaken_by_days_off_is_in_force_again_once_they_are_taken_back(town: Town) -> None:
    settle(town, task("sau-hoi-nghi", AFTER))
    set_event(town.office, act("2026-10-02 09:00"), "hoi-nghi", date(2026, 10, 26))
    extend(town.office, act("2026-10-20 09:00"), MEETING, Y_TE, date(2026, 11, 10))
    off = [date(2026, 11, 3), date(2026, 11, 4)]
    rows = rows_for(town.office.calendar, off, working=False, name="bão", source=None)
    change_workdays(town.office, act("2026-10-21 15:00", "bão"), rows)
    assert in_force(town, MEETING) == (Basis.RULE, date(2026, 11, 11))
    change_workdays(town.office, act("2026-10-21 15:10", "nhầm"), [], off)
    assert in_force(town, MEETING) == (Basis.EXTENSION, date(2026, 11, 10))


def test_extension_overtaken_by_the_units_own_event_gives_way_to_it_and_comes_back(town: Town) -> None:
    settle(town, task("sau-hoi-nghi", AFTER))
    set_event(town.office, act("2026-10-02 09:00"), "hoi-nghi", date(2026, 10, 26))
    extend(town.office, act("2026-10-20 09:00"), MEETING, Y_TE, date(2026, 11, 12))
    found = [in_force(town, MEETING)]
    for day in (date(2026, 11, 11), date(2026, 10, 27), None):
        set_event(town.office, act("2026-10-22 09:00"), "hoi-nghi", day, Y_TE)
        found.append(in_force(town, MEETING))
    granted = (Basis.EXTENSION, date(2026, 11, 12))
    assert found == [granted, (Basis.EVENT, date(2026, 11, 26)), granted, granted]


def test_what_is_to_be_completed_keeps_its_date_while_the_rule_moves(town: Town) -> None:
    settle(town)
    extend(town.office, act("2026-11-02 09:00"), YEARLY, Y_TE, date(2026, 12, 15))
    submit(town.office, act("2026-12-01 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 1)), by_unit=True)
    send_back(town.office, act("2026-12-02 09:00", "thiếu"), YEARLY, Y_TE, date(2026, 12, 11))
    for due in ("25/12", "05/12"):
        load_text(town.office, local("2026-12-03 09:00"), plan(yearly(due=f"{{yearly: {{before: {due}}}}}")))
        assert in_force(town) == (Basis.RESUBMISSION, date(2026, 12, 11))


@dataclass(frozen=True)
class Chain:
    """The dates that an obligation has had: those before any grant, what was granted, and those in force."""

    rule: tuple[object, ...]
    first: int
    granted: list[tuple[int, int]]  # (dates before, dates granted)
    in_force: int
    judged: datetime


def chains(office: Office) -> dict[str, Chain]:
    with office.database.read() as tx:
        (rule,) = tx.execute(select(dues).join(deadlines).where(deadlines.c.period == "2026", dues.c.basis == "rule"))
        owed = of_deadline(tx, YEARLY)
        found = {}
        for o in owed:
            rows = tx.execute(select(extensions).where(extensions.c.obligation_id == o.id).order_by(extensions.c.id))
            granted = [(r.previous_due_id, r.due_id) for r in rows]
            in_force = tx.execute(select(obligations.c.due_id).where(obligations.c.id == o.id)).scalar_one()
            first = granted[0][0] if granted else in_force
            found[o.unit] = Chain(tuple(rule), first, granted, in_force, judged_by(tx, o.id).late_at)
    return found


@pytest.fixture(scope="module")
def answered_store(sqlite_template: Path, calendar: WorkingCalendar, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One unit that has not answered, one that has declared, one that completes its answer, one whose is void."""
    path = tmp_path_factory.mktemp("extending") / "store.db"
    shutil.copyfile(sqlite_template, path)
    office = make_office(Database(f"sqlite:///{path}"), calendar)
    load_text(office, local("2026-10-01 09:00"), UNITS, plan(yearly("[cac-xa, so-y-te]")))
    submit(office, act("2026-12-07 09:00"), YEARLY, FOUR[1:], Receipt(date(2026, 12, 7)), by_unit=True)
    send_back(office, act("2026-12-08 09:00", "thiếu"), YEARLY, [FOUR[2]], date(2026, 12, 11))
    send_back(office, act("2026-12-08 09:00", "nhầm"), YEARLY, [FOUR[3]], date(2026, 12, 11), void=True)
    office.database.close()
    return path


FOUR = ["so-y-te", "xa-a", "xa-b", "xa-c"]
grants = st.lists(
    st.tuples(
        st.lists(st.sampled_from(FOUR), max_size=3),  # none: all
        st.dates(date(2026, 12, 1), date(2027, 1, 20)),
        st.sampled_from([Operator.BY, Operator.BEFORE]),
        st.sampled_from(["mưa lũ", None]),
    ),
    min_size=1,
    max_size=6,
)


@given(asked=grants)
@settings(max_examples=30, deadline=None)
def test_extending_never_loses_the_original(
    answered_store: Path, calendar: WorkingCalendar, asked: list[tuple[list[str], date, Operator, str | None]]
) -> None:
    """Whatever is granted to whom: the rule's dates stand, every chain of grants leads back, nobody loses time."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(answered_store, f"{folder}/store.db")
        office = make_office(Database(f"sqlite:///{folder}/store.db"), calendar)
        first = before = chains(office)
        for units, until, operator, reason in asked:
            with suppress(UserError):
                extend(office, act("2026-12-09 09:00", reason), YEARLY, units, until, operator=operator)
            after = chains(office)
            assert all(after[u].judged >= before[u].judged for u in FOUR)
            before = after
        office.database.close()
    for unit, chain in before.items():
        assert (chain.rule, chain.first) == (first[unit].rule, first[unit].in_force)
        known = {chain.first}
        for previous, granted in chain.granted:
            assert previous in known
            known.add(granted)
        assert chain.in_force in known


# -- a duty lifted ----------------------------------------------------------------------------------------------------


def test_waived_with_its_reason(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    (changed,) = waive(town.office, act("2026-12-01 09:00", "không thuộc đối tượng"), YEARLY, ["xa-a"])
    assert changed.before is State.OPEN
    assert states(town, YEARLY, ALL) == ["waived", "open", "open"]
    assert town.one(YEARLY, "xa-a").reason == "không thuộc đối tượng"
    (again,) = waive(town.office, act("2026-12-01 10:00", "x"), YEARLY, ["xa-a"])
    assert again.skipped == "is_waived"
    with town.office.database.read() as tx:
        assert [e.reason for e in trail(tx, "ke-hoach/bao-cao-nam/2026/xa-a")] == ["không thuộc đối tượng"]


@pytest.mark.parametrize(("reason", "units", "code"), [(None, Y_TE, "waive.reason"), ("vì", [], "waive.units")])
def test_waiving_without_reason_or_units_is_refused(
    sqlite_town: Town, reason: str | None, units: list[str], code: str
) -> None:
    settle(sqlite_town)
    with pytest.raises(UserError) as caught:
        waive(sqlite_town.office, act("2026-12-01 09:00", reason), YEARLY, units)
    assert [p.code for p in caught.value.problems] == [code]
    assert sqlite_town.one().state is State.OPEN
