"""Acts through the API: what changes, what a try would change, and that doing it again changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from actions.adjusting import close
from plans.status import State
from store.obligations import of_deadline
from store.schema import audit
from tests.conftest import load_text, local
from tests.web.programs import Program, program
from tests.web.scenes import ADMINISTRATOR, KEY, TDKT, Scene, act
from tests.web.test_routes import PLAN

LATE = "so-cong-thuong"
CLERK = "vanthu.sct@dienbien.example"


def do(asks: Program, name: str, query: str = "", **body: object) -> Any:
    answer = asks.post(f"/deadlines/{KEY}/{name}{query}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def of(scene: Scene, unit: str) -> Any:
    with scene.office.database.read() as tx:
        return of_deadline(tx, KEY, [unit])[0]


def told(scene: Scene) -> list[tuple[str, str, str, str | None]]:
    with scene.office.database.read() as tx:
        rows = tx.execute(select(audit).where(audit.c.at == scene.now).order_by(audit.c.id))
        return [(r.actor, r.action, r.subject, r.reason) for r in rows if r.action != "token_create"]


def test_coordinator_records_accepts_sends_back_extends_and_waives(replayed: Scene) -> None:
    asks = program(replayed)
    done = do(asks, "submit", units=[LATE], number="15/BC-SCT", received="2026-12-08")
    assert (done["changed"], done["items"][0]["state"], done["items"][0]["late"]) == (1, "accepted", True)
    assert (of(replayed, LATE).state, of(replayed, LATE).received_on.isoformat()) == (State.ACCEPTED, "2026-12-08")
    back = do(asks, "return", units=[LATE], reason="Thiếu biểu số liệu", until="2026-12-14")
    assert (back["items"][0]["state"], back["items"][0]["last_day"]) == ("returned", "2026-12-14")
    (waits,) = [
        line["unit"] for line in asks.walk(f"/obligations?status=submitted&plan={KEY.plan}") if line["unit"] != LATE
    ][:1]
    assert do(asks, "accept", units=[waits])["items"][0]["late"] is False
    (other, third) = [o["unit"] for o in asks.walk("/overdue")][:2]
    later = do(asks, "extend", units=[other], until="2026-12-21", document="20/SNV", reason="Mưa lũ")
    assert (later["items"][0]["state"], later["items"][0]["last_day"]) == ("open", "2026-12-21")
    assert do(asks, "waive", units=[third], reason="Không thuộc đối tượng")["items"][0]["state"] == "waived"
    assert [of(replayed, unit).state for unit in (LATE, waits, other, third)] == [
        State.RETURNED,
        State.ACCEPTED,
        State.OPEN,
        State.WAIVED,
    ]
    who = f"person:{TDKT}"
    assert told(replayed) == [
        (who, "submit", f"{KEY}/{LATE}", None),
        (who, "return", f"{KEY}/{LATE}", "Thiếu biểu số liệu"),
        (who, "accept", f"{KEY}/{waits}", None),
        (who, "extend", f"{KEY}/{other}", "Mưa lũ"),
        (who, "waive", f"{KEY}/{third}", "Không thuộc đối tượng"),
    ]


def test_all_units_are_extended_where_none_is_named(replayed: Scene) -> None:
    done = do(program(replayed), "extend", until="2026-12-21", before=True)
    assert done["changed"] > 10
    assert of(replayed, LATE).dates.last_day.isoformat() == "2026-12-20"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("submit", {"received": "2026-12-08"}),
        ("extend", {"until": "2026-12-21"}),
        ("waive", {"reason": "Không thuộc đối tượng"}),
    ],
)
def test_try_changes_nothing_and_a_repetition_says_so(replayed: Scene, name: str, body: dict[str, object]) -> None:
    asks = program(replayed)
    before = replayed.dump()
    tried = do(asks, name, "?dry_run=true", units=[LATE], **body)
    asks_only = replayed.dump()
    assert {t: rows for t, rows in asks_only.items() if t != "tokens"} == {
        t: rows for t, rows in before.items() if t != "tokens"
    }
    done = do(asks, name, units=[LATE], **body)
    assert {**tried, "dry_run": False} == done
    after = replayed.dump()
    again = do(asks, name, units=[LATE], **body)
    assert (done["changed"], again["changed"]) == (1, 0)
    assert again["items"][0]["skipped_text"]
    assert replayed.dump() == after


def test_unit_says_that_it_has_sent_and_waits(replayed: Scene) -> None:
    asks = program(replayed, CLERK)
    done = do(asks, "submit", units=[LATE], number="15/BC-SCT")
    assert done["items"][0]["state"] == "submitted"
    assert of(replayed, LATE).state is State.SUBMITTED
    assert do(asks, "submit", units=[LATE])["items"][0]["skipped"] == "already_done"
    before = replayed.dump()
    refused = asks.post(f"/deadlines/{KEY}/submit", {"units": [LATE, "so-y-te", "khong-co"]})
    assert refused.status_code == 422
    assert [(p["code"], p["pointer"]) for p in refused.json()["problems"]] == [
        ("unit.owes_not", "#/units/1"),
        ("unit.owes_not", "#/units/2"),
    ]
    assert asks.post(f"/deadlines/{KEY}/accept", {"units": [LATE]}).status_code == 404
    assert replayed.dump() == before


def test_problems_point_to_what_is_wrong(replayed: Scene) -> None:
    asks = program(replayed)

    def wrong(name: str, **body: object) -> list[tuple[str, str | None]]:
        answer = asks.post(f"/deadlines/{KEY}/{name}", body)
        assert answer.status_code == 422
        return [(p["code"], p["pointer"]) for p in answer.json()["problems"]]

    assert wrong("submit", units=["so-y-te", "so-yte"]) == [("unit.owes_not_near", "#/units/1")]
    assert wrong("submit", units=[LATE], received="2026-12-10") == [("submit.future", "#/received")]
    assert wrong("submit", units=[LATE], received="2025-12-01") == [("submit.long_before", "#/received")]
    assert wrong("return", units=[LATE], reason="Thiếu", until="2026-12-08") == [("return.past", "#/until")]
    assert wrong("extend", units=[LATE], until="2026-12-01") == [("extend.not_later", "#/until")]


def test_closed_period_is_a_conflict(replayed: Scene) -> None:
    close(replayed.office, act("2026-12-09 09:00"), KEY.plan, "2026")
    answer = program(replayed).post(f"/deadlines/{KEY}/submit", {"units": [LATE]})
    assert answer.status_code == 409
    assert [p["code"] for p in answer.json()["problems"]] == ["submit.closed"]


# -- loading a plan ---------------------------------------------------------------------------------------------------


def test_plan_is_tried_loaded_read_back_and_loaded_again(replayed: Scene) -> None:
    asks = program(replayed, ADMINISTRATOR)
    before = {t: rows for t, rows in replayed.dump().items() if t != "tokens"}
    tried = asks.post("/plans?dry_run=true", {"text": PLAN}).json()
    assert {t: rows for t, rows in replayed.dump().items() if t != "tokens"} == before
    yaml = {"Content-Type": "application/yaml; charset=utf-8"}
    loaded = asks.request("POST", "/plans", content=PLAN.encode(), headers=yaml).json()
    assert loaded == {**tried, "dry_run": False}
    (plan,) = loaded["plans"]
    assert (plan["plan"], plan["new"], plan["tasks_added"], plan["deadlines_added"]) == ("y-te", True, ["dich"], 2)
    assert plan["mails"][0]["day"] >= "2026-12-09"
    file = asks.get("/plans/y-te.yaml")
    assert file.headers["content-type"] == "application/yaml; charset=utf-8"
    again = asks.request("POST", "/plans", content=file.content, headers=yaml).json()
    assert (again["changed"], again["plans"][0]["tasks_changed"]) == (False, [])
    changed = file.text.replace("21/12", "25/12").replace("Kế hoạch của", "Kế hoạch mới của")
    (told_of,) = asks.post("/plans", {"text": changed}).json()["plans"]
    assert told_of["fields"] == [
        {"field": "title", "old": "Kế hoạch của ngành y tế", "new": "Kế hoạch mới của ngành y tế"}
    ]
    assert told_of["moved"][0] == {"deadline": "y-te/dich/2026", "old": "2026-12-21", "new": "2026-12-25"}
    stale = asks.post("/plans", {"text": file.text})
    assert (stale.status_code, [p["code"] for p in stale.json()["problems"]]) == (409, ["load.older_revision"])
    assert asks.post("/plans?replace=true", {"text": file.text}).json()["changed"] is True
    assert asks.get("/plans/y-te").json()["tasks"][0]["due"] == {"yearly": {"by": "21/12"}}


def test_coordinator_changes_its_own_plan_alone(replayed: Scene) -> None:
    load_text(replayed.office, local("2026-12-09 08:00"), PLAN)
    asks = program(replayed, "vanthu.syt@dienbien.example")
    assert asks.post("/plans", {"text": PLAN.replace("21/12", "22/12")}).json()["changed"] is True
    assert asks.post("/plans", {"text": PLAN.replace("id: y-te,", "id: y-te-2027,")}).json()["plans"][0]["new"] is True
    others = PLAN.replace("coordinator: so-y-te", "coordinator: so-noi-vu").replace("id: y-te,", "id: chua-co,")
    for text in (PLAN.replace("id: y-te,", f"id: {KEY.plan},"), others):
        refused = asks.post("/plans", {"text": text})
        assert (refused.status_code, [p["code"] for p in refused.json()["problems"]]) == (403, ["load.not_yours"])


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("units: []", "load.one_plan", None),
        (PLAN.replace("so-tai-chinh", "so-tai-chin"), "unknown.reference.nearest", 4),
        ("plan: [", "yaml.", 2),
        ("", "file.empty", None),
    ],
)
def test_plan_with_faults_is_refused_with_all_of_them(replayed: Scene, text: str, code: str, line: int | None) -> None:
    answer = program(replayed, ADMINISTRATOR).post("/plans", {"text": text})
    assert answer.status_code == 422
    first = answer.json()["problems"][0]
    assert first["code"].startswith(code)
    assert first["line"] == line


def test_plan_larger_than_any_is_refused_unread(replayed: Scene) -> None:
    asks = program(replayed, ADMINISTRATOR)
    assert asks.post("/plans", {"text": "#" * ((1 << 20) + 1)}).status_code == 413
    body = b"#" * (5 * (1 << 20) + 1)
    assert asks.request("POST", "/plans", content=body, headers={"Content-Type": "text/yaml"}).status_code == 413
