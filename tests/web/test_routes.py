"""Every route × every role: what each is answered. A route that is not in the table, or has no rule, fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from httpx import Response

from tests.conftest import load_text, local
from tests.web.browsing import token_of
from tests.web.conftest import copied
from tests.web.scenes import ADMINISTRATOR, KEY, TDKT, Scene
from web.access import CHANGES_PLAN, SIGNED_IN, STRANGERS, admit
from web.app import ROUTES
from web.visits import Visit

ROLES: dict[str, str | None] = {
    "anonymous": None,
    "stranger": "khong-con-viec@dienbien.example",  # signed in, and in no roster any more
    "officer": "vanthu.sct@dienbien.example",  # of Sở Công Thương
    "head": "giamdoc.sct@dienbien.example",
    "group": "vanthu.stp@dienbien.example",  # of Sở Tư pháp, which heads the group of Sở Tài chính
    "council": "noichinh.hdtdkt@dienbien.example",  # oversees Công an tỉnh
    "leader": "chutich.hdtdkt@dienbien.example",
    "coordinator": TDKT,  # of the two plans of Sở Nội vụ
    "other": "vanthu.syt@dienbien.example",  # of Sở Y tế, which coordinates a plan of its own
    "administrator": ADMINISTRATOR,
}
PLAN = """
plan: {id: y-te, title: Kế hoạch của ngành y tế, issued: 05/01/2026, coordinator: so-y-te}
tasks:
  - {id: dich, title: Báo cáo phòng dịch, owed_by: [so-y-te, so-tai-chinh], due: {yearly: {by: 21/12}}}
