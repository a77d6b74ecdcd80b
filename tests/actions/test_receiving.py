from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from actions.adjusting import extend
from actions.receiving import Changed, Receipt, accept, send_back, submit
from calendars.due import dates_for
from plans.deadlines import Basis, DeadlineKey
from plans.obligations import Submission
from plans.problems import UserError
from plans.rules import Operator
from plans.status import State
from store.deadlines import add_due, deadline_facts
from store.marks import AuditEntry, trail
from store.schema import obligations
from store.submissions import submissions_of
from tests.actions.province import AN, ONCE, TWO_UNITS, UNITS, YEARLY, Town, act, everything, once, plan, task, yearly
from tests.conftest import load_text, local

assert YEARLY is not None
assert ONCE is not None
Y_TE = ["so-y-te"]


def settle(town: Town, *tasks: str, units: str = TWO_UNITS) -> None:
    load_text(town.office, local("2026-10-01 09:00"), units, plan(*(tasks or [yearly()])))


def receive(town: Town, received: str, key: DeadlineKey = YEARLY, at: str = "2027-03-01 09:00") -> Changed:
    """What the coordinator's receipt of this day comes to."""
    (changed,) = submit(town.office, act(at), key, Y_TE, Receipt(date.fromisoformat(received)))
    return changed


# -- late or in time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "in_time", "late"),
    [
        ("{before: 05/12/2026}", "2026-12-05", "2026-12-06"),  # X itself is tolerated
        ("{by: 04/12/2026}", "2026-12-04", "2026-12-05"),
        ("{by: 05/12/2026}", "2026-12-07", "2026-12-08"),  # Saturday: the next working day still counts
        ("{by: 01/01/2027}", "2027-01-04", "2027-01-05"),  # New Year and a weekend
        ("{by: 20/02/2026}", "2026-02-23", "2026-02-24"),  # in Tết
        ("{within: {quarter: 1, year: 2026}}", "2026-03-31", "2026-04-01"),
    ],
)
def test_received_on_the_last_day_that_counts_and_on_the_next(
    sqlite_town: Town, due: str, in_time: str, late: str
) -> None:
    first, second = task("mot", due), task("hai", due)
    load_text(sqlite_town.office, local("2026-01-02 09:00"), TWO_UNITS, plan(first, second))
    period = "2026-Q1" if "within" in due else "once"
    one, two = (DeadlineKey.parse(f"ke-hoach/{name}/{period}") for name in ("mot", "hai"))
    assert one is not None
    assert two is not None
    assert receive(sqlite_town, in_time, one).late is False
    assert receive(sqlite_town, late, two).late is True


def test_strict_task_is_late_after_its_last_day(sqlite_town: Town) -> None:
    settle(sqlite_town, once("{by: 05/12/2026}", late="strict"), task("hai", "{before: 05/12/2026}", late="strict"))
    hai = DeadlineKey.parse("ke-hoach/hai/once")
    assert hai is not None
    assert receive(sqlite_town, "2026-12-06", ONCE).late is True
    assert receive(sqlite_town, "2026-12-05", hai).late is True


def test_target_and_milestone_are_never_late(sqlite_town: Town) -> None:
    settle(sqlite_town, once("{by: 04/12/2026}", kind="milestone"))
    assert receive(sqlite_town, "2027-02-01", ONCE).late is None
    assert (sqlite_town.one(ONCE).state, sqlite_town.one(ONCE).late) == (State.ACCEPTED, None)


