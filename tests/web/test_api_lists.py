"""Lists of the API: every item once, whatever is added meanwhile; what each person may read, no more and no less."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from httpx import Response

from actions.access import rights_of
from actions.loading import load
from actions.office import Act
from actions.overdue import overdue
from plans.files.documents import read_documents
from plans.status import Status
from store.obligations import by_ids
from tests.conftest import local
from tests.web.programs import program
from tests.web.scenes import ADMINISTRATOR, KEY, TDKT, WEB, Scene

PEOPLE = (
    "vanthu.sct@dienbien.example",
    "vanthu.stp@dienbien.example",
    "noichinh.hdtdkt@dienbien.example",
    "chutich.hdtdkt@dienbien.example",
    TDKT,
    ADMINISTRATOR,
)


def add(scene: Scene, number: int) -> None:
    """A unit, and a plan that it and others owe something in."""
    units = f"units:\n  - {{id: xa-{number}, name: Xã {number}, kind: xa}}\n"
    plan = f"""
plan: {{id: them-{number}, title: Kế hoạch {number}, issued: 05/01/2026, coordinator: so-noi-vu}}
tasks:
  - {{id: x, title: Báo cáo {number}, owed_by: [so-y-te, xa-{number}], due: {{yearly: {{by: {10 + number}/12}}}}}}
