"""`login-link` and `sessions`: getting in without mail, seeing who is in, ending it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sqlalchemy import select

from store.database import Database
from store.hashing import hashed
from store.people import find_person
from store.schema import sign_ins
from store.sessions import open_session
from tests.conftest import local
from tests.scheduler.conftest import Nhachan, Said

NOW = "2026-11-20T09:00"
LINK = re.compile(r"http://127\.0\.0\.1:8088/dang-nhap/([\w-]{43})")


def test_link_is_printed_for_people_on_file(nhachan: Nhachan, small: Path) -> None:
    said = nhachan("login-link", "AN@syt.example", "--minutes", 120, home=small, now=NOW)
    found = LINK.fullmatch(said.out.strip())
    assert found is not None
    assert (said.code, said.err) == (
        0,
        "Liên kết của an@syt.example: dùng một lần, trong 2 giờ, ở trình duyệt nào cũng được. "
        "Chỉ đưa cho đúng người.\n",
    )
    database = Database(f"sqlite:///{small / 'nhachan.db'}")
    with database.read() as tx:
        (row,) = tx.execute(select(sign_ins)).all()
    database.close()
    assert (row.token_hash, row.expires_at) == (hashed(found[1]), local("2026-11-20 11:00"))
    listed = nhachan("sessions", "links", "--json", home=small)
    assert [json.loads(line)["state"] for line in listed.lines] == ["printed"]


def test_link_for_others_is_refused(nhachan: Nhachan, small: Path) -> None:
    unknown = "không có ai ở địa chỉ “ai@do.example” trong danh bạ; xem “nhachan people list”\n"
    assert nhachan("login-link", "ai@do.example", home=small) == Said(1, "", unknown)
    wrong = "“--minutes” phải từ 1 đến 10080, không phải 0\n"
    assert nhachan("login-link", "an@syt.example", "--minutes", 0, home=small) == Said(1, "", wrong)


def test_sessions_are_listed_and_ended(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("sessions", "list", home=small).out == "Không có ai đang đăng nhập.\n"
    assert nhachan("sessions", "links", home=small).out == ("Hai ngày qua không có ai yêu cầu liên kết đăng nhập.\n")
    database = Database(f"sqlite:///{small / 'nhachan.db'}")
    with database.write() as tx:
        for address, secret in (("an@syt.example", "a"), ("an@syt.example", "b"), ("tdkt@snv.example", "c")):
            person = find_person(tx, address)
            assert person is not None
            open_session(tx, hashed(secret), person.id, local("2026-11-20 08:00"), "Firefox")
    database.close()

    def listed() -> list[int]:
        return [json.loads(o)["id"] for o in nhachan("sessions", "list", "--json", home=small, now=NOW).lines]

    table = nhachan("sessions", "list", "--person", "tdkt@snv.example", home=small, now=NOW).lines
    assert table[1].split() == ["3", "tdkt@snv.example", "20/11/2026", "08:00", "20/11/2026", "08:00", "Firefox"]
    assert listed() == [3, 2, 1]
    assert nhachan("sessions", "end", home=small, now=NOW).code == 1
    assert listed() == [3, 2, 1]
    assert nhachan("sessions", "end", 2, 99, 2**40, home=small, now=NOW).out == "Đã kết thúc 1 phiên đăng nhập.\n"
    assert listed() == [3, 1]
    assert nhachan("sessions", "end", "--person", "an@syt.example", home=small, now=NOW).code == 0
    assert listed() == [3]
    assert nhachan("sessions", "end", "--all", home=small, now=NOW).code == 0
    assert listed() == []