# Each step: what is done, and the days it names (of December 2026).
VERDICTS: list[tuple[str, list[tuple[str, int]], bool]] = [
    ("recorded on the tolerated day", [("record", 5)], False),
    ("recorded a day later", [("record", 6)], True),
    ("declared and confirmed", [("declare", 4), ("accept", 0)], False),
    ("declared late, confirmed earlier", [("declare", 7), ("accept", 4)], False),
    ("declared in time, confirmed later", [("declare", 4), ("accept", 7)], True),
    ("declared in time, recorded later", [("declare", 4), ("record", 7)], True),
    ("confirmed, then corrected", [("record", 7), ("accept", 4)], False),
    ("confirmed, then corrected for the worse", [("record", 4), ("accept", 7)], True),
    ("completed", [("declare", 4), ("return", 0), ("declare", 11), ("accept", 0)], False),
    ("completed twice", [("record", 4), ("return", 0), ("record", 11), ("return", 0), ("record", 21)], False),
    ("first came late", [("declare", 7), ("return", 0), ("record", 9)], True),
    ("dated back, confirmed on return", [("declare", 4), ("return", 7), ("declare", 9), ("accept", 0)], True),
    ("late by its own date, confirmed in time on return", [("declare", 7), ("return", 4), ("record", 9)], False),
    ("second round dated back", [("record", 7), ("return", 0), ("declare", 8), ("return", 8), ("record", 9)], True),
    ("void, then new", [("declare", 4), ("void", 0), ("record", 11)], True),
    ("void, then new in time", [("declare", 1), ("void", 0), ("record", 4)], False),
    ("void after a round", [("record", 3), ("return", 0), ("record", 4), ("void", 0), ("record", 9)], True),
    ("void, completed, late", [("record", 3), ("void", 0), ("record", 7), ("return", 0), ("record", 9)], True),
    ("void, completed, in time", [("record", 3), ("void", 0), ("record", 4), ("return", 0), ("record", 9)], False),
    ("extended before it was sent", [("extend", 18), ("record", 18)], False),
    ("extended, and later still", [("extend", 18), ("record", 19)], True),
    ("extended once it waited", [("declare", 7), ("extend", 18), ("accept", 0)], False),
    ("extended before the return", [("extend", 18), ("record", 17), ("return", 0), ("record", 22)], False),
    ("extended while it is completed", [("record", 7), ("return", 0), ("extend", 30), ("record", 17)], True),
    ("extended once it was void", [("record", 4), ("void", 0), ("extend", 18), ("record", 18)], False),
    ("void once it was extended", [("extend", 18), ("record", 4), ("void", 0), ("record", 18)], False),
    ("void once it was extended, late", [("extend", 18), ("record", 4), ("void", 0), ("record", 19)], True),
    ("extended once it was late", [("record", 7), ("extend", 18)], False),
    ("extended too little", [("record", 17), ("extend", 14)], True),
]


@pytest.mark.parametrize(("steps", "late"), [v[1:] for v in VERDICTS], ids=[v[0] for v in VERDICTS])
def test_verdict_after_every_history(sqlite_town: Town, steps: list[tuple[str, int]], late: bool) -> None:
    settle(sqlite_town)
    office, by = sqlite_town.office, act("2026-12-23 09:00", "vì")
    for what, number in steps:
        day = date(2026, 12, number) if number else None
        if what in ("record", "declare") and day:
            (changed,) = submit(office, by, YEARLY, Y_TE, Receipt(day), by_unit=what == "declare")
        elif what == "accept":
            (changed,) = accept(office, by, YEARLY, Y_TE, day)
        elif what == "extend" and day:
            (changed,) = extend(office, by, YEARLY, Y_TE, day)
        else:
            (changed,) = send_back(office, by, YEARLY, Y_TE, date(2026, 12, 24), received_on=day, void=what == "void")
        assert changed.skipped is None or (what, number) == ("extend", 14)
    assert (sqlite_town.one().state, sqlite_town.one().late) == (State.ACCEPTED, late)


def test_unit_with_a_day_of_its_own_is_judged_by_it(town: Town) -> None:
    """Its own event gives it other dates than the rule's; extensions of those count as of any."""
    settle(town, yearly("[cac-xa]"), units=UNITS)
    with town.office.database.write() as tx:
        (deadline,) = deadline_facts(tx, key=YEARLY)
        dates = dates_for(date(2026, 12, 15), Operator.BY, None, town.office.calendar, town.office.zone)
        own = add_due(tx, deadline.id, Basis.EVENT, dates, date(2026, 12, 8))
        numbers = [town.one(YEARLY, u).id for u in ("xa-a", "xa-b")]
        tx.execute(update(obligations).where(obligations.c.id.in_(numbers)).values(origin_id=own, due_id=own))
    extend(town.office, act("2026-12-10 09:00"), YEARLY, ["xa-b"], date(2026, 12, 18))
    done = [
        submit(town.office, act("2026-12-23 09:00"), YEARLY, [unit], Receipt(date(2026, 12, day)))[0].late
        for unit, day in (("xa-a", 15), ("xa-b", 18), ("xa-c", 15))
    ]
    assert done == [False, False, True]


