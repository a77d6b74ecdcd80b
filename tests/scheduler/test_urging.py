"""Urging and the requests of units on the command line."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from actions.office import Act
from actions.requesting import Asker, ask_contact_change, ask_exemption, ask_extension
from plans.deadlines import DeadlineKey
from scheduler.app import open_app
from scheduler.clock import Clock
from store.obligations import of_deadline
from store.people import find_person
from tests.scheduler.homes import LIST, Nhachan, Said, objects
from tests.scheduler.test_cli import stored

FRIDAY = "2026-11-20T10:00"
SATURDAY = "2026-11-21T10:00"
PREVIEW = "Chỉ xem trước: chưa có gì thay đổi."


def test_urge_says_who_is_written_to_when_and_whom_it_leaves_out(nhachan: Nhachan, small: Path) -> None:
    urge = ("urge", LIST, "--unit", "so-y-te", "--unit", "xa-a", "--note", "Gửi trước 16 giờ")
    lines = [
        f"Sở Y tế: gửi an@syt.example ({LIST})",
        f"Xã A: gửi chi@xa-a.example ({LIST})",
        "Sẽ gửi thư cho 2 người về việc của 2 đơn vị, từ 23/11/2026 08:00; bỏ qua 0 đơn vị.",
    ]
    before = stored(small)
    assert nhachan(*urge, "--dry-run", home=small, now=SATURDAY) == Said(0, "\n".join([*lines, PREVIEW, ""]), "")
    assert stored(small) == before
    assert nhachan(*urge, home=small, now=SATURDAY).lines == lines
    again = nhachan(*urge, home=small, now=SATURDAY)
    assert (again.code, again.lines) == (
        1,
        [
            f"Sở Y tế: không gửi, đã đôn đốc trong ngày này ({LIST})",
            f"Xã A: không gửi, đã đôn đốc trong ngày này ({LIST})",
            "Sẽ gửi thư cho 0 người về việc của 0 đơn vị, từ 23/11/2026 08:00; bỏ qua 2 đơn vị.",
        ],
    )
    assert nhachan("tick", home=small, now="2026-11-23T08:00").code == 0
    urged = [m for m in objects(nhachan("mail", "list", "--json", home=small)) if m["kind"] == "urge"]
    assert sorted(str(m["address"]) for m in urged) == ["an@syt.example", "chi@xa-a.example"]
    assert {str(m["subject"])[:9] for m in urged} == {"[Đôn đốc]"}
    assert "đôn đốc ngày 23/11/2026" in nhachan("mail", "proof", LIST, home=small).out
    (first, *_) = objects(nhachan("overdue", "--json", home=small, now="2026-11-23T09:00"))
    assert first["last_reminder"] == "2026-11-23T08:00:00+07:00"


@pytest.fixture
def asked(small: Path) -> Path:
    """A home in which Sở Y tế has asked for three things."""
    key = DeadlineKey.parse(LIST)
    assert key is not None
    with open_app(small, Clock(datetime.fromisoformat("2026-11-12T09:00+07:00")), "vi") as app:
        with app.database.read() as tx:
            (o,) = of_deadline(tx, key, ["so-y-te"])
            person = find_person(tx, "an@syt.example")
        assert person is not None
        act, asker = Act("link:an@syt.example", app.clock()), Asker(person.id, "Trưởng phòng")
        ask_extension(app.office, act, o.id, asker, date(2026, 11, 25), "Chờ họp xét")
        ask_exemption(app.office, act, o.id, asker, "Không có cá nhân đề nghị")
        ask_contact_change(app.office, act, "so-y-te", asker, new="moi@syt.example", name="Chuyên viên mới")
    return small


def test_requests_are_listed_granted_and_refused(nhachan: Nhachan, asked: Path) -> None:
    listed = nhachan("requests", home=asked)
    assert (listed.code, len(listed.lines), listed.lines[-1]) == (0, 5, "3 đề nghị.")
    assert "đề nghị gia hạn đến ngày 25/11/2026 (Trưởng phòng): Chờ họp xét" in listed.lines[1]
    assert [
        (r["id"], r["kind"], r["deadline"], r["until"]) for r in objects(nhachan("requests", "--json", home=asked))
    ] == [
        (1, "extension", LIST, "2026-11-25"),
        (2, "not_concerned", LIST, None),
        (3, "contact", None, None),
    ]
    assert nhachan("requests", "grant", "1", "--dry-run", home=asked, now=FRIDAY).lines == [
        "Đề nghị 1, Sở Y tế: đã chấp thuận (đề nghị gia hạn đến ngày 25/11/2026 (Trưởng phòng): Chờ họp xét)",
        PREVIEW,
    ]
    assert nhachan("requests", "grant", "1", "3", "--until", "27/11/2026", home=asked, now=FRIDAY).code == 0
    refused = nhachan("requests", "refuse", "2", "--reason", "Có tên trong danh sách", home=asked, now=FRIDAY)
    assert (refused.code, refused.err) == (0, "")
    assert nhachan("requests", home=asked).lines == ["Không có đề nghị nào chờ trả lời."]
    assert [r["state"] for r in objects(nhachan("requests", "--all", "--json", home=asked))] == [
        "granted",
        "refused",
        "granted",
    ]
    assert "27/11/2026" in nhachan("why", LIST, "--unit", "so-y-te", home=asked).out
    assert "moi@syt.example" in nhachan("people", "list", "--unit", "so-y-te", home=asked).out


def test_answer_to_none_and_without_a_reason_is_refused(nhachan: Nhachan, asked: Path) -> None:
    said = nhachan("requests", "grant", "9", home=asked)
    assert (said.code, said.err) == (1, "không có đề nghị số 9; xem: nhachan requests\n")
    assert nhachan("requests", "refuse", "1", home=asked).code == 2
