from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select, text

from actions.adjusting import close, extend, waive
from actions.office import Office
from actions.queueing import Queued, decide_messages, queue_due
from actions.receiving import Receipt, accept, send_back, submit
from calendars.working import WorkingCalendar
from plans.deadlines import DeadlineKey
from store import outbox
from store.database import Database
from store.ledger import DIGEST, UNRECORDED, URGENT, DayMessage, Waiting
from store.results import Sending, mark_sending
from store.schema import messages, reminders
from tests.actions.province import (
    AN,
    CHI,
    COORDINATOR,
    HEAD,
    ONCE,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Town,
    act,
    at_text,
    mail_of,
    once,
    plan,
    task,
    yearly,
)
from tests.conftest import load_text, local, make_desk, make_office

OCTOBER = local("2026-10-01 09:00")
AFTER = ("2026-12-07 14:00", "2026-12-09 14:00", "2026-12-16 14:00")  # T+1wd, T+3wd, T+8wd
NO_MONDAYS = ("digest", "urgent", "unrecorded")
assert YEARLY is not None
assert ONCE is not None


def settle(town: Town, *tasks: str, units: str = TWO_UNITS, at: str = "2026-10-01 09:00") -> None:
    load_text(town.office, local(at), units, plan(*(tasks or [yearly()])))


def told(town: Town, address: str | None = None) -> list[tuple[str, str, str, list[str]]]:
    return [m for m in town.sent(address) if m[2] in NO_MONDAYS]


def letter_to(town: Town, address: str, at: int = -1) -> str:
    return str(mail_of([one for one in town.box.accepted if one.recipient == address][at])["Subject"])


# -- the contract -----------------------------------------------------------------------------------------------------


def test_yearly_report_of_a_silent_unit(town: Town) -> None:
    settle(town)
    town.walk("2026-11-16", "2026-12-31")
    town.ticks("2027-01-05 10:00", "2027-01-19 10:00", "2027-01-29 16:00")
    assert told(town) == [
        ("2026-11-19 08:00", AN, "digest", ["T-15"]),
        ("2026-12-01 08:00", AN, "digest", ["T-3wd"]),
        ("2026-12-04 08:00", AN, "digest", ["T0"]),
        ("2026-12-04 14:00", HEAD, "digest", ["T0-head"]),
        ("2026-12-07 08:00", COORDINATOR, "unrecorded", ["T+1wd-list"]),
        ("2026-12-07 14:00", AN, "digest", ["T+1wd"]),
        ("2026-12-09 14:00", AN, "digest", ["T+3wd"]),
        ("2026-12-09 14:00", HEAD, "digest", ["T+3wd-head"]),
        ("2026-12-16 14:00", AN, "digest", ["T+8wd"]),
        ("2026-12-16 14:00", HEAD, "digest", ["T+8wd-head"]),
    ]


def test_unit_that_sends_on_the_last_day_gets_three_mails(town: Town) -> None:
    settle(town)
    town.ticks("2026-11-19 08:00", "2026-12-01 08:00", "2026-12-04 08:00")
    submit(town.office, act("2026-12-04 10:00"), YEARLY, ["so-y-te"], Receipt(date(2026, 12, 4)), by_unit=True)
    town.ticks("2026-12-04 14:00", "2026-12-07 08:00", *AFTER)
    assert [(at, who) for at, who, *_ in told(town)] == [
        ("2026-11-19 08:00", AN),
        ("2026-12-01 08:00", AN),
        ("2026-12-04 08:00", AN),
    ]


def test_coordinators_list_names_every_unit_that_is_not_recorded(town: Town) -> None:
    settle(town, yearly("[moi-don-vi]"), units=UNITS)
    submit(town.office, act("2026-12-05 09:00"), YEARLY, ["xa-a"], Receipt(date(2026, 12, 4)))
    town.tick("2026-12-07 08:00")
    (listed,) = [m for m in town.log("sent") if m.kind == "unrecorded"]
    assert listed.address == COORDINATOR
    assert [i.unit for i in listed.items] == ["phuong-d", "so-y-te", "xa-b", "xa-c"]
    # Every earlier stage was missed; nobody hears "chưa ghi nhận" before the coordinator could record what came in.
    assert [m for m in told(town) if m[1] != COORDINATOR] == []