# -- a coordinator's receipt and a unit's own -------------------------------------------------------------------------


def test_coordinators_receipt_is_accepted_at_once(town: Town) -> None:
    settle(town)
    before = town.one()
    (changed,) = submit(
        town.office, act("2026-12-07 09:00", "qua trục liên thông"), YEARLY, Y_TE, Receipt(date(2026, 12, 4), "12/BC")
    )
    assert changed == Changed(before, State.OPEN, False)
    after = town.one()
    assert (after.state, after.late, after.received_on) == (State.ACCEPTED, False, date(2026, 12, 4))
    with town.office.database.read() as tx:
        assert submissions_of(tx, after.id) == [
            Submission(
                obligation=after.id,
                number="12/BC",
                received_on=date(2026, 12, 4),
                recorded_at=local("2026-12-07 09:00"),
                recorded_by="tester",
                accepted_at=local("2026-12-07 09:00"),
            )
        ]
        assert trail(tx, "ke-hoach/bao-cao-nam/2026/so-y-te") == [
            AuditEntry(
                local("2026-12-07 09:00"),
                "tester",
                "submit",
                "ke-hoach/bao-cao-nam/2026/so-y-te",
                "qua trục liên thông",
                {"number": "12/BC", "received": "2026-12-04", "by_unit": False, "late": False},
            )
        ]


def test_units_own_declaration_waits_for_the_coordinator(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-06 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 6)), by_unit=True)
    assert (town.one().state, town.one().late, town.one().received_on) == (
        State.SUBMITTED,
        None,
        date(2026, 12, 6),
    )
    (changed,) = accept(town.office, act("2026-12-08 09:00"), YEARLY, Y_TE)
    assert changed.late is True
    assert (town.one().state, town.one().late) == (State.ACCEPTED, True)


def test_coordinators_date_wins_over_the_units(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-06 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 6)), by_unit=True)
    (changed,) = accept(town.office, act("2026-12-08 09:00"), YEARLY, Y_TE, date(2026, 12, 4))
    assert changed.late is False
    assert town.one().received_on == date(2026, 12, 4)
    with town.office.database.read() as tx:
        (one,) = submissions_of(tx, town.one().id)
    assert (one.received_on, one.accepted_at) == (date(2026, 12, 4), local("2026-12-08 09:00"))


def test_coordinators_receipt_wins_over_a_declaration_that_waits(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-04 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 4)), by_unit=True)
    assert receive(town, "2026-12-10").late is True
    assert (town.one().state, town.one().received_on) == (State.ACCEPTED, date(2026, 12, 10))


def test_coordinators_receipt_confirms_the_declaration(town: Town) -> None:
    settle(town)
    mine = Receipt(date(2026, 12, 4), "12/BC", "gửi qua trục")
    submit(town.office, act("2026-12-04 09:00", actor="link:an"), YEARLY, Y_TE, mine, by_unit=True)
    receive(town, "2026-12-10", at="2026-12-11 09:00")
    with town.office.database.read() as tx:
        assert submissions_of(tx, town.one().id) == [
            Submission(
                obligation=town.one().id,
                number="12/BC",
                received_on=date(2026, 12, 10),
                recorded_at=local("2026-12-04 09:00"),
                recorded_by="link:an",
                accepted_at=local("2026-12-11 09:00"),
                note="gửi qua trục",
            )
        ]


def test_confirmed_date_is_corrected_once(town: Town) -> None:
    settle(town)
    receive(town, "2026-12-07")
    (changed,) = accept(town.office, act("2027-03-02 09:00"), YEARLY, Y_TE, date(2026, 12, 4))
    assert (changed.before, changed.late, town.one().late, town.one().received_on) == (
        State.ACCEPTED,
        False,
        False,
        date(2026, 12, 4),
    )
    before = everything(town.office.database)
    for received in (date(2026, 12, 4), None):
        (again,) = accept(town.office, act("2027-03-03 09:00"), YEARLY, Y_TE, received)
        assert again.skipped == "is_accepted"
    assert everything(town.office.database) == before


