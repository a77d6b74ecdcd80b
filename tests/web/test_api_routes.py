"""Every route of the API × every role, as `test_routes` does for pages: a route that is not in the table fails."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from tests.conftest import load_text, local
from tests.web.programs import Program, program, without_cookies
from tests.web.scenes import KEY, Scene
from tests.web.test_routes import ALL, EVERYBODY, PLAN, ROLES, SEE_OPERATIONS
from web.access import admit
from web.api.access import ANYBODY, CHANGES_DEADLINE
from web.api.app import ROUTES, description_routes

DICH = "y-te/dich/2026"
# route → paths, each with who is answered 200; others who hold a good token get 404.
READ: dict[str, dict[str, set[str]]] = {
    "/units": {"/units": EVERYBODY},
    "/units/{unit}": {
        "/units/so-cong-thuong": ALL | {"officer", "head", "coordinator"},
        "/units/so-tai-chinh": ALL | {"group", "coordinator", "other"},
        "/units/cong-an-tinh": ALL | {"council", "coordinator"},
        "/units/ubnd-tinh": ALL,
        "/units/khong-co": set(),
        "/units/KH%00%C3%94NG": set(),
    },
    "/plans": {"/plans": EVERYBODY},
    "/plans/{plan}": {
        f"/plans/{KEY.plan}": EVERYBODY,
        "/plans/y-te": ALL | {"group", "other"},
        "/plans/khong-co": set(),
    },
    "/plans/{plan}.yaml": {"/plans/y-te.yaml": ALL | {"group", "other"}, "/plans/khong-co.yaml": set()},
    "/deadlines": {"/deadlines": EVERYBODY},
    "/deadlines/{plan}/{task}/{period}": {
        f"/deadlines/{KEY}": EVERYBODY,
        f"/deadlines/{DICH}": ALL | {"group", "other"},
        "/deadlines/y-te/dich/1900": set(),
        "/deadlines/khong/co/gi": set(),
    },
    "/obligations": {"/obligations": EVERYBODY},
    "/obligations/{id}": {
        "/obligations/{so-cong-thuong}": ALL | {"officer", "head", "coordinator"},
        "/obligations/{cong-an-tinh}": ALL | {"council", "coordinator"},
        "/obligations/{so-y-te}": ALL | {"other"},
        "/obligations/2147483647": set(),
        "/obligations/x": set(),
        "/obligations/0": set(),
    },
    "/overdue": {"/overdue": EVERYBODY},
    "/mail": {"/mail": SEE_OPERATIONS},
    "/mail/{id}": {
        "/mail/{so-cong-thuong}": ALL | {"coordinator"},
        "/mail/2147483647": set(),
        "/mail/99999999999999": set(),
    },
}
OPEN = ("/", "/openapi.json")
# route → (path, body, who may); others get 404, or the status named.
UNITS = {"units": ["so-y-te"]}
COORDINATORS = {"administrator", "coordinator"}
_DEADLINE = "/deadlines/{plan}/{task}/{period}"
WRITTEN: dict[str, tuple[str, dict[str, object], set[str], int]] = {
    f"{_DEADLINE}/submit": (f"/deadlines/{KEY}/submit", UNITS, COORDINATORS | {"other"}, 422),
    f"{_DEADLINE}/accept": (f"/deadlines/{KEY}/accept", UNITS, COORDINATORS, 404),
    f"{_DEADLINE}/return": (f"/deadlines/{KEY}/return", UNITS | {"reason": "Thiếu"}, COORDINATORS, 404),
    f"{_DEADLINE}/extend": (f"/deadlines/{KEY}/extend", UNITS | {"until": "2026-12-21"}, COORDINATORS, 404),
    f"{_DEADLINE}/waive": (f"/deadlines/{KEY}/waive", UNITS | {"reason": "Không"}, COORDINATORS, 404),
    "/plans": ("/plans", {"text": PLAN}, {"administrator", "other"}, 403),
}


@pytest.fixture(scope="module")
def scene(lent: Scene) -> Scene:
    load_text(lent.office, local("2026-12-09 08:00"), PLAN)
    return lent


@pytest.fixture(scope="module")
def numbers(scene: Scene) -> dict[str, str]:
    """What stands in braces in the table → the number of an obligation, or of a mail, of that unit."""
    boss = program(scene, ROLES["administrator"] or "", name="Bảng")
    found = {f"/obligations/{{{o['unit']}}}": f"/obligations/{o['id']}" for o in boss.walk("/obligations?size=200")}
    found["/obligations/{so-y-te}"] = f"/obligations/{boss.walk('/obligations?plan=y-te&unit=so-y-te')[0]['id']}"
    mine = boss.walk("/mail?unit=so-cong-thuong&size=200")
    return found | {"/mail/{so-cong-thuong}": f"/mail/{mine[0]['id']}"}


def test_table_names_every_route(scene: Scene) -> None:
    found = set()
    for router in (make(scene.site) for make in (*ROUTES, description_routes)):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            found |= {(method, route.path) for method in route.methods or ()}
    assert found == {("GET", path) for path in (*READ, *OPEN)} | {("POST", path) for path in WRITTEN}


@pytest.mark.parametrize("role", ROLES)
def test_what_each_role_is_answered(scene: Scene, numbers: dict[str, str], role: str) -> None:
    address = ROLES[role]
    asks = program(scene, address) if address else Program(without_cookies(scene), "")
    nobody = role not in EVERYBODY
    for paths in READ.values():
        for path, allowed in paths.items():
            expected = 200 if role in allowed else 401 if nobody else 404
            assert asks.get(numbers.get(path, path)).status_code == expected, path
    for path in OPEN:
        assert asks.get(path).status_code == 200
    for path, body, allowed, refusal in WRITTEN.values():
        answer = asks.post(f"{path}?dry_run=true", body)
        refused = 401 if nobody else 404 if path.endswith("/submit") and role in ("leader", "council") else refusal
        if path == "/plans" and role == "coordinator":
            refused = 403
        assert answer.status_code == (200 if role in allowed else refused), (path, answer.text)


def test_what_may_not_be_read_looks_like_what_is_not_there(scene: Scene, numbers: dict[str, str]) -> None:
    officer = program(scene, ROLES["officer"] or "", name="Giống nhau")
    for hidden, missing in (
        ("/units/so-y-te", "/units/khong-co"),
        ("/plans/y-te", "/plans/khong-c"),
        (f"/deadlines/{DICH}", "/deadlines/y-te/dihc/2026"),
        (numbers["/obligations/{so-y-te}"], "/obligations/99999"),
    ):
        one, other = officer.get(hidden), officer.get(missing)
        assert (one.status_code, other.status_code) == (404, 404)
        assert one.text.replace(hidden, "…") == other.text.replace(missing, "…")
    assert "so-y-te" not in officer.get("/units?size=200").text
    assert officer.get("/obligations?unit=so-y-te").json() == {"items": [], "next": None}
    assert officer.get("/deadlines?plan=y-te").json() == officer.get("/deadlines?plan=khong-co").json()


def test_act_that_takes_a_token_for_reading_is_not_taken_in() -> None:
    def post(guard: object) -> APIRouter:
        router = APIRouter(dependencies=[Depends(guard)])  # type: ignore[arg-type]
        router.add_api_route("/x", lambda: "", methods=["POST"])
        return router

    with pytest.raises(ValueError, match="a form without its token"):
        admit(FastAPI(), post(ANYBODY.reads))
    admit(FastAPI(), post(CHANGES_DEADLINE.acts))