"""
    found = read_documents([("units.yaml", units.encode()), ("plan.yaml", plan.encode())])
    load(scene.office, Act("test", scene.now), found.rosters, found.plans, track_from=date(2026, 1, 1))


LISTS = {  # path → what names an item, and how many stand on a page
    "/units": ("unit", 30),
    "/plans": ("plan", 1),
    "/deadlines": ("deadline", 20),
    "/obligations": ("id", 120),
    "/overdue": ("obligation", 5),
    "/mail": ("id", 80),
}


def test_walks_meet_everything_once_while_rows_are_added(replayed: Scene) -> None:
    asks = program(replayed, ADMINISTRATOR)
    before = {path: [item[name] for item in asks.walk(f"{path}?size=200")] for path, (name, _) in LISTS.items()}
    found: dict[str, list[object]] = {path: [] for path in LISTS}
    waiting: dict[str, str | None] = {path: f"{path}?size={size}" for path, (_, size) in LISTS.items()}
    rounds = 0
    while any(waiting.values()):
        for path, at in waiting.items():
            if at:
                page = asks.get(at).json()
                name, size = LISTS[path]
                assert len(page["items"]) == size or page["next"] is None
                found[path] += [item[name] for item in page["items"]]
                waiting[path] = page["next"]
        rounds += 1
        if rounds <= 2:
            assert all(waiting.values()) or rounds == 2, "each list goes on while rows are added"
            add(replayed, rounds)
    for path, items in found.items():
        assert len(items) == len(set(items)), f"{path}: met twice"
        assert [item for item in items if item in set(before[path])] == before[path], path


@pytest.mark.parametrize("address", PEOPLE)
def test_obligations_are_those_that_the_person_may_read(lent: Scene, address: str) -> None:
    with lent.office.database.read() as tx:
        rights = rights_of(tx, address, lent.office.today(lent.now), WEB.granted)
        every = by_ids(tx, range(1, 2000))
        late = [x.obligation for x in overdue(tx, lent.office, lent.now)]
    asks = program(lent, address, writes=False, name=f"Danh sách {address}")

    def may(o: object) -> bool:
        return rights.may_read_item(o.key.plan, o.key.task, o.unit)  # type: ignore[attr-defined]

    assert {o["id"] for o in asks.walk("/obligations?size=200")} == {o.id for o in every if may(o)}
    assert {o["obligation"] for o in asks.walk("/overdue?size=200")} == {o.id for o in late if may(o)}
    answer = asks.get("/mail?size=200")
    assert answer.status_code == (200 if rights.may_see_operations else 404)
    for mail in answer.json().get("items", ()):
        readable = [rights.may_read_item(*i["deadline"].split("/")[:2], i["unit"]) for i in mail["items"]]
        assert rights.reads_all or (readable and all(readable))


def test_filters_narrow_a_list(lent: Scene) -> None:
    asks = program(lent, ADMINISTRATOR, writes=False, name="Lọc")
    every = asks.walk("/obligations?size=200")

    def ids(query: str) -> set[int]:
        return {o["id"] for o in asks.walk(f"/obligations?size=200&{query}")}

    assert ids("unit=so-y-te") == {o["id"] for o in every if o["unit"] == "so-y-te"}
    assert ids("plan=dien-bien-2458") == {o["id"] for o in every if o["deadline"].startswith("dien-bien-2458/")}
    assert ids("period=2026") == {o["id"] for o in every if o["deadline"].endswith("/2026")}
    assert ids("kind=report") == {o["id"] for o in every if o["kind"] == "report"}
    assert ids("text=so+y+te") == ids("unit=so-y-te")
    for status in Status:
        assert ids(f"status={status}") == {o["id"] for o in every if o["status"] == status}, status
    assert ids("unit=khong-co") == ids("group=khong-co") == ids("plan=khong-co") == set()
    assert ids("year=2025") == {o["id"] for o in every if o["deadline"].endswith("/2025")}
    deadlines = asks.walk("/deadlines?size=200")

    def named(query: str) -> list[str]:
        return [d["deadline"] for d in asks.walk(f"/deadlines?{query}")]

    days = {d["deadline"]: d["act_by"] for d in deadlines}
    assert named("from=2026-12-01&to=2026-12-04") == [n for n, d in days.items() if "2026-12-01" <= d <= "2026-12-04"]
    assert named("task=bao-cao-nam&year=2026") == [str(KEY)]
    assert named("kind=milestone") == [d["deadline"] for d in deadlines if d["kind"] == "milestone"]
    mails = asks.walk("/mail?size=200")
    to = "vanthu.sct@dienbien.example"
    assert asks.walk(f"/mail?person={to.upper()}") == [m for m in mails if m["address"] == to]
    assert [m["id"] for m in asks.walk("/mail?state=failed&size=200")] == [
        m["id"] for m in mails if m["state"] == "failed"
    ]
    assert asks.walk("/mail?person=ai@do.example") == asks.walk("/mail?unit=khong-co") == []
    about = [m["id"] for m in mails if any(i["deadline"].startswith("dien-bien-88-2026/") for i in m["items"])]
    assert [m["id"] for m in asks.walk("/mail?plan=dien-bien-88-2026&size=200")] == about
    day = [m["id"] for m in mails if m["at"].startswith("2026-12-07")]
    assert [m["id"] for m in asks.walk("/mail?from=2026-12-07&to=2026-12-07&size=200")] == day


def test_items_say_what_the_command_line_says(lent: Scene) -> None:
    asks = program(lent, ADMINISTRATOR, writes=False, name="Mục")
    (late, *_) = asks.get("/overdue?unit=so-cong-thuong").json()["items"]
    number = late.pop("obligation")
    assert late == {
        "unit": "so-cong-thuong",
        "unit_name": "Sở Công Thương",
        "formerly": None,
        "deadline": str(KEY),
        "title": "Báo cáo kết quả thực hiện phong trào thi đua hằng năm",
        "stated": "2026-12-05",
        "last_day": "2026-12-04",
        "days_late": 3,
        "sent_back": False,
        "last_reminder": "2026-12-07T07:00:00Z",
    }
    one = asks.get(f"/obligations/{number}").json()
    assert (one["status"], one["late_at"], one["submissions"]) == ("overdue", "2026-12-05T17:00:00Z", [])
    (sent,) = asks.get("/obligations?status=submitted&size=1").json()["items"]
    (handed_in,) = asks.get(f"/obligations/{sent['id']}").json()["submissions"]
    assert handed_in["received"] == "2026-12-04"
    assert handed_in["recorded_at"] == "2026-12-07T02:00:00Z"
    why = asks.get(f"/deadlines/{KEY}").json()
    assert [(u["basis"], u["stated"]) for u in why["units"]] == [
        ("resubmission", "2026-12-10"),
        ("extension", "2026-12-15"),
    ]
    assert why["steps"][0] == {
        "code": "stated_before",
        "text": "Thời hạn: trước ngày 05/12/2026 (thứ Bảy).",
        "day": "2026-12-05",
    }
    assert asks.get(f"/deadlines/{KEY}", "en").json()["steps"][0]["text"] != why["steps"][0]["text"]


def test_mail_is_shown_without_what_it_says(lent: Scene) -> None:
    asks = program(lent, TDKT, writes=False, name="Thư")
    listed = asks.walk("/mail?size=200")
    assert listed
    one = asks.get(f"/mail/{listed[0]['id']}").json()
    assert one == {**listed[0], "message_id": one["message_id"]}
    assert "/l/" not in json.dumps(asks.walk("/mail?size=200"))


def test_deadline_beyond_the_horizon_is_explained_but_not_listed(lent: Scene) -> None:
    asks = program(lent, ADMINISTRATOR, writes=False, name="Xa")
    far = asks.get("/deadlines/dien-bien-2458/bao-cao-nam/2040").json()
    assert (far["stated"], far["tracked"], far["units"]) == ("2040-12-05", None, [])
    assert asks.get("/deadlines?period=2040").json()["items"] == []
    assert local("2040-12-05 00:00") > lent.now


@pytest.mark.parametrize("root", ["http://tinh.example", "http://tinh.example/nhachan"], ids=["stripped", "left on"])
def test_addresses_are_those_of_the_proxy_in_front(lent: Scene, root: str) -> None:
    office = replace(lent.office, base_url="https://tinh.example/nhachan")
    other = Scene(office, replace(lent.desk, base_url=office.base_url), lent.post, lent.now)
    asks = program(other, ADMINISTRATOR, name=root)

    def get(path: str) -> Response:
        return asks.scene.get(f"{root}/api/v1{path}", headers={"Authorization": f"Bearer {asks.token}"})

    page = get("/units?size=1")
    assert page.json()["next"] == "/nhachan/api/v1/units?size=1&after=1"
    assert page.headers["link"] == '</nhachan/api/v1/units?size=1&after=1>; rel="next"'
    refused = get("/khong-co").json()
    assert refused["instance"] == "/nhachan/api/v1/khong-co"
    assert refused["type"] == "https://tinh.example/nhachan/api/v1/#not-found"
    assert get("/openapi.json").json()["servers"] == [{"url": "https://tinh.example/nhachan/api/v1"}]
    assert 'href="/nhachan/api/v1/openapi.json"' in get("/").text
    assert get("/units/").status_code == 404
