from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import update

from actions.office import Office
from actions.receiving import Receipt, send_back, submit
from notifications.claiming import LEASE, claim_batch
from notifications.deciding import FEWEST_TRIES, GIVE_UP_AFTER, Retry, Tally, judge, retry
from notifications.delivery import deliver_due
from notifications.outlets import Fault, Kind, Outcome
from notifications.recording import record
from store import outbox
from store.mail_log import Logged, content_of
from store.results import Sending, mark_sending
from store.schema import people, tasks
from tests.actions.province import (
    AN,
    CHI,
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
from tests.conftest import load_text, local, make_desk

assert YEARLY is not None
assert ONCE is not None
Y_TE = ["so-y-te"]
MORNING = "2026-12-01 08:00"
REF = "1@n.example"


@pytest.fixture
def town(office: Office, tmp_path: Path) -> Town:
    return Town(office, make_desk(office, tmp_path / "mail"))


@pytest.fixture
def sqlite_town(sqlite_office: Office, tmp_path: Path) -> Town:
    return Town(sqlite_office, make_desk(sqlite_office, tmp_path / "mail"))


def settle(town: Town, *tasks_: str, units: str = TWO_UNITS) -> None:
    load_text(town.office, local("2026-10-01 09:00"), units, plan(*(tasks_ or [yearly()])))


def of(town: Town, address: str = AN) -> Logged:
    """The last message of a person."""
    return [m for m in town.log() if m.address == address][-1]


def crash(town: Town, at: str) -> datetime:
    """Claim what is due and die before anything is recorded; when the lease is over."""
    claim_batch(town.office.database, town.desk, local(at))
    return local(at) + LEASE


# -- a pass -----------------------------------------------------------------------------------------------------------


def test_letter_carries_what_was_queued_and_ends_as_sent(town: Town) -> None:
    settle(town)
    town.queue(MORNING)
    assert town.deliver("2026-12-01 08:01") == Tally(sent=1)
    (letter,) = town.box.accepted
    logged = of(town)
    assert (letter.message_id, letter.recipient, letter.sender) == (logged.ref, AN, "nhachan@dienbien.example")
    assert (logged.state, logged.sent_at, logged.answer) == ("sent", local("2026-12-01 08:01"), "said sent")
    assert [(i.stage, i.state) for i in logged.items] == [("T-3wd", "sent")]
    mail = mail_of(letter)
    assert (mail["Message-ID"], mail["Subject"], mail["To"].addresses[0].addr_spec) == (
        f"<{logged.ref}>",
        logged.subject,
        AN,
    )
    with town.office.database.read() as tx:
        assert content_of(tx, logged.id) == letter.content
    assert town.deliver("2026-12-01 08:02") == Tally()


def test_digest_names_whom_to_ask_and_the_calendar(town: Town) -> None:
    settle(town)
    town.tick(MORNING)
    mail = mail_of(town.box.accepted[0])
    assert mail["Reply-To"].addresses[0].addr_spec == "tdkt@snv.example"
    body = mail.get_body(("plain",))
    assert body is not None
    said = body.get_content()
    assert "http://127.0.0.1:8088/feeds/so-y-te/" in said
    assert f"http://127.0.0.1:8088/l/{town.one().id}-" in said
    assert [p.get_filename() for p in mail.iter_attachments()] == ["nhac-han.ics"]


def test_more_than_a_batch_leaves_in_one_pass(sqlite_town: Town) -> None:
    more = "".join(f"  - {{id: xa-{n}, name: Xã {n}, kind: xa, mailbox: vt@xa-{n}.example}}\n" for n in range(45))
    settle(sqlite_town, yearly("[cac-xa]"), units=UNITS.replace("audiences:", f"{more}audiences:"))
    sqlite_town.queue(MORNING)
    assert sqlite_town.deliver(MORNING) == Tally(sent=46)
    assert len({m.message_id for m in sqlite_town.box.accepted}) == 46


def test_outlet_that_is_down_ends_the_pass_and_keeps_everything(town: Town) -> None:
    settle(town, yearly("[moi-don-vi]"), units=UNITS)
    town.queue(MORNING)
    town.box.next, town.box.always = ["sent", "down"], "refused"
    down = Fault("connection", "said down")
    assert town.deliver(MORNING) == Tally(sent=1, outlet_down=down)
    assert len(town.box.tried) == 2
    town.box.always = "sent"
    assert town.deliver("2026-12-01 08:00:59") == Tally(outlet_down=down)
    assert town.deliver("2026-12-01 08:01") == Tally(sent=3)


def test_outlet_that_is_down_for_days_fails_nothing(town: Town) -> None:
    settle(town)
    town.queue(MORNING)
    town.box.always = "down"
    for day in ("02", "03", "04"):
        assert town.deliver(f"2026-12-{day} 09:00") == Tally(outlet_down=Fault("connection", "said down"))
    town.box.next, town.box.always = ["deferred"], "sent"
    assert town.deliver("2026-12-04 10:00") == Tally(again=1)  # greylisted, as anyone would be after such a time
    assert town.deliver("2026-12-04 16:00") == Tally(sent=1)


def test_stopping_finishes_the_letter_in_hand_and_puts_back_the_rest(town: Town) -> None:
    settle(town, yearly("[moi-don-vi]"), units=UNITS)
    town.queue(MORNING)
    done = asyncio.run(
        deliver_due(town.office.database, town.desk, town.box, lambda: local(MORNING), lambda: len(town.box.tried) == 1)
    )
    assert done == Tally(sent=1)
    assert sorted(m.state for m in town.log()) == ["queued", "queued", "queued", "sent"]
    assert town.deliver("2026-12-01 08:01") == Tally(sent=3)


# -- what the outlet answers ------------------------------------------------------------------------------------------


def test_refused_is_failed_and_told(town: Town) -> None:
    settle(town)
    town.box.always = "refused"
    assert town.tick(MORNING) == Tally(failed=1)
    assert (of(town).state, of(town).answer) == ("failed", "said refused")
    assert [i.state for i in of(town).items if i.stage == "T-3wd"] == ["failed"]
    town.box.always = "sent"
    assert town.tick("2026-12-01 09:00") == Tally(sent=1)  # the coordinator reads of it
    assert town.tick("2026-12-04 08:00") == Tally(sent=1)  # the next stage is tried all the same


def test_deferred_is_written_anew_each_time(town: Town) -> None:
    settle(town)
    town.box.next = ["deferred"]
    town.tick("2026-12-04 08:00")
    town.deliver("2026-12-05 09:00")  # "hôm nay" would be untrue by now
    first, second = (mail_of(letter) for letter in town.box.tried)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Subject"].startswith("[Đến hạn hôm nay]")
    assert not second["Subject"].startswith("[Đến hạn hôm nay]")
    assert of(town).subject == second["Subject"]


def test_deferred_and_done_meanwhile_is_never_sent(town: Town) -> None:
    settle(town)
    town.box.next = ["deferred"]
    town.tick(MORNING)
    submit(town.office, act("2026-12-01 08:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 1)), by_unit=True)
    assert town.deliver("2026-12-01 08:02") == Tally(superseded=1)
    assert (of(town).state, of(town).reason) == ("superseded", "submitted")


def test_unknown_is_sent_again_in_the_same_bytes(town: Town) -> None:
    settle(town)
    town.box.next = ["unknown"]
    town.tick("2026-12-04 08:00")
    load_text(town.office, local("2026-12-04 09:00"), TWO_UNITS, plan(yearly(title="Tên khác")))
    assert town.deliver("2026-12-05 09:00") == Tally(sent=1)
    first, second = town.box.tried
    assert first == second
    assert of(town).state == "sent"


def test_unknown_then_deferred_stays_in_doubt(town: Town) -> None:
    settle(town)
    town.box.next = ["unknown", "deferred"]
    town.tick("2026-12-04 08:00")
    town.deliver("2026-12-04 08:02")
    town.deliver("2026-12-05 09:00")
    assert len({letter.content for letter in town.box.tried}) == 1
    assert len(town.box.tried) == 3


def test_unknown_with_everything_finished_is_not_sent_again(town: Town) -> None:
    settle(town, yearly(), once("{by: 04/12/2026}"))
    town.box.next = ["unknown"]
    town.tick("2026-12-04 08:00")
    for key in (YEARLY, ONCE):
        submit(town.office, act("2026-12-04 09:00"), key, Y_TE, Receipt(date(2026, 12, 4)), by_unit=True)
    assert town.deliver("2026-12-04 09:01") == Tally(unknown=1)
    assert (of(town).state, [i.state for i in of(town).items]) == ("unknown", ["unknown", "unknown"])
    assert len(town.box.tried) == 1
    assert town.deliver("2026-12-05 09:00") == Tally()


def test_unknown_with_one_item_open_is_sent_again(town: Town) -> None:
    settle(town, yearly(), once("{by: 04/12/2026}"))
    town.box.next = ["unknown"]
    town.tick("2026-12-04 08:00")
    submit(town.office, act("2026-12-04 09:00"), ONCE, Y_TE, Receipt(date(2026, 12, 4)), by_unit=True)
    assert town.deliver("2026-12-04 09:01") == Tally(sent=1)


def test_unknown_that_a_later_stage_has_overtaken_is_not_sent_again(town: Town) -> None:
    settle(town)
    town.box.next = ["unknown"]
    town.tick("2026-11-19 08:00")
    assert town.tick("2026-12-01 08:00").unknown == 1  # twelve days of downtime
    assert [(m.state, [(i.stage, i.state) for i in m.items]) for m in town.log() if m.address == AN] == [
        ("unknown", [("T-15", "unknown")]),
        ("sent", [("T-3wd", "sent")]),
    ]


# -- giving up --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [
        (0, timedelta(minutes=1)),
        (1, timedelta(minutes=2)),
        (5, timedelta(minutes=32)),
        (8, timedelta(minutes=256)),
        (9, timedelta(hours=6)),
        (10_000, timedelta(hours=6)),
    ],
)
def test_retry_waits_twice_as_long_each_time_up_to_six_hours(attempts: int, wait: timedelta) -> None:
    now = local(MORNING)
    found = retry(attempts, now, now, REF).at
    assert found is not None
    assert now + wait <= found <= now + wait * 1.25


def test_retry_gives_up_three_days_after_the_first_deferral() -> None:
    now = local(MORNING)
    assert retry(9, now - GIVE_UP_AFTER + timedelta(microseconds=1), now, REF).at is not None
    assert retry(9, now - GIVE_UP_AFTER, now, REF) == Retry(None)


def test_retries_put_off_together_do_not_come_back_together() -> None:
    now = local(MORNING)
    assert len({retry(3, now, now, f"{n}@n.example").at for n in range(50)}) == 50
    assert retry(3, now, now, REF) == retry(3, now, now, REF)


def tried_until_given_up(town: Town, *answers: str) -> Tally:
    town.box.next = list(answers)  # type: ignore[arg-type]
    town.box.always = "deferred"
    town.queue("2026-12-15 08:00")
    tallies = [town.deliver("2026-12-15 08:00")]
    while tallies[-1].again:
        with town.office.database.read() as tx:
            moment = outbox.pending_until(tx)
        assert moment is not None
        later = at_text(moment + timedelta(minutes=1))  # to the minute
        tallies.append(town.deliver(later))
        assert len(tallies) < 50
    return tallies[-1]


def test_deferred_for_three_days_is_failed(sqlite_town: Town) -> None:
    settle(sqlite_town, once("{by: 30/12/2026}"))
    assert tried_until_given_up(sqlite_town) == Tally(failed=1)
    assert of(sqlite_town).state == "failed"


def test_in_doubt_for_three_days_is_unknown_rather_than_failed(sqlite_town: Town) -> None:
    settle(sqlite_town, once("{by: 30/12/2026}"))
    assert tried_until_given_up(sqlite_town, "unknown") == Tally(unknown=1)
    assert [i.state for i in of(sqlite_town).items] == ["unknown"]


# -- crashes ----------------------------------------------------------------------------------------------------------


def test_expired_lease_sends_the_same_bytes_under_the_same_message_id(town: Town) -> None:
    settle(town)
    town.queue(MORNING)
    (ready,) = claim_batch(town.office.database, town.desk, local(MORNING)).ready
    load_text(town.office, local("2026-12-01 08:05"), TWO_UNITS, plan(yearly(title="Tên khác")))
    assert town.deliver("2026-12-01 08:09:59") == Tally()
    assert town.deliver("2026-12-01 08:10") == Tally(sent=1)
    assert town.box.accepted == [ready.letter]


def test_crash_before_the_claim_is_committed_leaves_it_queued(town: Town) -> None:
    settle(town)
    town.queue(MORNING)
    with town.office.database.trial() as tx:
        outbox.claim(tx, local(MORNING), 9)
        mark_sending(tx, [Sending(of(town).id, AN, "s", b"x")], local(MORNING))
    assert town.deliver(MORNING) == Tally(sent=1)


@pytest.mark.parametrize("kind", ["deferred", "refused", "unknown"])
def test_answer_that_comes_after_the_lease_does_not_undo_anothers(town: Town, kind: Kind) -> None:
    settle(town)
    town.queue(MORNING)
    (ready,) = claim_batch(town.office.database, town.desk, local(MORNING)).ready
    town.deliver("2026-12-01 08:10")
    late = Outcome(kind, None if kind == "unknown" else 451, "late")
    ready = replace(ready, attempts=FEWEST_TRIES, tried_since=local("2026-11-20 08:00"))
    record(town.office.database, town.desk, "box", [(ready, late)], local("2026-12-01 08:11"))
    assert of(town).state == "sent"
    assert town.deliver("2026-12-02 08:00") == Tally()


def test_reminder_that_is_urgent_does_not_join_a_letter_in_hand(town: Town) -> None:
    settle(town, yearly(), once("{by: 10/12/2026}"))
    submit(town.office, act("2026-12-03 15:00"), ONCE, Y_TE, Receipt(date(2026, 12, 3)), by_unit=True)
    town.queue("2026-12-04 08:00")
    crash(town, "2026-12-04 08:00")
    send_back(town.office, act("2026-12-04 08:01", "thiếu"), ONCE, Y_TE)
    town.tick("2026-12-04 08:02")
    assert [(kind, stages) for _, who, kind, stages in town.sent() if who == AN] == [("urgent", ["R-now"])]
    town.deliver("2026-12-04 08:10")
    assert [(kind, stages) for _, who, kind, stages in town.sent() if who == AN] == [
        ("urgent", ["R-now"]),
        ("digest", ["T0"]),
    ]


# -- one bad record ---------------------------------------------------------------------------------------------------


def test_message_that_cannot_be_written_is_set_aside(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    settle(town, yearly("[moi-don-vi]"), task("hai", "{by: 04/12/2026}", "[phuong-d]"), units=UNITS)
    town.queue(MORNING)
    with town.office.database.write() as tx:
        tx.execute(update(people).where(people.c.address == CHI).values(address="no address at all"))
    with caplog.at_level(logging.CRITICAL, "notifications.claiming"):
        done = town.deliver(MORNING)
    assert done == Tally(sent=3, failed=1)
    bad = of(town, "no address at all")
    assert (bad.state, [i.state for i in bad.items]) == ("failed", ["failed"] * 3)
    assert bad.answer is not None
    assert "Error" in bad.answer
    assert sorted(letter.recipient for letter in town.box.accepted) == [
        AN,
        "binh@syt.example",
        "vanthu@phuong-d.example",
    ]


def test_task_that_cannot_be_written_stops_only_the_mails_that_tell_of_it(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    settle(town, yearly(), task("hai", "{by: 04/12/2026}", "[ubnd]"))
    town.queue(MORNING)
    with town.office.database.write() as tx:
        tx.execute(update(tasks).where(tasks.c.slug == "bao-cao-nam").values(title="x\r\nBcc: z@x.example"))
    with caplog.at_level(logging.CRITICAL, "notifications.claiming"):
        done = town.deliver(MORNING)
    assert done.sent + done.failed == 2
    assert all("Bcc" not in mail_of(letter) for letter in town.box.accepted)


# -- several nodes ----------------------------------------------------------------------------------------------------


def test_two_threads_that_deliver_at_once_send_each_letter_once(town: Town) -> None:
    more = "".join(f"  - {{id: xa-{n}, name: Xã {n}, kind: xa, mailbox: vt@xa-{n}.example}}\n" for n in range(12))
    settle(town, yearly("[cac-xa]"), units=UNITS.replace("audiences:", f"{more}audiences:"))
    town.queue(MORNING)
    start = Barrier(2)

    def take() -> list[str]:
        start.wait()
        refs = []
        while (batch := claim_batch(town.office.database, town.desk, local(MORNING), limit=2)).looked_at:
            refs += [ready.letter.message_id for ready in batch.ready]
        return refs

    with ThreadPoolExecutor(2) as pool:
        one, other = (f.result() for f in [pool.submit(take), pool.submit(take)])
    assert len(one + other) == len({*one, *other}) == 13


def test_open_or_not_is_decided_when_it_is_claimed(sqlite_town: Town) -> None:
    settle(sqlite_town)
    sqlite_town.queue(MORNING)
    with sqlite_town.office.database.read() as tx:
        (claimed,) = outbox.claim(tx, local(MORNING), 9).claimed
    assert [h.stage for h in judge(claimed, local(MORNING)).keep] == ["T-3wd"]
    submit(sqlite_town.office, act(MORNING), YEARLY, Y_TE, Receipt(date(2026, 12, 1)))
    with sqlite_town.office.database.read() as tx:
        (claimed,) = outbox.claim(tx, local(MORNING), 9).claimed
    assert [(h.stage, why) for h, why in judge(claimed, local(MORNING)).drop] == [("T-3wd", "accepted")]