def test_return_names_what_to_complete_or_is_refused(sqlite_town: Town) -> None:
    settle(sqlite_town)
    receive(sqlite_town, "2026-12-01", at="2026-12-01 09:00")
    with pytest.raises(UserError) as caught:
        send_back(
            sqlite_town.office,
            act("2026-12-02 09:00"),
            YEARLY,
            Y_TE,
            date(2026, 12, 1),
            received_on=date(2026, 12, 3),
        )
    assert [p.code for p in caught.value.problems] == ["return.reason", "return.past", "submit.future"]
    assert sqlite_town.one().state is State.ACCEPTED


def test_return_has_reminders_of_its_own(town: Town) -> None:
    settle(town)
    returned(town)
    town.ticks("2026-12-08 14:00")
    town.walk("2026-12-09", "2026-12-31")
    assert town.sent(AN) == [
        ("2026-12-08 14:00", AN, "digest", ["R-now"]),
        ("2026-12-10 08:00", AN, "digest", ["R-1wd"]),
        ("2026-12-11 08:00", AN, "digest", ["R0"]),
        ("2026-12-14 14:00", AN, "digest", ["R+1wd"]),
    ]


def test_receipt_of_all_units_at_once(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    done = submit(town.office, act("2026-12-01 09:00"), YEARLY, [], Receipt(date(2026, 12, 1)))
    assert [(c.obligation.unit, c.late) for c in done] == [("xa-a", False), ("xa-b", False), ("xa-c", False)]


@pytest.mark.parametrize("by_unit", [True, False])
def test_receipt_of_what_is_accepted_changes_nothing(town: Town, by_unit: bool) -> None:
    settle(town)
    receive(town, "2026-12-04")
    before = everything(town.office.database)
    (changed,) = submit(town.office, act("2027-03-02 09:00"), YEARLY, Y_TE, Receipt(date(2027, 1, 5)), by_unit=by_unit)
    assert changed.skipped == ("already_done" if by_unit else "is_accepted")
    assert everything(town.office.database) == before


def test_second_declaration_of_a_unit_changes_nothing(town: Town) -> None:
    settle(town)
    for day in (1, 2):
        done = submit(
            town.office, act(f"2026-12-0{day} 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, day)), by_unit=True
        )
    assert [c.skipped for c in done] == ["already_done"]
    assert town.one().received_on == date(2026, 12, 1)


def test_receipt_without_writing(town: Town) -> None:
    settle(town)
    before = everything(town.office.database)
    (changed,) = submit(town.office, act("2026-12-07 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 7)), dry_run=True)
    assert changed.late is True
    assert everything(town.office.database) == before


@pytest.mark.parametrize(
    ("key", "units", "codes"),
    [
        (YEARLY, ["so-yte", "khong-ai"], ["unit.owes_not_near", "unit.owes_not"]),
        (DeadlineKey.parse("ke-hoach/bao-cao-nam/2036"), Y_TE, ["deadline.unknown_near"]),
        (DeadlineKey.parse("x/y/z"), Y_TE, ["deadline.unknown"]),
    ],
)
def test_what_is_not_owed_is_refused_with_the_nearest(
    sqlite_town: Town, key: DeadlineKey, units: list[str], codes: list[str]
) -> None:
    settle(sqlite_town)
    before = everything(sqlite_town.office.database)
    with pytest.raises(UserError) as caught:
        submit(sqlite_town.office, act("2026-12-07 09:00"), key, units, Receipt(date(2026, 12, 7)))
    assert [p.code for p in caught.value.problems] == codes
    assert everything(sqlite_town.office.database) == before


def test_date_in_the_future_is_refused_by_submit_and_accept(sqlite_town: Town) -> None:
    settle(sqlite_town)
    tomorrow = date(2026, 12, 2)
    late_evening = act("2026-12-01 23:59")
    with pytest.raises(UserError, match=r"submit\.future"):
        submit(sqlite_town.office, late_evening, YEARLY, Y_TE, Receipt(tomorrow))
    submit(sqlite_town.office, late_evening, YEARLY, Y_TE, Receipt(tomorrow - timedelta(days=1)), by_unit=True)
    with pytest.raises(UserError, match=r"submit\.future"):
        accept(sqlite_town.office, late_evening, YEARLY, Y_TE, tomorrow)
    assert sqlite_town.one().state is State.SUBMITTED


def test_accept_of_what_was_not_declared_is_skipped(sqlite_town: Town) -> None:
    settle(sqlite_town)
    (changed,) = accept(sqlite_town.office, act("2026-12-01 09:00"), YEARLY, Y_TE)
    assert changed.skipped == "not_submitted"
    assert sqlite_town.one().state is State.OPEN


# -- sent back --------------------------------------------------------------------------------------------------------


def returned(town: Town, declared: str = "2026-12-04", *, void: bool = False) -> None:
    submit(town.office, act(f"{declared} 09:00"), YEARLY, Y_TE, Receipt(date.fromisoformat(declared)), by_unit=True)
    send_back(town.office, act("2026-12-08 09:00", "thiếu biểu 2"), YEARLY, Y_TE, void=void)


def test_returned_is_open_again_with_a_date_of_its_own(town: Town) -> None:
    settle(town)
    returned(town)
    o = town.one()
    assert (o.state, o.basis, o.reason, o.late, o.received_on) == (
        State.RETURNED,
        Basis.RESUBMISSION,
        "thiếu biểu 2",
        None,
        None,
    )
    assert o.dates.stated == date(2026, 12, 11)  # three working days
    with town.office.database.read() as tx:
        (one,) = submissions_of(tx, o.id)
    assert (one.returned_at, one.return_reason) == (local("2026-12-08 09:00"), "thiếu biểu 2")


def test_resubmitted_is_judged_by_its_first_date(town: Town) -> None:
    settle(town)
    returned(town)
    submit(town.office, act("2026-12-11 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 11)), by_unit=True)
    (changed,) = accept(town.office, act("2026-12-14 09:00"), YEARLY, Y_TE)
    assert changed.late is False
    assert (town.one().state, town.one().received_on) == (State.ACCEPTED, date(2026, 12, 11))


def test_resubmitted_long_after_its_new_date_is_still_judged_by_the_first(town: Town) -> None:
    settle(town)
    returned(town)
    assert receive(town, "2027-01-20").late is False


def test_first_date_that_was_late_stays_late(town: Town) -> None:
    settle(town)
    returned(town, "2026-12-07")
    assert receive(town, "2026-12-09").late is True


def test_void_counts_for_nothing(town: Town) -> None:
    settle(town)
    returned(town, void=True)
    with town.office.database.read() as tx:
        assert submissions_of(tx, town.one().id) == []
    assert receive(town, "2026-12-11").late is True


def test_returned_after_an_extension_is_judged_by_the_extension(town: Town) -> None:
    settle(town)
    extend(town.office, act("2026-12-03 09:00"), YEARLY, Y_TE, date(2026, 12, 18))
    returned(town, "2026-12-07")
    assert receive(town, "2026-12-22").late is False


def test_units_sent_back_together_share_their_date(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    submit(town.office, act("2026-12-01 09:00"), YEARLY, ["xa-a", "xa-b"], Receipt(date(2026, 12, 1)), by_unit=True)
    done = send_back(town.office, act("2026-12-02 09:00", "thiếu"), YEARLY, [], date(2026, 12, 9))
    assert [(c.obligation.unit, c.before, c.skipped) for c in done] == [
        ("xa-a", State.SUBMITTED, None),
        ("xa-b", State.SUBMITTED, None),
        ("xa-c", State.OPEN, "not_submitted"),
    ]
    assert [town.one(YEARLY, u).dates.stated for u in ("xa-a", "xa-b", "xa-c")] == [
        date(2026, 12, 9),
        date(2026, 12, 9),
        date(2026, 12, 5),
    ]


def test_day_to_resubmit_that_is_over_is_refused(sqlite_town: Town) -> None:
    settle(sqlite_town)
    receive(sqlite_town, "2026-12-01", at="2026-12-01 09:00")
    with pytest.raises(UserError, match=r"return\.past"):
        send_back(sqlite_town.office, act("2026-12-02 09:00"), YEARLY, Y_TE, date(2026, 12, 1))
    assert sqlite_town.one().state is State.ACCEPTED
