"""Undeliverable mail: each failure reaches the coordinators it concerns once, in one mail at most hourly."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from actions.office import Office
from actions.people import absent
from actions.rehearsing import rehearse
from actions.undeliverable import HOUR, SETTLED
from notifications.claiming import claim_batch
from notifications.outlets import Letter, Outcome
from store.ledger import UNDELIVERABLE
from store.mail_log import Logged
from store.results import retry
from tests.actions.province import (
    AN,
    CHI,
    COORDINATOR,
    HEAD,
    TWO_UNITS,
    UNITS,
    Box,
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

MORNING = "2026-12-01 08:00"  # three working days before the yearly report
BINH = "binh@syt.example"


class Choosy(Box):
    """Refuses some addresses."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self.refused = set(refused)
        self.answers = Outcome("refused", 550, "5.1.1 no such user", "5.1.1", bad_address=False)

    def answer(self, letter: Letter) -> Outcome:
        if letter.recipient not in self.refused:
            return super().answer(letter)
        self.tried.append(letter)
        return self.answers


@pytest.fixture
def town(office: Office, tmp_path: Path) -> Town:
    return Town(office, make_desk(office, tmp_path / "mail"))


def settle(town: Town, *tasks: str, units: str = TWO_UNITS, refused: tuple[str, ...] = (AN,)) -> Choosy:
    load_text(town.office, local("2026-10-01 09:00"), units, plan(*(tasks or [yearly()])))
    box = Choosy(*refused)
    town.box = box
    return box


def reports(town: Town) -> list[Logged]:
    return [m for m in town.log() if m.kind == UNDELIVERABLE]


def told(town: Town) -> list[tuple[str, str, list[str]]]:
    """(local time, reader, addresses named) of each report that was accepted, in the order in which they left."""
    sent = {m.ref: m for m in reports(town) if m.state == "sent"}
    found = []
    for letter in town.box.accepted:
        if (m := sent.get(letter.message_id)) is not None:
            named = re.findall(r"^\d+\. .*, (\S+@\S+)$", text_of(letter), re.MULTILINE)
            found.append((at_text(m.sent_at), m.address, named))
    return found


def text_of(letter: Letter) -> str:
    body = mail_of(letter).get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def after(at: str, minutes: float) -> str:
    return at_text(local(at) + timedelta(minutes=minutes))


# -- when and to whom ------------------------------------------------------------------------------------------------


def test_failure_reaches_the_coordinator_once(town: Town) -> None:
    settle(town)
    town.tick(MORNING)
    assert reports(town) == []  # nothing so fresh is told of
    town.ticks("2026-12-01 08:01", "2026-12-01 08:02", "2026-12-01 09:30", "2026-12-01 14:00", "2026-12-02 08:00")
    assert told(town) == [("2026-12-01 08:01", COORDINATOR, [AN])]
    (report,) = reports(town)
    assert (report.person, report.state, report.items) == ("Chuyên viên Ban TĐKT", "sent", ())


def test_nothing_failed_is_no_mail(town: Town) -> None:
    settle(town, refused=())
    town.ticks(MORNING, "2026-12-01 08:05", "2026-12-01 10:00")
    assert reports(town) == []


def test_reports_leave_at_most_hourly_and_each_tells_what_is_new(town: Town) -> None:
    settle(town, yearly("[so-y-te]"), once("{by: 02/12/2026}", "[cac-xa]"), units=UNITS, refused=(AN, BINH, CHI))
    town.tick("2026-12-01 08:00")  # Y tế's officers and the communes' clerk fail
    town.tick("2026-12-01 08:01")
    again(town, "2026-12-01 08:10", AN)
    town.ticks("2026-12-01 08:12", "2026-12-01 08:30", "2026-12-01 09:00")
    assert [r[0] for r in told(town)] == ["2026-12-01 08:01"]
    town.ticks("2026-12-01 09:01", "2026-12-01 09:02")
    again(town, "2026-12-01 09:50", CHI)
    town.ticks("2026-12-01 10:00", "2026-12-01 10:01", "2026-12-01 12:00")
    assert told(town) == [
        ("2026-12-01 08:01", COORDINATOR, sorted([AN, BINH, CHI])),
        ("2026-12-01 09:01", COORDINATOR, [AN]),
        ("2026-12-01 10:01", COORDINATOR, [CHI]),
    ]


def again(town: Town, at: str, address: str) -> None:
    """`mail retry` of what failed for a person; it fails once more."""
    with town.office.database.write() as tx:
        numbers = [m.id for m in town.log("failed") if m.address == address]
        assert retry(tx, numbers, local(at)) == numbers
        assert len(numbers) == 1
    assert town.deliver(at).failed == 1


