"""Tokens: made on a page and shown once; what they open, and when they don't any more."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from actions.tokens import MOST
from store.hashing import hashed
from store.schema import audit, officers, tokens
from tests.conftest import local
from tests.web.browsing import Browser, token_of
from tests.web.programs import Program, program, without_cookies
from tests.web.scenes import KEY, TDKT, Scene
from web.api.access import SPAN, TRIES

_SECRET = re.compile(r"nhachan_[\w-]{43}")
CLERK = "vanthu.sct@dienbien.example"


def browser(scene: Scene, address: str) -> Browser:
    found = Browser(scene)
    found.sign_in(address)
    return found


def test_programs_are_offered_to_whom_they_may_concern(replayed: Scene) -> None:
    clerk = replayed.seen_by(CLERK)
    assert "Tạo khóa" not in clerk.get("/phien").text
    assert "Tạo khóa" in replayed.seen_by(TDKT).get("/phien").text
    form = {"form_token": token_of(clerk.get("/phien/khoa")), "ten": "Lịch", "den": "31/12/2026"}
    assert clerk.post_form("/phien/khoa", form).status_code == 200
    assert "Lịch" in clerk.get("/phien").text.split("Tạo khóa")[0]


def test_token_is_shown_once_and_kept_as_a_hash(replayed: Scene) -> None:
    person = browser(replayed, CLERK)
    made = person.submit("/phien", "/phien/khoa", ten="Phần  mềm văn bản", den="31/12/2026", quyen="ghi")
    assert made.status_code == 200
    (secret,) = _SECRET.findall(made.text)
    assert made.headers["cache-control"] == "private, no-store"
    for path in ("/phien", "/phien/khoa"):
        page = person.get(path).text
        assert "Phần mềm văn bản" in page
        assert _SECRET.findall(page) == []
    with replayed.office.database.read() as tx:
        (row,) = tx.execute(select(tokens)).all()
        entries = [
            (r.actor, r.action, r.detail) for r in tx.execute(select(audit).where(audit.c.action.like("token%")))
        ]
    assert (row.token_hash, row.expires_at) == (hashed(secret), local("2027-01-01 00:00") - timedelta(microseconds=1))
    until = {"name": "Phần mềm văn bản", "until": "2026-12-31", "writes": True}
    assert entries == [(f"person:{CLERK}", "token_create", until)]
    assert Program(without_cookies(replayed), secret).get("/overdue").status_code == 200
    assert not any(secret in repr(rows) for rows in replayed.dump().values())


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"ten": "", "den": "31/12/2026"}, "đặt tên cho khóa, không quá 100 ký tự"),
        ({"ten": "x" * 101, "den": "31/12/2026"}, "đặt tên cho khóa, không quá 100 ký tự"),
        ({"ten": "A", "den": "30/02/2027"}, "“30/02/2027” không phải là ngày: viết như 05/12/2026"),
        ({"ten": "A", "den": "08/12/2026"}, "ngày hết hạn 08/12/2026 đã qua"),
        ({"ten": "A", "den": "10/12/2027"}, "khóa dùng được không quá một năm: chậm nhất đến hết 09/12/2027"),
    ],
)
def test_form_with_faults_comes_back_with_what_was_typed(replayed: Scene, form: dict[str, str], said: str) -> None:
    mine = replayed.seen_by(CLERK)
    answer = mine.post_form("/phien/khoa", {"form_token": token_of(mine.get("/phien")), "quyen": "ghi", **form})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{form["den"]}"' in answer.text
    assert _SECRET.findall(answer.text) == []
    assert replayed.dump()["tokens"] == []


def test_one_name_at_a_time_and_not_too_many(replayed: Scene) -> None:
    for n in range(MOST):
        program(replayed, CLERK, name=f"Số {n}")
    mine = replayed.seen_by(CLERK)
    form = {"form_token": token_of(mine.get("/phien")), "ten": "Số 3", "den": "31/12/2026"}
    answer = mine.post_form("/phien/khoa", form)
    assert "đã có khóa tên “Số 3” đang dùng được" in answer.text
    assert f"mỗi người có nhiều nhất {MOST} khóa" in answer.text


def test_token_is_revoked_by_its_person_alone(replayed: Scene) -> None:
    asks = program(replayed, CLERK)
    (number,) = [row[0] for row in replayed.dump()["tokens"]]
    other, mine = replayed.seen_by(TDKT), replayed.seen_by(CLERK)
    other.post_form(f"/phien/khoa/{number}/thu-hoi", {"form_token": token_of(other.get("/phien"))})
    assert asks.get("/units").status_code == 200
    answer = mine.post_form(f"/phien/khoa/{number}/thu-hoi", {"form_token": token_of(mine.get("/phien"))})
    assert (answer.status_code, answer.headers["location"]) == (303, "/phien")
    assert asks.get("/units").status_code == 401


def test_token_expires_at_the_end_of_its_last_day(replayed: Scene) -> None:
    asks = program(replayed, CLERK)  # through 08/01/2027
    replayed.now = local("2027-01-08 23:59")
    assert asks.get("/units").status_code == 200
    replayed.now = local("2027-01-09 00:00")
    answer = asks.get("/units")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="nhachan", error="invalid_token"'


def test_token_of_somebody_without_rights_is_good_for_nothing(replayed: Scene) -> None:
    asks = program(replayed, CLERK)
    assert asks.get("/units").status_code == 200
    with replayed.office.database.write() as tx:
        tx.execute(delete(officers))
    assert asks.get("/units").status_code == 401
    assert asks.post(f"/deadlines/{KEY}/submit", {"units": ["so-cong-thuong"]}).status_code == 401


def test_token_for_reading_writes_nothing(replayed: Scene) -> None:
    asks = program(replayed, writes=False)
    assert asks.get(f"/deadlines/{KEY}").status_code == 200
    before = replayed.dump()
    for act in ("submit", "accept"):
        answer = asks.post(f"/deadlines/{KEY}/{act}", {"units": ["so-y-te"]})
        assert answer.status_code == 403
        assert answer.headers["www-authenticate"] == 'Bearer realm="nhachan", error="insufficient_scope"'
    assert asks.post("/plans", {"text": "plan: {}"}).status_code == 403
    assert replayed.dump() == before


def test_sessions_and_tokens_do_not_mix(replayed: Scene) -> None:
    signed_in = replayed.seen_by(TDKT)
    assert signed_in.get("/api/v1/units").status_code == 401
    assert signed_in.get("/api/v1/units").headers["www-authenticate"] == 'Bearer realm="nhachan"'
    asks = program(replayed)
    page = asks.scene.get("/units", headers={"Authorization": f"Bearer {asks.token}"})
    assert (page.status_code, page.headers["location"]) == (303, "/dang-nhap?ve=/units")
    for given in (f"Basic {asks.token}", asks.token, f"Bearer x{asks.token}", "Bearer", f"Bearer {asks.token} x"):
        assert asks.scene.get("/api/v1/units", headers={"Authorization": given}).status_code == 401, given
    assert asks.scene.get(f"/api/v1/units?access_token={asks.token}").status_code == 401
    assert asks.scene.get("/api/v1/units", headers={"Authorization": f"bearer {asks.token}"}).status_code == 200


def test_who_guesses_waits_and_others_behind_the_same_address_do_not(replayed: Scene) -> None:
    asks, guesses = program(replayed), Program(without_cookies(replayed), "nhachan_" + "x" * 43)
    assert [guesses.get("/units").status_code for _ in range(TRIES)] == [401] * TRIES
    answer = guesses.get("/units")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert asks.get("/units").status_code == 200
    replayed.now += SPAN
    assert guesses.get("/units").status_code == 401


def test_last_use_is_noted_every_few_minutes(replayed: Scene) -> None:
    asks, first = program(replayed), replayed.now

    def seen() -> object:
        with replayed.office.database.read() as tx:
            return tx.scalar(select(tokens.c.seen_at))

    assert seen() is None
    asks.get("/units")
    assert seen() == first
    replayed.now = first + timedelta(minutes=4)
    asks.get("/units")
    assert seen() == first
    replayed.now = first + timedelta(minutes=6)
    asks.get("/units")
    assert seen() == replayed.now
