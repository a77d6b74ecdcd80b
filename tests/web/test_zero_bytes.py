"""Texts with a zero byte, which one of the two databases refuses to hold: never a defect of the site."""

from __future__ import annotations

from pathlib import Path

import pytest

from calendars.working import WorkingCalendar
from store.database import Database
from tests.conftest import load_text, local, make_desk, make_office
from tests.web.browsing import token_of
from tests.web.programs import program
from tests.web.scenes import ADMINISTRATOR, Post, Scene
from tests.web.test_hostile import HOSTILE, PLAN

ZERO = "a\0b"


@pytest.fixture
def scene(database: Database, calendar: WorkingCalendar, tmp_path: Path) -> Scene:
    office = make_office(database, calendar)
    load_text(office, local("2026-11-02 09:00"), HOSTILE, PLAN)
    return Scene(office, make_desk(office, tmp_path), Post(), local("2026-12-10 09:00"))


def test_zero_byte_is_answered(scene: Scene) -> None:
    key = "ke-hoach/viec/once"
    token = token_of(scene.get("/phien"))
    forms = {
        f"/deadlines/{key}/ghi-nhan": {"nhan": "dan", "dan": ZERO},
        "/units/don-vi/dau-moi": {"old": ZERO, "new": ZERO, "reason": ZERO},
        "/plans/ke-hoach/viec/viec/huy": {"ly-do": ZERO, "ban": "1", "chac-chan": "1"},
        "/plans/ke-hoach/sua": {"title": ZERO, "number": ZERO, "ban": "1"},
        "/plans/moi": {"ten": ZERO, "noi-dung": ZERO},
        "/plans/moi/van-ban": {"title": ZERO, "number": ZERO, "coordinator": "don-vi", "id": ZERO, "chac-chan": "1"},
        "/ngay-lam-viec": {"first": "2027-01-04", "act": "off", "reason": ZERO},
        "/phien/khoa": {"ten": ZERO, "den": "01/01/2027", "quyen": "doc"},
        "/viec/nhac": {"viec": ZERO, "loi-nhan": ZERO},
        "/dang-nhap": {"address": f"{ZERO}@tinh.example"},
    }
    answers = {path: scene.post_form(path, {"form_token": token, **form}).status_code for path, form in forms.items()}
    assert {path: status for path, status in answers.items() if status >= 500} == {}
    caller = program(scene, ADMINISTRATOR, name="Chương trình")
    for path in ("/units/a%00b", "/plans/a%00b", "/deadlines/a%00b/c/2026", "/mail?person=%00"):
        assert caller.get(path).status_code in (400, 404, 422), path
    assert caller.get("/obligations?text=a%00b").json()["items"] == []  # no name has it in it
    body = {"units": ["don-vi"], "number": ZERO, "reason": ZERO, "received": "2026-12-09"}
    assert caller.post(f"/deadlines/{key}/submit", body).status_code in (400, 422)
