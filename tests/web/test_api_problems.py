"""Errors of the API: RFC 9457, in the language that was asked for, with all that is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from plans.problems import EnvironmentFault
from store.database import Database
from tests.web.programs import Program, program, without_cookies
from tests.web.scenes import KEY, Scene
from web.api.languages import preferred
from web.api.problems import STATUSES

ACT = f"/deadlines/{KEY}/submit"


@pytest.fixture(scope="module")
def asks(lent: Scene) -> Program:
    """One that nothing comes of."""
    return program(lent)


async def pieces() -> AsyncIterator[bytes]:
    yield b"{}"


JSON = {"Content-Type": "application/json"}
CASES: dict[int, tuple[str, str, dict[str, Any]]] = {
    400: ("POST", ACT, {"content": b"{", "headers": JSON}),
    404: ("GET", "/khong-co", {}),
    405: ("DELETE", "/plans", {}),
    411: ("POST", ACT, {"content": pieces(), "headers": JSON}),
    413: ("POST", ACT, {"content": b"x" * 70_000, "headers": JSON}),
    415: ("POST", ACT, {"content": b"units=a", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
    421: ("GET", "/units", {"headers": {"Host": "evil.example"}}),
    422: ("POST", ACT, {"json": {}}),
}


@pytest.mark.parametrize("status", CASES)
def test_error_is_a_problem_in_both_languages(asks: Program, status: int) -> None:
    method, path, options = CASES[status]
    said = {}
    for language in ("vi", "en"):
        if status == 411:
            options = {**options, "content": pieces()}
        answer = asks.request(method, path, language, **options)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == language
        assert answer.headers["vary"] == "Accept-Language"
        assert answer.headers["x-content-type-options"] == "nosniff"
        body = answer.json()
        assert set(body) == {"type", "title", "status", "detail", "instance", "problems"}
        assert body["type"] == f"http://127.0.0.1:8088/api/v1/#{STATUSES[status]}"
        assert (body["status"], body["instance"]) == (status, f"/api/v1{path}")
        said[language] = (body["title"], body["detail"])
    assert set(said["vi"]).isdisjoint(said["en"])
    if status == 405:
        assert answer.headers["allow"] == "GET, HEAD, POST"


def test_errors_tell_everything_at_once_in_words_of_our_own(asks: Program) -> None:
    body = {"units": ["Sở", 7], "received": 20261204, "number": "x" * 201, "nhan": True, "note": "a\u0000b"}
    answer = asks.post(ACT, body)
    assert answer.status_code == 422
    assert [(p["code"], p["pointer"], p["detail"]) for p in answer.json()["problems"]] == [
        ("invalid.form", "#/units/0", "“units.0” có ký tự không dùng được ở đây"),
        ("invalid.text", "#/units/1", "“units.1” phải là chữ"),
        ("invalid.too_long", "#/number", "“number” không được dài quá 200 ký tự"),
        ("invalid.day", "#/received", "“received” phải là ngày dạng 2026-12-05, từ năm 1970 đến 2100"),
        ("invalid.form", "#/note", "“note” có ký tự không dùng được ở đây"),
        ("invalid.extra", "#/nhan", "không có mục “nhan”"),
    ]
    query = asks.get("/obligations?size=1000&year=abc&status=tre&kind=report&after=x", "en")
    assert [(p["code"], p["parameter"]) for p in query.json()["problems"]] == [
        ("invalid.too_large", "size"),
        ("invalid.number", "year"),
        ("invalid.choice", "status"),
    ]
    assert "has to be one of: 'untracked'" in query.text
    wrong_place = asks.get("/obligations?after=x").json()["problems"]
    assert [(p["code"], p["parameter"]) for p in wrong_place] == [("invalid.cursor", "after")]
    pointer = asks.post(ACT, {"units": ["a"], "x/y~ z": 1}).json()["problems"][0]["pointer"]
    assert pointer == "#/x~1y~0%20z"


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"[]", 422), (b"7", 422), (b"", 422), (b'"x"', 422), (b"{\xff}", 400), (b'{"units": ["\\ud800"]}', 422)],
)
def test_any_body_is_answered_in_words(asks: Program, content: bytes, status: int) -> None:
    answer = asks.request("POST", ACT, content=content, headers=JSON)
    assert answer.status_code == status, answer.text
    assert answer.json()["problems"][0]["detail"]


def test_forms_of_other_sites_are_refused_whatever_they_hold(asks: Program) -> None:
    answer = asks.post(ACT, {"units": ["so-y-te"]}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


def test_database_out_of_reach_is_told(asks: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Database) -> None:
        raise EnvironmentFault("database_failed", detail="disk")

    monkeypatch.setattr(Database, "read", fail)
    answer = asks.get("/units")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert answer.json()["title"] == "Tạm thời không trả lời được"


def test_defect_is_told_without_its_cause(asks: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("web.api.units.unit_page", fail)
    answer = asks.get("/units")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_head_is_answered_like_get_without_a_body(asks: Program) -> None:
    got, head = asks.get("/units?size=2"), asks.request("HEAD", "/units?size=2")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers
    assert asks.request("HEAD", "/units/khong-co").status_code == 404
    assert Program(without_cookies(asks.scene), "").request("HEAD", "/units").status_code == 401


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", None),
        ("*", None),
        ("en", "en"),
        ("en-GB,en;q=0.9,vi;q=0.8", "en"),
        ("vi, en", "vi"),
        ("en;q=0.5, vi;q=0.9", "vi"),
        ("fr, en;q=0.1", "en"),
        ("en;q=0", None),
        ("en;q=x, vi;q=0.1", "vi"),
        ("en;q=nan", None),
        (";;,=", None),
    ],
)
def test_language_that_is_preferred(accepted: str, language: str | None) -> None:
    assert preferred(accepted) == language