def test_report_recorded_before_the_afternoon_of_the_list_gets_no_overdue_mail(town: Town) -> None:
    settle(town)
    town.ticks("2026-12-04 08:00", "2026-12-04 14:00", "2026-12-07 08:00")
    submit(town.office, act("2026-12-07 11:00"), YEARLY, ["so-y-te"], Receipt(date(2026, 12, 4)))
    town.ticks(*AFTER)
    assert [m for m in told(town) if m[0] > "2026-12-05"] == [
        ("2026-12-07 08:00", COORDINATOR, "unrecorded", ["T+1wd-list"])
    ]


def test_overdue_mail_waits_for_the_afternoon_after_a_list_that_was_late(town: Town) -> None:
    settle(town)
    town.ticks("2026-12-07 14:00", "2026-12-07 16:00", "2026-12-08 08:00")
    assert [m[:3] for m in told(town)] == [("2026-12-07 14:00", COORDINATOR, "unrecorded")]
    submit(town.office, act("2026-12-08 09:00"), YEARLY, ["so-y-te"], Receipt(date(2026, 12, 4)))
    town.ticks("2026-12-08 14:00", "2026-12-09 14:00", "2026-12-16 14:00")
    assert len(told(town)) == 1


def test_unit_without_officers_is_told_through_its_mailbox(town: Town) -> None:
    settle(town, yearly("[phuong-d]"), units=UNITS)
    town.ticks("2026-12-01 08:00", "2026-12-04 08:00", "2026-12-04 14:00")
    assert told(town) == [
        ("2026-12-01 08:00", "vanthu@phuong-d.example", "digest", ["T-3wd"]),
        ("2026-12-04 08:00", "vanthu@phuong-d.example", "digest", ["T0"]),
    ]


def test_work_is_announced_reminded_of_and_then_left_to_mondays(town: Town) -> None:
    work = task(
        "hoi-nghi",
        "{within: {quarter: 1, year: 2027}}",
        "[so-y-te]",
        kind="work",
        with_="[ubnd]",
    ).replace("owed_by", "lead")
    settle(town, work)
    town.walk("2027-01-01", "2027-01-04", "08:00")
    town.walk("2027-03-15", "2027-03-16", "08:00")
    town.walk("2027-03-25", "2027-04-09", "08:00")
    assert told(town) == [
        ("2027-01-04 08:00", AN, "digest", ["open"]),
        ("2027-01-04 08:00", "vanthu@ubnd.example", "digest", ["open-with"]),
        ("2027-03-16 08:00", AN, "digest", ["T-15"]),
        ("2027-03-26 08:00", AN, "digest", ["T-3wd"]),
    ]
    mondays = [(at, who) for at, who, kind, _ in town.sent() if kind == "monday"]
    assert mondays == [("2027-04-05 08:00", HEAD)]


# -- when mail leaves -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moment",
    [
        "2026-12-01 07:59",
        "2026-12-01 17:00",
        "2026-12-01 23:30",
        "2026-12-05 10:00",  # Saturday
        "2027-01-01 10:00",  # New Year
        "2026-08-31 10:00",  # a day off in lieu
        "2026-02-23 10:00",  # first working day after Tết
    ],
)
def test_outside_working_moments_nothing_is_queued(sqlite_town: Town, moment: str) -> None:
    settle(sqlite_town, once("{before: 05/12/2026}"), at="2026-01-02 09:00")
    load_text(sqlite_town.office, local("2026-01-02 09:00"), TWO_UNITS, plan(once("{by: 20/02/2026}"), slug="som"))
    assert queue_due(sqlite_town.office, sqlite_town.desk, local(moment)) == Queued()
    assert sqlite_town.log() == []