def test_failure_that_was_retried_before_the_report_left_is_not_told(town: Town) -> None:
    box = settle(town)
    town.tick(MORNING)
    town.queue("2026-12-01 08:02")
    assert [r.state for r in reports(town)] == ["queued"]
    box.refused = set()
    with town.office.database.write() as tx:
        retry(tx, [m.id for m in town.log("failed")], local("2026-12-01 08:02"))
    town.deliver("2026-12-01 08:03")
    (report,) = reports(town)
    assert (report.state, report.reason) == ("superseded", "nothing_to_say")
    town.ticks("2026-12-01 09:30", "2026-12-01 14:00")
    assert told(town) == []


def test_report_put_off_by_the_server_takes_up_what_fails_meanwhile(town: Town) -> None:
    box = settle(town, yearly(), once("{by: 02/12/2026}"))
    town.tick(MORNING)
    box.next = ["deferred"]
    town.tick("2026-12-01 08:01")
    assert [r.state for r in reports(town)] == ["queued"]
    again(town, "2026-12-01 08:02", AN)
    town.queue("2026-12-01 08:04")
    box.always = "sent"
    town.ticks("2026-12-01 10:00", "2026-12-01 12:00")
    assert told(town) == [("2026-12-01 10:00", COORDINATOR, [AN])]
    assert len(reports(town)) == 1


def test_hour_counts_from_when_the_report_left(town: Town) -> None:
    box = settle(town)
    town.tick(MORNING)
    box.next = ["down"]
    town.tick("2026-12-01 08:01")
    town.tick("2026-12-01 10:30")
    again(town, "2026-12-01 10:32", AN)
    town.ticks("2026-12-01 10:40", "2026-12-01 11:29", "2026-12-01 11:30")
    assert [r[0] for r in told(town)] == ["2026-12-01 10:30", "2026-12-01 11:30"]


def test_report_that_fails_is_not_reported_and_what_it_told_of_is_told_with_the_next(town: Town) -> None:
    box = settle(town)
    town.tick(MORNING)
    box.next = ["refused"]
    town.ticks("2026-12-01 08:01", "2026-12-01 08:02", "2026-12-01 09:30", "2026-12-01 14:00")
    assert [(r.state, r.address) for r in reports(town)] == [("failed", COORDINATOR)]
    assert told(town) == []
    again(town, "2026-12-01 14:30", AN)
    town.ticks("2026-12-01 14:40", "2026-12-02 08:00")
    assert told(town) == [("2026-12-01 14:40", COORDINATOR, [AN])]


def test_failed_report_sent_again_after_a_later_one_has_nothing_to_say(town: Town) -> None:
    box = settle(town)
    town.tick(MORNING)
    box.next = ["refused"]
    town.tick("2026-12-01 08:01")
    again(town, "2026-12-01 14:30", AN)
    town.tick("2026-12-01 14:40")
    with town.office.database.write() as tx:
        assert retry(tx, [reports(town)[0].id], local("2026-12-01 15:00")) == [reports(town)[0].id]
    town.deliver("2026-12-01 15:00")
    assert [(r.state, r.reason) for r in reports(town)] == [("superseded", "nothing_to_say"), ("sent", None)]


def test_report_lost_in_a_crash_goes_again_with_the_same_bytes(town: Town) -> None:
    settle(town)
    town.tick(MORNING)
    town.queue("2026-12-01 08:01")
    claim_batch(town.office.database, town.desk, local("2026-12-01 08:01"))
    again(town, "2026-12-01 08:05", AN)
    town.ticks("2026-12-01 08:07", "2026-12-01 08:20", "2026-12-01 09:00", "2026-12-01 09:20")
    assert told(town) == [("2026-12-01 08:20", COORDINATOR, [AN]), ("2026-12-01 09:20", COORDINATOR, [AN])]
    assert len({letter.message_id for letter in town.box.tried if letter.recipient == COORDINATOR}) == 2


TWO_COORDINATORS = UNITS.replace(
    "  - {id: phuong-d",
    "  - id: so-tai-chinh\n    name: Sở Tài chính\n    kind: so-khac\n"
    "    officers: [{name: Chuyên viên Sở Tài chính, email: tc@stc.example}]\n  - {id: phuong-d",
)


def test_coordinators_hear_of_mail_of_their_own_plans(town: Town) -> None:
    other = plan(task("du-toan", "{by: 04/12/2026}", "[xa-a]"), slug="tai-chinh", coordinator="so-tai-chinh")
    load_text(town.office, local("2026-10-01 09:00"), TWO_COORDINATORS, plan(yearly()), other)
    town.box = Choosy(AN, CHI)
    town.ticks(MORNING, "2026-12-01 08:01")
    assert sorted(told(town)) == [
        ("2026-12-01 08:01", "tc@stc.example", [CHI]),
        ("2026-12-01 08:01", COORDINATOR, [AN]),
    ]


