"""Every route × every role: what each is answered. A route that is not in the table, or has no rule, fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from httpx import Response

from store.people import people_ids
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
SCT = "/nguoi/<vanthu.sct@dienbien.example>"
EVERYBODY = set(ROLES) - {"anonymous", "stranger"}
ALL = {"leader", "administrator"}
SEE_OPERATIONS = ALL | {"coordinator", "other"}
COORDINATORS = {"coordinator", "administrator"}
CHANGE_PLANS = {"coordinator", "other", "administrator"}

# (method, route) → paths, each with who is answered 200; others who are signed in get 404, the rest is sent to sign in.
READ: dict[str, dict[str, set[str]]] = {
    "/": {"/": EVERYBODY},
    "/de-nghi": {"/de-nghi": CHANGE_PLANS},
    "/xac-nhan": {"/xac-nhan": CHANGE_PLANS},
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
    "/plans/moi": {"/plans/moi": COORDINATORS | {"other"}},
    "/plans/moi/van-ban": {"/plans/moi/van-ban": COORDINATORS | {"other"}},
    "/plans/{slug}/tai-ve": {f"/plans/{KEY.plan}/tai-ve": EVERYBODY, "/plans/y-te/tai-ve": ALL | {"group", "other"}},
    "/plans/{slug}/tai-ve.yaml": {f"/plans/{KEY.plan}/tai-ve.yaml": EVERYBODY, "/plans/khong-co/tai-ve.yaml": set()},
    "/plans/{slug}/sua": {f"/plans/{KEY.plan}/sua": COORDINATORS, "/plans/khong-co/sua": set()},
    "/plans/{slug}/viec/them": {f"/plans/{KEY.plan}/viec/them": COORDINATORS, "/plans/khong-co/viec/them": set()},
    "/plans/{slug}/viec/{task}/sua": {
        f"/plans/{KEY.plan}/viec/{KEY.task}/sua": COORDINATORS,
        f"/plans/{KEY.plan}/viec/khong-co/sua": set(),
    },
    "/plans/{slug}/viec/{task}/huy": {
        f"/plans/{KEY.plan}/viec/{KEY.task}/huy": COORDINATORS,
        f"/plans/{KEY.plan}/viec/khong-co/huy": set(),
    },
    "/plans/{slug}/nam-sau": {f"/plans/{KEY.plan}/nam-sau": COORDINATORS, "/plans/khong-co/nam-sau": set()},
    "/plans/{slug}/nam-sau/tai-ve": {f"/plans/{KEY.plan}/nam-sau/tai-ve": COORDINATORS},
    "/plans/{slug}/ket-thuc": {f"/plans/{KEY.plan}/ket-thuc": COORDINATORS, "/plans/khong-co/ket-thuc": set()},
    "/plans/{slug}/ma-tran": {
        f"/plans/{KEY.plan}/ma-tran": EVERYBODY,
        "/plans/y-te/ma-tran": ALL | {"group", "other"},
        "/plans/khong-co/ma-tran": set(),
    },
    "/plans/{slug}/ma-tran.xlsx": {"/plans/y-te/ma-tran.xlsx": ALL | {"group", "other"}},
    "/plans/{slug}/ma-tran.csv": {"/plans/y-te/ma-tran.csv": ALL | {"group", "other"}},
    "/lich": {"/lich": EVERYBODY, "/lich?thang=2026-12&xem=danh-sach": EVERYBODY},
    "/lich-treo-tuong": {
        "/lich-treo-tuong": EVERYBODY,
        "/lich-treo-tuong?donvi=so-tai-chinh": ALL | {"group", "coordinator", "other"},
        "/lich-treo-tuong?donvi=khong-co": set(),
    },
    "/ban-tin": {"/ban-tin": EVERYBODY},
    "/deadlines/{plan}/{task}/{period}": {
        f"/deadlines/{KEY}": EVERYBODY,
        "/deadlines/y-te/dich/2026": ALL | {"group", "other"},
        "/deadlines/y-te/dich/1900": set(),
        "/deadlines/khong/co/gi": set(),
    },
    "/deadlines/{plan}/{task}/{period}/ghi-nhan": {
        f"/deadlines/{KEY}/ghi-nhan": {"coordinator", "administrator"},
        "/deadlines/y-te/dich/2026/ghi-nhan": {"other", "administrator"},
        "/deadlines/y-te/dich/1900/ghi-nhan": set(),
    },
    "/deadlines/{plan}/{task}/{period}/nhac.csv": {
        f"/deadlines/{KEY}/nhac.csv": EVERYBODY,
        "/deadlines/y-te/dich/2026/nhac.csv": ALL | {"group", "other"},
    },
    "/phien": {"/phien": EVERYBODY},
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
    "/nguoi": {"/nguoi": EVERYBODY},
    "/nguoi/{number}": {
        "/nguoi/<vanthu.sct@dienbien.example>": ALL | {"officer", "head", "coordinator"},
        "/nguoi/<vanthu.stc@dienbien.example>": ALL | {"group", "coordinator", "other"},
        "/nguoi/<chutich.hdtdkt@dienbien.example>": ALL,
        "/nguoi/0": set(),
        "/nguoi/99999999999999": set(),
        "/nguoi/x": set(),
    },
    "/danh-ba": {"/danh-ba": {"administrator"}},
    "/danh-ba/tai-ve": {"/danh-ba/tai-ve": {"administrator"}},
    "/phien/khoa": {"/phien/khoa": EVERYBODY},
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
# route → path, who may, and what an empty form with a token is answered (None: it is not sent).
# Others are answered 404 by the rule of the route, as if it were not there, whatever the form says.
FORMS: dict[str, tuple[str, set[str], int | None]] = {
    "/phien": ("/phien", EVERYBODY, 303),
    "/dang-xuat": ("/dang-xuat", EVERYBODY, None),
    "/phien/khoa": ("/phien/khoa", EVERYBODY, 422),
    "/phien/khoa/{number}/thu-hoi": ("/phien/khoa/1/thu-hoi", EVERYBODY, 303),
    "/de-nghi/{deed}": ("/de-nghi/dong-y", CHANGE_PLANS, 422),
    "/viec/{deed}": ("/viec/nhac", CHANGE_PLANS, 422),
    "/deadlines/{plan}/{task}/{period}/ghi-nhan": (f"/deadlines/{KEY}/ghi-nhan", COORDINATORS, 422),
    # It counts from no event.
    "/deadlines/{plan}/{task}/{period}/su-kien": (f"/deadlines/{KEY}/su-kien", COORDINATORS, 404),
    "/plans/moi": ("/plans/moi", COORDINATORS | {"other"}, None),
    "/plans/moi/van-ban": ("/plans/moi/van-ban", COORDINATORS | {"other"}, 422),
    "/plans/{slug}/sua": (f"/plans/{KEY.plan}/sua", COORDINATORS, None),
    "/plans/{slug}/viec/them": (f"/plans/{KEY.plan}/viec/them", COORDINATORS, None),
    "/plans/{slug}/viec/{task}/sua": (f"/plans/{KEY.plan}/viec/{KEY.task}/sua", COORDINATORS, None),
    "/plans/{slug}/viec/{task}/huy": (f"/plans/{KEY.plan}/viec/{KEY.task}/huy", COORDINATORS, None),
    "/plans/{slug}/ket-thuc": (f"/plans/{KEY.plan}/ket-thuc", COORDINATORS, None),
    "/plans/{slug}/con-ap-dung": (f"/plans/{KEY.plan}/con-ap-dung", COORDINATORS, None),
    "/plans/{slug}/dong-ky": (f"/plans/{KEY.plan}/dong-ky", COORDINATORS, None),
    "/plans/{slug}/mo-lai": (f"/plans/{KEY.plan}/mo-lai", COORDINATORS, None),
    "/thu/gui-lai": ("/thu/gui-lai", SEE_OPERATIONS, None),
    "/thu/{number}/nguyen-ban": ("/thu/1/nguyen-ban", {"administrator"}, None),
    "/ngay-lam-viec": ("/ngay-lam-viec", {"administrator"}, None),
    "/kiem-tra/thu-thu": ("/kiem-tra/thu-thu", SEE_OPERATIONS, None),
}
# route → path, who may act; the handler decides, once it knows of whom or what: others who send a token get 404.
ACTS: dict[str, tuple[str, set[str]]] = {
    "/units/{slug}/dau-moi": ("/units/so-cong-thuong/dau-moi", {"head", "administrator"}),
    "/units/{slug}/ke-thua": ("/units/so-cong-thuong/ke-thua", {"administrator"}),
    "/nguoi/{number}/tuy-chon": (f"{SCT}/tuy-chon", {"officer", "administrator"}),
    "/nguoi/{number}/vang-mat": (f"{SCT}/vang-mat", {"officer", "head", "administrator"}),
    "/nguoi/{number}/tro-lai": (f"{SCT}/tro-lai", {"officer", "head", "administrator"}),
    "/nguoi/{number}/ban-giao": (f"{SCT}/ban-giao", {"officer", "administrator"}),
    "/nguoi/{number}/xac-nhan": (f"{SCT}/xac-nhan", {"officer", "head", "administrator"}),
    "/nguoi/{number}/dung-duoc": (f"{SCT}/dung-duoc", {"officer", "head", "administrator"}),
    "/danh-ba": ("/danh-ba", {"administrator"}),
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


def numbered(scene: Scene, path: str) -> str:
    """A path with the number of the person whose address it names."""
    found = re.search("<(.+)>", path)
    if found is None:
        return path
    with scene.office.database.read() as tx:
        return path.replace(found[0], str(people_ids(tx, [found[1]])[found[1]]))


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
    named |= {("POST", path) for path in (*FORMS, *ACTS, *OPEN_FORMS)}
    assert routes(scene) == named
    pages: FastAPI = scene.app.pages  # type: ignore[assignment]
    assert {type(r).__name__ for r in pages.routes} <= {"_IncludedRouter", "APIRoute", "Mount"}
    assert [r.path for r in pages.routes if type(r).__name__ == "Mount"] == ["/api/v1", "/static"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("role", ROLES)
def test_what_each_role_is_answered(scene: Scene, role: str) -> None:
    visitor = scene.seen_by(ROLES[role])
    signed_in = role in EVERYBODY
    for paths in READ.values():
        for named, allowed in paths.items():
            path = numbered(scene, named)
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
    for target, allowed in ACTS.values():
        expected = 303 if not signed_in else 403 if role in allowed else None
        if expected is not None:
            assert visitor.post_form(numbered(scene, target), {"form_token": "doan"}).status_code == expected, target
    for path, allowed, status in FORMS.values():
        elsewhere = 404 if signed_in else 303
        refused = 403 if role in allowed else elsewhere
        assert visitor.post_form(path, {"form_token": "doan"}).status_code == refused, path
        if status is not None:
            form = {"form_token": token_of(visitor.get("/phien"))} if signed_in else {}
            expected = status if role in allowed else elsewhere
            assert visitor.post_form(path, form).status_code == expected, path


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_who_may_act_on_units_and_people(scene: Scene, role: str) -> None:
    visitor = scene.seen_by(ROLES[role])
    token = token_of(visitor.get("/phien"))
    for target, allowed in ACTS.values():
        path = numbered(scene, target)
        answer = visitor.post_form(path, {"form_token": token})
        expected = (303, 422) if role in allowed else (404,)
        assert answer.status_code in expected, path


@pytest.mark.parametrize(
    ("there", "nowhere"),
    [
        ("/units/so-y-te", "/units/khong-co"),
        ("/units/ubnd-tinh", "/units/khong-co"),
        ("/plans/y-te", "/plans/khong-co"),
        ("/deadlines/y-te/dich/2026", "/deadlines/khong/co/gi"),
        ("/nguoi/<chutich.hdtdkt@dienbien.example>", "/nguoi/99999999"),
    ],
)
def test_what_may_not_be_read_looks_like_what_is_not_there(scene: Scene, there: str, nowhere: str) -> None:
    officer = scene.seen_by(ROLES["officer"])
    hidden, missing = officer.get(numbered(scene, there)), officer.get(nowhere)
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