@pytest.mark.parametrize(
    ("downtime_until", "leaves"),
    [
        ("2026-12-01 18:00", "2026-12-02 08:00"),
        ("2026-12-05 10:00", "2026-12-07 08:00"),
        ("2026-12-01 09:00", "2026-12-01 09:00"),
        ("2026-08-22 09:00", "2026-08-22 09:00"),  # a Saturday that is worked
    ],
)
def test_next_working_moment(sqlite_office: Office, downtime_until: str, leaves: str) -> None:
    assert sqlite_office.next_working_moment(local(downtime_until)) == local(leaves)
    assert sqlite_office.is_working_moment(local(leaves))


def test_stages_of_a_tet_week_leave_before_it_and_after_the_quiet_day(sqlite_town: Town) -> None:
    """Tết 2026: off from 14/02 to 22/02, so that Monday 23/02 is quiet."""
    town = sqlite_town
    settle(town, once("{by: 20/02/2026}"), at="2026-01-02 09:00")
    town.walk("2026-01-28", "2026-03-02")
    assert [(at, stages) for at, who, _, stages in told(town) if who in (AN, COORDINATOR)] == [
        ("2026-01-29 08:00", ["T-15"]),
        ("2026-02-10 08:00", ["T-3wd"]),
        ("2026-02-13 08:00", ["T0"]),
        ("2026-02-24 08:00", ["T+1wd-list"]),
        ("2026-02-24 14:00", ["T+1wd"]),
        ("2026-02-26 14:00", ["T+3wd"]),
    ]


def test_at_once_does_not_wait_for_a_working_moment(sqlite_town: Town) -> None:
    settle(sqlite_town, once("{before: 05/12/2026}"), at="2026-11-28 20:00")
    queued = queue_due(sqlite_town.office, sqlite_town.desk, local("2026-11-28 20:00"), at_once=True)
    assert queued == Queued(reminders=1, messages=1)


def test_guard_that_says_no_leaves_everything(sqlite_town: Town) -> None:
    settle(sqlite_town)
    moment = local("2026-12-01 08:00")
    assert queue_due(sqlite_town.office, sqlite_town.desk, moment, guard=lambda _: False) == Queued()
    assert sqlite_town.log() == []
    assert queue_due(sqlite_town.office, sqlite_town.desk, moment, guard=lambda _: True).messages == 1


def test_queueing_again_does_nothing(town: Town) -> None:
    settle(town)
    assert queue_due(town.office, town.desk, local("2026-12-01 08:00")) == Queued(2, 1, 1)
    for _ in range(2):
        assert queue_due(town.office, town.desk, local("2026-12-01 08:00")) == Queued()


def test_two_threads_that_queue_at_once_make_no_doubles(town: Town) -> None:
    settle(town, yearly("[moi-don-vi]"), units=UNITS)
    start = Barrier(2)

    def queue(moment: str) -> Queued:
        start.wait()
        return queue_due(town.office, town.desk, local(moment))

    with ThreadPoolExecutor(2) as pool:
        for moment in ("2026-11-19 08:00", "2026-12-01 08:00", "2026-12-04 14:00", "2026-12-07 14:00"):
            done = [f.result() for f in [pool.submit(queue, moment), pool.submit(queue, moment)]]
            assert min(d.messages for d in done) == 0
    held = [(m.kind, m.address, i.obligation, i.stage) for m in town.log() for i in m.items]
    assert len(held) == len(set(held))
    with town.office.database.read() as tx:
        columns = (reminders.c.obligation_id, reminders.c.last_day, reminders.c.stage, reminders.c.person_id)
        keys = tx.execute(select(*columns)).all()
        assert len(keys) == len(set(keys))
        kinds = tx.execute(select(messages.c.person_id, messages.c.kind, messages.c.local_day)).all()
        assert len(kinds) == len(set(kinds))


# -- one mail a day ---------------------------------------------------------------------------------------------------


def test_items_that_fall_together_are_one_mail(town: Town) -> None:
    settle(town, yearly(), once("{by: 04/12/2026}"), task("khac", "{by: 09/12/2026}"))
    town.tick("2026-12-04 08:00")
    assert told(town, AN) == [("2026-12-04 08:00", AN, "digest", ["T0", "T-3wd", "T0"])]
    assert letter_to(town, AN).endswith("và 2 việc khác")