"""
EVERYBODY = set(ROLES) - {"anonymous", "stranger"}
ALL = {"leader", "administrator"}
SEE_OPERATIONS = ALL | {"coordinator", "other"}

# (method, route) → paths, each with who is answered 200; others who are signed in get 404, the rest is sent to sign in.
READ: dict[str, dict[str, set[str]]] = {
    "/": {"/": EVERYBODY},
    "/units": {"/units": EVERYBODY},
    "/units/{slug}": {
        "/units/so-cong-thuong": ALL | {"officer", "head", "coordinator"},
        "/units/so-tai-chinh": ALL | {"group", "coordinator", "other"},
        "/units/so-tu-phap": ALL | {"group", "coordinator"},
        "/units/cong-an-tinh": ALL | {"council", "coordinator"},
        "/units/so-y-te": ALL | {"coordinator", "other"},
        "/units/ubnd-tinh": ALL,
        "/units/khong-co": set(),
    },
    "/plans": {"/plans": EVERYBODY},
    "/plans/{slug}": {
        f"/plans/{KEY.plan}": EVERYBODY,
        "/plans/y-te": ALL | {"group", "other"},
        "/plans/khong-co": set(),
    },
    "/deadlines/{plan}/{task}/{period}": {
        f"/deadlines/{KEY}": EVERYBODY,
        "/deadlines/y-te/dich/2026": ALL | {"group", "other"},
        "/deadlines/y-te/dich/1900": set(),
        "/deadlines/khong/co/gi": set(),
    },
    "/phien": {"/phien": EVERYBODY},
    "/phien/khoa": {"/phien/khoa": EVERYBODY},
    "/thu": {"/thu": SEE_OPERATIONS},
    "/thu/nhac.csv": {
        "/thu/nhac.csv?donvi=so-cong-thuong": SEE_OPERATIONS,
        "/thu/nhac.csv?donvi=khong-co": set(),
    },
    "/thu/{number}": {
        "/thu/1": ALL | {"coordinator"},
        "/thu/999999": set(),
        "/thu/99999999999": set(),
        "/thu/x": set(),
    },
    "/nhat-ky": {"/nhat-ky": SEE_OPERATIONS},
    "/nhat-ky.csv": {"/nhat-ky.csv": SEE_OPERATIONS},
    "/nhat-ky.xlsx": {"/nhat-ky.xlsx": SEE_OPERATIONS},
    "/ngay-lam-viec": {"/ngay-lam-viec": EVERYBODY},
    "/kiem-tra": {"/kiem-tra": SEE_OPERATIONS},
}
# (route, path) → status for whoever it is: these are open, for the reason that their rule gives.
OPEN = {
    "/l/{token}": ("/l/1-1-x", 404),
    "/feeds/{owner}/{given}": ("/feeds/x/y", 404),
    "/feeds/{owner}/{given}/": ("/feeds/x/y/", 404),
    "/dang-nhap/{token}": ("/dang-nhap/x", 410),
    "/health": ("/health", 200),
    "/metrics": ("/metrics", 200),
}
# route → path; the form's token is asked of everybody who is signed in.
WRITTEN = {"/phien": "/phien", "/dang-xuat": "/dang-xuat"}
# route → path, and what it answers to an empty form with the token of the person's session.
TOKENS = {
    "/phien/khoa": ("/phien/khoa", 422),
    "/phien/khoa/{number}/thu-hoi": ("/phien/khoa/1/thu-hoi", 303),
}
# route → path, and who may: others get 404, as if it were not there.
OPERATED = {
    "/thu/gui-lai": ("/thu/gui-lai", SEE_OPERATIONS),
    "/thu/{number}/nguyen-ban": ("/thu/1/nguyen-ban", {"administrator"}),
    "/ngay-lam-viec": ("/ngay-lam-viec", {"administrator"}),
    "/kiem-tra/thu-thu": ("/kiem-tra/thu-thu", SEE_OPERATIONS),
}
OPEN_FORMS = {
    "/l/{token}": ("/l/1-1-x", 404),
    "/l/{token}/{deed}": ("/l/1-1-x/gia-han", 404),
    "/dang-nhap": ("/dang-nhap", 403),
    "/ngon-ngu": ("/ngon-ngu", 303),
    "/dang-nhap/{token}": ("/dang-nhap/x", 403),
}


@pytest.fixture(scope="module")
def scene(played: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with contextmanager(copied)(played, tmp_path_factory.mktemp("routes")) as mine:
        load_text(mine.office, local("2026-12-09 08:00"), PLAN)
        yield mine


def routes(scene: Scene) -> set[tuple[str, str]]:
    found = set()
    for made in (make(scene.site) for make in ROUTES):
        for route in made.routes:
            assert isinstance(route, APIRoute)
            found |= {(method, route.path) for method in route.methods or ()}
    return found


def test_table_names_every_route(scene: Scene) -> None:
    read = {*READ, *OPEN, "/dang-nhap"}
    named = {(method, path) for path in read for method in ("GET", "HEAD")}
    named |= {("POST", path) for path in (*WRITTEN, *TOKENS, *OPERATED, *OPEN_FORMS)}
    assert routes(scene) == named
    pages: FastAPI = scene.app.pages  # type: ignore[assignment]
    assert {type(r).__name__ for r in pages.routes} <= {"_IncludedRouter", "APIRoute", "Mount"}
    assert [r.path for r in pages.routes if type(r).__name__ == "Mount"] == ["/api/v1", "/static"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("role", ROLES)
def test_what_each_role_is_answered(scene: Scene, role: str) -> None:
    visitor = scene.seen_by(ROLES[role])
    signed_in = role in EVERYBODY
    for paths in READ.values():
        for path, allowed in paths.items():
            expected = 200 if role in allowed else 404 if signed_in else 303
            answer = visitor.get(path)
            assert answer.status_code == expected, path
            if expected == 303:
                assert answer.headers["location"].startswith("/dang-nhap"), path
    assert visitor.head("/units/so-cong-thuong").status_code == visitor.get("/units/so-cong-thuong").status_code
    assert visitor.get("/dang-nhap").status_code == (303 if signed_in else 200)
    for path, status in OPEN.values():
        assert visitor.get(path).status_code == status, path
    for path, status in OPEN_FORMS.values():
        assert visitor.post_form(path, {}).status_code == status, path
    for path, allowed in OPERATED.values():
        refused = 403 if role in allowed else 404 if signed_in else 303
        assert visitor.post_form(path, {"form_token": "doan"}).status_code == refused, path
    for path in WRITTEN.values():
        answer = visitor.post_form(path, {"form_token": "doan"})
        assert answer.status_code == (403 if signed_in else 303), path
        if signed_in and path != "/dang-xuat":
            token = token_of(visitor.get(path))
            assert visitor.post_form(path, {"form_token": token}).status_code == 303
    for path, status in TOKENS.values():
        assert visitor.post_form(path, {"form_token": "doan"}).status_code == (403 if signed_in else 303), path
        if signed_in:
            token = token_of(visitor.get("/phien"))
            assert visitor.post_form(path, {"form_token": token}).status_code == status, path


@pytest.mark.parametrize(
    ("there", "nowhere"),
    [
        ("/units/so-y-te", "/units/khong-co"),
        ("/units/ubnd-tinh", "/units/khong-co"),
        ("/plans/y-te", "/plans/khong-co"),
        ("/deadlines/y-te/dich/2026", "/deadlines/khong/co/gi"),
    ],
)
def test_what_may_not_be_read_looks_like_what_is_not_there(scene: Scene, there: str, nowhere: str) -> None:
    officer = scene.seen_by(ROLES["officer"])
    hidden, missing = officer.get(there), officer.get(nowhere)
    assert (hidden.status_code, unmarked(hidden)) == (missing.status_code, unmarked(missing))
    names = set(hidden.headers) - {"content-length"}  # compressed, with a form's token that is another each time
    assert {n: hidden.headers[n] for n in names} == {n: missing.headers[n] for n in set(missing.headers) & names}


def unmarked(answer: Response) -> str:
    return answer.text.replace(token_of(answer), "")


def test_route_without_a_rule_is_not_taken_in() -> None:
    router = APIRouter()

    @router.get("/x")
    def page() -> str:
        return ""

    with pytest.raises(ValueError, match="who may ask for this"):
        admit(FastAPI(), router)


def test_form_without_its_token_is_not_taken_in() -> None:
    def post(guard: object) -> APIRouter:
        router = APIRouter(dependencies=[Depends(guard)])  # type: ignore[arg-type]
        router.add_api_route("/x", lambda: "", methods=["POST"])
        return router

    with pytest.raises(ValueError, match="a form without its token"):
        admit(FastAPI(), post(SIGNED_IN.guard))
    admit(FastAPI(), post(CHANGES_PLAN.act))
    admit(FastAPI(), post(STRANGERS.guard))


def test_only_coordinators_and_administrators_change_a_plan(scene: Scene) -> None:
    router = APIRouter()

    @router.post("/thu/{plan}")
    def change(visit: Annotated[Visit, Depends(CHANGES_PLAN.act)]) -> str:
        return visit.visitor.address

    admit(scene.app.pages, router)  # type: ignore[arg-type]
    for role, address in ROLES.items():
        visitor = scene.seen_by(address)
        if role not in EVERYBODY:
            continue
        form = {"form_token": token_of(visitor.get("/phien"))}
        assert visitor.post_form(f"/thu/{KEY.plan}", {}).status_code in (403, 404)
        expected = 200 if role in ("coordinator", "administrator") else 404
        assert visitor.post_form(f"/thu/{KEY.plan}", form).status_code == expected, role