def test_mail_without_items_concerns_every_coordinator_but_not_its_own_recipient(town: Town) -> None:
    other = plan(task("du-toan", "{by: 30/11/2026}", "[xa-a]"), slug="tai-chinh", coordinator="so-tai-chinh")
    load_text(town.office, local("2026-10-01 09:00"), TWO_COORDINATORS, plan(yearly()), other)
    town.box = Choosy("tc@stc.example")
    town.ticks("2026-12-07 08:00", "2026-12-07 08:01")  # its Monday page and its list of the first overdue day
    failed = {m.kind for m in town.log("failed")}
    assert "monday" in failed
    assert {(who, address) for _, who, named in told(town) for address in named} == {(COORDINATOR, "tc@stc.example")}


def test_deputy_reads_it_in_place_of_the_officer_who_is_away(town: Town) -> None:
    settle(town)
    absent(town.office, act("2026-11-30 09:00"), COORDINATOR, date(2026, 11, 30), None, "vanthu@ubnd.example")
    town.ticks(MORNING, "2026-12-01 08:01")
    assert [who for _, who, _ in told(town)] == ["vanthu@ubnd.example"]
    assert "thay Chuyên viên Ban TĐKT" in text_of(town.box.accepted[-1])


def test_nothing_is_queued_outside_office_hours_and_everything_at_the_next_opening(town: Town) -> None:
    settle(town)
    town.queue(MORNING)
    town.deliver("2026-12-01 16:59")
    town.ticks("2026-12-01 17:30", "2026-12-01 20:00", "2026-12-02 07:59")
    assert told(town) == []
    town.tick("2026-12-02 08:00")
    assert told(town) == [("2026-12-02 08:00", COORDINATOR, [AN])]


def test_rehearsal_tells_of_no_report(sqlite_office: Office, tmp_path: Path) -> None:
    town = Town(sqlite_office, make_desk(sqlite_office, tmp_path / "mail"))
    settle(town)
    town.tick(MORNING)
    found = rehearse(town.office, town.desk, date(2026, 12, 1), date(2026, 12, 8), now=local("2026-12-01 08:01"))
    assert {m.kind for m in found} >= {"digest"}
    assert UNDELIVERABLE not in {m.kind for m in found}


def test_failures_do_not_wait_longer_than_the_lag_and_an_hour() -> None:
    assert timedelta(minutes=1) == SETTLED
    assert timedelta(hours=1) == HOUR


# -- what it says ----------------------------------------------------------------------------------------------------


def test_report_says_who_which_mail_when_why_and_what_to_do(town: Town) -> None:
    settle(town)
    town.ticks(MORNING, "2026-12-01 08:01")
    letter = town.box.accepted[-1]
    mail = mail_of(letter)
    (failed,) = town.log("failed")
    assert mail["Subject"] == "[Thư không gửi được] 01 thư: Chuyên viên Sở Y tế (Sở Y tế)"
    said = " ".join(text_of(letter).split())
    for part in (
        "Các thư dưới đây không gửi được, nên người nhận chưa được nhắc.",
        f"1. Chuyên viên Sở Y tế (Sở Y tế), {AN}",
        "Thư: [Nhắc hạn] ",
        "Lúc: 08:00, 01/12/2026",
        "Lý do: nơi nhận từ chối thư",
        "Máy chủ trả lời: 550 5.1.1 no such user",
        f"Sau đó gửi lại: nhachan mail retry {failed.id}",
        "gọi điện cho đơn vị",
        "http://127.0.0.1:8088/#thu-khong-gui-duoc",
    ):
        assert part in said
    html = mail.get_body(("html",))
    assert html is not None
    assert f"nhachan mail retry {failed.id}" in html.get_content()


def test_address_that_is_no_good_is_said_so_and_the_rest_of_the_unit_is_told(town: Town) -> None:
    box = settle(town, yearly(), refused=(AN,))
    box.answers = Outcome("refused", 550, "5.1.1 no such user", "5.1.1", bad_address=True)
    town.ticks(MORNING, "2026-12-01 08:01")
    said = " ".join(text_of(next(x for x in box.accepted if x.recipient == COORDINATOR)).split())
    assert "Lý do: địa chỉ không có hoặc không còn dùng" in said
    assert "Hỏi đơn vị địa chỉ đúng, sửa trong tệp đơn vị rồi nạp lại (nhachan load units.yaml)." in said
    assert HEAD in {x.recipient for x in box.accepted}