def test_person_of_three_units_gets_one_digest(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    town.tick("2026-12-01 08:00")
    (mail,) = [m for m in town.log("sent") if m.address == CHI]
    assert [(i.unit, i.stage) for i in mail.items] == [("xa-a", "T-3wd"), ("xa-b", "T-3wd"), ("xa-c", "T-3wd")]
    assert len([one for one in town.box.accepted if one.recipient == CHI]) == 1


def test_what_is_not_urgent_waits_for_the_next_days_digest(town: Town) -> None:
    settle(town)
    town.tick("2026-12-01 08:00")
    load_text(town.office, local("2026-12-01 10:00"), TWO_UNITS, plan(once("{by: 04/12/2026}"), slug="moi"))
    town.walk("2026-12-01", "2026-12-02", "11:00")
    assert told(town, AN) == [
        ("2026-12-01 08:00", AN, "digest", ["T-3wd"]),
        ("2026-12-02 11:00", AN, "digest", ["T-3wd"]),
    ]


def test_what_is_urgent_follows_the_days_digest(town: Town) -> None:
    settle(town, yearly(), once("{by: 10/12/2026}"))
    town.walk("2026-12-07", "2026-12-07")
    assert [m for m in told(town, AN)] == [
        ("2026-12-07 08:00", AN, "digest", ["T-3wd"]),
        ("2026-12-07 14:00", AN, "urgent", ["T+1wd"]),
    ]


def test_what_is_urgent_joins_an_urgent_message_that_waits(town: Town) -> None:
    settle(town, yearly(), once("{by: 10/12/2026}"))
    town.tick("2026-12-07 08:00")
    town.box.always = "deferred"
    town.tick("2026-12-07 14:00")
    submit(town.office, act("2026-12-07 14:01"), ONCE, ["so-y-te"], Receipt(date(2026, 12, 7)), by_unit=True)
    send_back(town.office, act("2026-12-07 14:02", "thiếu biểu"), ONCE, ["so-y-te"])
    town.box.always = "sent"
    town.tick("2026-12-07 14:30")
    assert told(town, AN)[1:] == [("2026-12-07 14:30", AN, "urgent", ["T+1wd", "R-now"])]


def test_second_urgent_mail_of_a_day_is_another_part(town: Town) -> None:
    settle(town, yearly(), once("{by: 10/12/2026}"))
    town.walk("2026-12-07", "2026-12-07")
    submit(town.office, act("2026-12-07 15:00"), ONCE, ["so-y-te"], Receipt(date(2026, 12, 7)), by_unit=True)
    send_back(town.office, act("2026-12-07 15:30", "thiếu biểu"), ONCE, ["so-y-te"])
    town.tick("2026-12-07 16:00")
    assert told(town, AN)[1:] == [
        ("2026-12-07 14:00", AN, "urgent", ["T+1wd"]),
        ("2026-12-07 16:00", AN, "urgent", ["R-now"]),
    ]


def test_urgent_mail_does_not_wait_behind_an_uncertain_one(town: Town) -> None:
    settle(town, yearly(), once("{by: 10/12/2026}"))
    submit(town.office, act("2026-12-03 15:00"), ONCE, ["so-y-te"], Receipt(date(2026, 12, 3)), by_unit=True)
    town.box.next = ["unknown"]
    town.tick("2026-12-04 08:00")
    send_back(town.office, act("2026-12-04 09:00", "thiếu biểu"), ONCE, ["so-y-te"])
    town.box.next = ["deferred"]  # the digest goes on being put off
    town.tick("2026-12-04 10:00")
    assert told(town, AN) == [("2026-12-04 10:00", AN, "urgent", ["R-now"])]


def waits(kind: str = DIGEST, urgent: bool = False, at: str = "2026-12-01 08:00") -> Waiting:
    return Waiting(7, kind, local(at), urgent)


@pytest.mark.parametrize(
    ("waiting", "there", "expected"),
    [
        (waits(), [], [(DIGEST, 0)]),
        (waits(urgent=True), [], [(DIGEST, 0)]),
        (waits(), [DayMessage(1, 7, DIGEST, 0, "queued")], []),
        (waits(), [DayMessage(1, 7, DIGEST, 0, "sent")], []),
        (waits(), [DayMessage(1, 7, DIGEST, 0, "sending")], []),
        (waits(urgent=True), [DayMessage(1, 7, DIGEST, 0, "sent")], [(URGENT, 1)]),
        (waits(urgent=True), [DayMessage(1, 7, DIGEST, 0, "failed")], [(URGENT, 1)]),
        (waits(urgent=True), [DayMessage(1, 7, DIGEST, 0, "superseded")], "revived"),
        (waits(), [DayMessage(1, 7, DIGEST, 0, "superseded")], "revived"),
        (
            waits(urgent=True),
            [DayMessage(1, 7, DIGEST, 0, "sent"), DayMessage(2, 7, URGENT, 1, "sent")],
            [(URGENT, 2)],
        ),
        (waits(urgent=True), [DayMessage(1, 7, DIGEST, 0, "sent"), DayMessage(2, 7, URGENT, 1, "queued")], []),
        (waits(), [DayMessage(1, 7, DIGEST, 0, "sent"), DayMessage(2, 7, URGENT, 1, "queued")], []),
        (waits(UNRECORDED, urgent=True), [DayMessage(1, 7, DIGEST, 0, "queued")], [(UNRECORDED, 0)]),
        (waits(UNRECORDED, urgent=True), [DayMessage(1, 7, UNRECORDED, 0, "sent")], []),
        (waits(), [DayMessage(1, 8, DIGEST, 0, "queued")], [(DIGEST, 0)]),  # another person's
    ],
)
def test_decide_messages(
    sqlite_office: Office, waiting: Waiting, there: list[DayMessage], expected: list[tuple[str, int]] | str
) -> None:
    found = decide_messages(sqlite_office, [waiting], there, local("2026-12-01 09:00"))
    if expected == "revived":
        assert (found.new, found.revived) == ((), (1,))
    else:
        assert [(n.kind, n.part) for n in found.new] == expected
        assert found.revived == ()
        assert {n.day for n in found.new} <= {date(2026, 12, 1)}


@pytest.mark.parametrize(
    ("stage_at", "message_at"),
    [("2026-12-01 08:00", "2026-12-01 08:00"), ("2026-11-30 14:00", "2026-12-01 09:00")],
)
def test_message_is_for_its_latest_stage_unless_that_lies_days_back(
    sqlite_office: Office, stage_at: str, message_at: str
) -> None:
    (new,) = decide_messages(sqlite_office, [waits(at=stage_at)], [], local("2026-12-01 09:00")).new
    assert new.at == local(message_at)


# -- late loads and downtime ------------------------------------------------------------------------------------------


def test_late_load_gets_its_latest_past_stage_at_the_next_working_moment(town: Town) -> None:
    settle(town, at="2026-12-01 18:00")
    town.tick("2026-12-01 18:01")
    assert town.log() == []
    town.tick("2026-12-02 08:00")
    assert told(town) == [("2026-12-02 08:00", AN, "digest", ["T-3wd"])]
    assert [(stage, why) for _, _, stage, why in town.items(AN)] == [("T-3wd", "sent")]


def test_forty_days_of_downtime_are_one_mail_with_the_latest_stage(town: Town) -> None:
    settle(town, yearly("[moi-don-vi]"), once("{by: 20/11/2026}"), task("khac", "{by: 11/12/2026}"), units=UNITS)
    town.ticks("2026-11-05 08:00", "2026-11-05 14:00")
    before = len(town.log())
    town.ticks("2026-12-16 15:00", "2026-12-17 08:00", "2026-12-17 13:59", "2026-12-17 14:00")
    new = town.log()[before:]
    assert sorted((at_text(m.sent_at), m.address, m.kind) for m in new) == [
        ("2026-12-16 15:00", COORDINATOR, "unrecorded"),  # and until the next afternoon to record what came in
        ("2026-12-17 14:00", AN, "digest"),
        ("2026-12-17 14:00", "binh@syt.example", "digest"),
        ("2026-12-17 14:00", CHI, "digest"),
        ("2026-12-17 14:00", "chutich@xa-a.example", "digest"),
        ("2026-12-17 14:00", HEAD, "digest"),
        ("2026-12-17 14:00", "vanthu@phuong-d.example", "digest"),
    ]
    (mail,) = [m for m in new if m.address == AN]
    assert [(i.deadline, i.stage) for i in mail.items] == [
        ("ke-hoach/bao-cao-nam/2026", "T+8wd"),
        ("ke-hoach/khac/once", "T+3wd"),
        ("ke-hoach/mot-lan/once", "T+8wd"),
    ]
    with town.office.database.read() as tx:
        older = tx.execute(
            select(reminders.c.stage, reminders.c.reason).where(
                reminders.c.state == "superseded", reminders.c.obligation_id == town.one().id
            )
        ).all()
    two = ["T-15", "T-3wd", "T0", "T+1wd", "T+3wd"]  # for each of the two officers
    assert sorted(tuple(r) for r in older) == sorted(
        [(s, "later_stage") for s in two * 2] + [(s, "later_stage") for s in ("T0-head", "T+3wd-head")]
    )


def test_unsent_mail_is_absorbed_by_the_next_digest(town: Town) -> None:
    settle(town, yearly(), once("{by: 04/12/2026}"))
    town.box.always = "deferred"
    town.tick("2026-11-19 08:00")
    town.tick("2026-12-01 08:00")
    town.box.always = "sent"
    town.tick("2026-12-04 08:00")
    assert told(town, AN) == [("2026-12-04 08:00", AN, "digest", ["T0", "T0"])]
    assert [(m.state, m.reason) for m in town.log() if m.address == AN] == [
        ("superseded", "absorbed"),
        ("superseded", "absorbed"),
        ("sent", None),
    ]


def test_mail_server_down_for_weeks_leaves_one_monday_page(town: Town) -> None:
    settle(town, yearly(), once("{by: 10/11/2026}"))
    town.box.always = "down"
    for day in ("11-09", "11-16", "11-19", "11-23", "11-30", "12-01"):
        town.tick(f"2026-{day} 08:00")
    town.box.always = "sent"
    town.ticks("2026-12-01 09:00", "2026-12-01 14:00")
    assert sorted((m.recipient, mail_of(m)["Subject"][:12]) for m in town.box.accepted) == [
        (AN, "[Chưa ghi nh"),
        (AN, "[Nhắc hạn] V"),
        (HEAD, "[Chưa ghi nh"),
        (COORDINATOR, "[Bản tin thứ"),
        (COORDINATOR, "[Chưa ghi nh"),
    ]


# -- finished work ----------------------------------------------------------------------------------------------------


def queued(town: Town) -> None:
    """T0 of so-y-te is in a message that has not left."""
    settle(town)
    town.ticks("2026-11-19 08:00", "2026-12-01 08:00")
    town.queue("2026-12-04 08:00")
    assert [m.state for m in town.log() if m.address == AN][-1] == "queued"


def reason(town: Town) -> list[tuple[str, str | None]]:
    """(stage, reason or state) of the last message to AN, and that message's own."""
    last = [m for m in town.log() if m.address == AN][-1]
    return [*((i.stage, i.reason or i.state) for i in last.items), (last.state, last.reason)]


def test_submitted_between_queueing_and_sending_is_never_sent(town: Town) -> None:
    queued(town)
    submit(town.office, act("2026-12-04 08:01"), YEARLY, ["so-y-te"], Receipt(date(2026, 12, 4)), by_unit=True)
    tally = town.deliver("2026-12-04 08:02")
    assert (tally.sent, tally.superseded) == (0, 1)
    assert reason(town) == [("T0", "submitted"), ("superseded", "submitted")]
    assert len([m for m in town.box.tried if m.recipient == AN]) == 2


def test_accepted_waived_and_closed_are_never_sent(town: Town) -> None:
    for name in ("mot", "hai"):
        load_text(town.office, OCTOBER, TWO_UNITS, plan(once("{by: 04/12/2026}"), slug=name))
    settle(town, yearly())
    town.ticks("2026-12-01 08:00", "2026-12-07 08:00")
    town.queue("2026-12-16 14:00")
    submit(
        town.office, act("2026-12-16 14:01"), DeadlineKey.parse("mot/mot-lan/once"), ["so-y-te"],
        Receipt(date(2026, 12, 4)),
    )  # fmt: skip
    waive(town.office, act("2026-12-16 14:01", "không có"), DeadlineKey.parse("hai/mot-lan/once"), ["so-y-te"])
    close(town.office, act("2026-12-16 14:01"), "ke-hoach")
    town.deliver("2026-12-16 14:02")
    last = [m for m in town.log() if m.address == AN][-1]
    assert sorted((i.deadline, i.stage, i.reason) for i in last.items) == [
        ("hai/mot-lan/once", "T+8wd", "waived"),
        ("ke-hoach/bao-cao-nam/2026", "T+8wd", "missing"),
        ("mot/mot-lan/once", "T+8wd", "accepted"),
    ]
    assert last.state == "superseded"


def test_one_finished_item_leaves_the_others_in_the_mail(town: Town) -> None:
    settle(town, yearly(), once("{by: 04/12/2026}"))
    town.queue("2026-12-04 08:00")
    submit(town.office, act("2026-12-04 08:01"), ONCE, ["so-y-te"], Receipt(date(2026, 12, 4)), by_unit=True)
    town.deliver("2026-12-04 08:02")
    assert reason(town) == [("T0", "sent"), ("T0", "submitted"), ("sent", None)]
    assert "và 1 việc khác" not in letter_to(town, AN)


def test_extended_between_queueing_and_sending_drops_the_old_date(town: Town) -> None:
    queued(town)
    extend(town.office, act("2026-12-04 08:01", "thiên tai"), YEARLY, ["so-y-te"], date(2026, 12, 18))
    town.deliver("2026-12-04 08:02")
    assert reason(town) == [("T0", "date_changed"), ("superseded", "date_changed")]
    town.tick("2026-12-04 09:00")
    town.ticks(*AFTER[:2], "2026-12-15 08:00", AFTER[2], "2026-12-18 08:00")
    town.ticks("2026-12-21 08:00", "2026-12-21 14:00", "2026-12-23 14:00", "2026-12-30 14:00")
    assert [(at, stages) for at, _, _, stages in told(town, AN)][2:] == [
        ("2026-12-04 09:00", ["T-15", "n-moved"]),
        ("2026-12-15 08:00", ["T-3wd"]),
        ("2026-12-18 08:00", ["T0"]),
        ("2026-12-21 14:00", ["T+1wd"]),
        ("2026-12-23 14:00", ["T+3wd"]),
        ("2026-12-30 14:00", ["T+8wd"]),
    ]


def test_returned_has_reminders_of_its_own(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-01 09:00"), YEARLY, ["so-y-te"], Receipt(date(2026, 12, 1)), by_unit=True)
    send_back(town.office, act("2026-12-02 09:00", "thiếu biểu 2"), YEARLY, ["so-y-te"], date(2026, 12, 10))
    for day in ("02", "04", "07", "08", "09", "10", "11", "14", "16"):
        town.ticks(f"2026-12-{day} 09:30", f"2026-12-{day} 14:00")
    assert told(town) == [
        ("2026-12-02 09:30", AN, "digest", ["R-now"]),
        ("2026-12-09 09:30", AN, "digest", ["R-1wd"]),
        ("2026-12-10 09:30", AN, "digest", ["R0"]),
        ("2026-12-11 09:30", COORDINATOR, "unrecorded", ["R+1wd-list"]),
        ("2026-12-11 14:00", AN, "digest", ["R+1wd"]),
    ]
    assert letter_to(town, AN, 0).startswith("[Đề nghị bổ sung]")


def test_returned_after_acceptance_is_reminded_of_too(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-01 09:00"), YEARLY, ["so-y-te"], Receipt(date(2026, 12, 1)), by_unit=True)
    accept(town.office, act("2026-12-01 10:00"), YEARLY, ["so-y-te"])
    send_back(town.office, act("2026-12-02 09:00", "thiếu biểu 2"), YEARLY, ["so-y-te"])
    town.tick("2026-12-02 09:30")
    assert told(town) == [("2026-12-02 09:30", AN, "digest", ["R-now"])]


# -- who is responsible -----------------------------------------------------------------------------------------------


def test_officer_who_takes_over_before_the_claim_gets_it_instead(town: Town) -> None:
    queued(town)
    load_text(town.office, local("2026-12-04 08:01"), TWO_UNITS.replace(AN, "moi@syt.example"))
    town.deliver("2026-12-04 08:02")
    assert reason(town) == [("T0", "reassigned"), ("superseded", "reassigned")]
    town.tick("2026-12-04 08:03")
    assert told(town)[2:] == [
        ("2026-12-04 08:03", AN, "digest", ["n-given"]),
        ("2026-12-04 08:03", "moi@syt.example", "digest", ["T0", "n-taken"]),
    ]
    with town.office.database.read() as tx:
        rows = tx.execute(select(reminders.c.state, reminders.c.reason).where(reminders.c.stage == "T0")).all()
    assert sorted(tuple(r) for r in rows) == [("sent", None), ("superseded", "reassigned")]


def test_officer_who_takes_over_from_an_uncertain_mail_is_told_as_well(town: Town) -> None:
    settle(town)
    town.box.always = "unknown"
    town.tick("2026-12-04 08:00")
    load_text(town.office, local("2026-12-04 08:01"), TWO_UNITS.replace(AN, "moi@syt.example"))
    town.box.always = "sent"
    town.deliver("2026-12-04 08:02")
    town.tick("2026-12-04 08:03")
    assert [m.state for m in town.log() if m.address == AN] == ["unknown"]
    assert told(town) == [("2026-12-04 08:03", "moi@syt.example", "digest", ["T0", "n-taken"])]


def test_head_who_changes_before_the_claim_gets_it_instead(town: Town) -> None:
    settle(town)
    town.tick("2026-12-04 08:00")
    town.queue("2026-12-04 14:00")
    load_text(town.office, local("2026-12-04 14:01"), TWO_UNITS.replace(HEAD, "moi@syt.example"))
    town.deliver("2026-12-04 14:02")
    town.tick("2026-12-04 14:03")
    assert told(town)[1:] == [("2026-12-04 14:03", "moi@syt.example", "digest", ["T0-head"])]


# -- several nodes ----------------------------------------------------------------------------------------------------


def waits_for_a_lock(office: Office) -> bool:
    """Asked in a transaction of its own: within one, PostgreSQL goes on showing what it showed first."""
    here = "wait_event_type = 'Lock' AND datname = current_database()"
    with office.database.read() as tx:
        return bool(tx.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {here}")))


def test_queueing_waits_for_a_claim_under_way(
    new_database: Callable[[str], Database], calendar: WorkingCalendar, tmp_path: Path
) -> None:
    """On PostgreSQL a node may be rendering a message when another would move its reminders to the next day's."""
    office = make_office(new_database("postgresql"), calendar)
    town = Town(office, make_desk(office, tmp_path / "mail"))
    settle(town, yearly(), once("{by: 07/12/2026}"))
    town.queue("2026-12-01 08:00")
    now = local("2026-12-01 08:00")
    with ThreadPoolExecutor(1) as pool:
        with office.database.write() as claiming:
            (claimed,) = outbox.claim(claiming, now, 9).claimed
            other = pool.submit(town.queue, "2026-12-02 08:00")
            while not (other.done() or waits_for_a_lock(office)):
                pass
            mark_sending(claiming, [Sending(claimed.id, AN, "s", b"x")], now + timedelta(minutes=10))
        other.result()
    with office.database.read() as tx:
        held = select(reminders.c.id).where(reminders.c.message_id == claimed.id, reminders.c.state == "queued")
        assert set(tx.scalars(held)) == {h.id for h in claimed.held}
        assert tx.scalar(select(messages.c.state).where(messages.c.id == claimed.id)) == "sending"
