from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest

from actions.beginning import PlanBegun, begin_plan
from actions.planning import edit_plan
from plans.editing import PutTask
from plans.files.writing import plan_yaml
from plans.plan import Plan
from plans.problems import UserError
from store.marks import trail
from store.plans import plan_slugs, read_plan
from tests.actions.province import UNITS, Town, act, everything
from tests.conftest import load_text, local

FIELDS = {
    "title": "Kế hoạch thi đua năm 2026",
    "number": "88/KH-UBND",
    "issued": "10/01/2026",
    "issuer": "UBND tỉnh",
    "coordinator": "so-noi-vu",
    "until": "31/12/2026",
}
SLUG = "88-kh-ubnd-2026"


@pytest.fixture
def units(town: Town) -> Town:
    load_text(town.office, local("2026-11-02 09:00"), UNITS)
    return town


def begin(town: Town, **changes: Any) -> PlanBegun:
    given = {name: changes.pop(name) for name in FIELDS if name in changes}
    return begin_plan(town.office, act("2026-11-24 09:00", actor="person:x"), {**FIELDS, **given}, **changes)


def refused(town: Town, **changes: Any) -> list[tuple[str, str]]:
    before = everything(town.office.database)
    with pytest.raises(UserError) as caught:
        begin(town, **changes)
    assert everything(town.office.database) == before
    return [(p.code, str(p.place or "")) for p in caught.value.problems]


def test_plan_is_begun_without_tasks_and_its_file_says_the_same(units: Town) -> None:
    before = everything(units.office.database)
    told = begin(units, dry_run=True)
    assert everything(units.office.database) == before
    done = begin(units, slug=told.plan.slug)
    assert (
        done.plan
        == told.plan
        == Plan(SLUG, FIELDS["title"], "UBND tỉnh", "so-noi-vu", "88/KH-UBND", date(2026, 1, 10), date(2026, 12, 31))
    )
    (made,) = done.report.plans
    assert (made.new, made.track_from, made.deadlines_added, done.report.told) == (True, date(2026, 11, 24), 0, ())
    with units.office.database.read() as tx:
        stored = read_plan(tx, SLUG)
        (entry,) = trail(tx, SLUG, exact=True)
    assert stored is not None
    assert (entry.action, entry.actor, entry.detail["revision"]) == ("load", "person:x", 1)
    assert load_text(units.office, local("2026-11-25 09:00"), plan_yaml(stored.plan)).empty
    task = PutTask("bao-cao", {"title": "Báo cáo", "kind": "report"}, new=True)
    assert edit_plan(units.office, act("2026-11-25 09:00"), SLUG, 1, task).revision == 2


def test_what_is_sent_twice_is_begun_once(units: Town) -> None:
    begin(units, slug=SLUG)
    after = everything(units.office.database)
    assert begin(units, slug=SLUG).report.empty
    assert everything(units.office.database) == after


def test_every_fault_stands_at_its_field(units: Town) -> None:
    wrong = {"title": None, "issued": "31/02/2026", "until": "mai", "coordinator": "so-khong-co"}
    assert refused(units, **wrong) == [
        ("key.missing", "title"),
        ("value.date_impossible", "issued"),
        ("value.date", "until"),
        ("plan.coordinator_not_yours", "coordinator"),
    ]
    assert refused(units, coordinator=None, until="01/01/2026") == [
        ("plan.until_before_issued", "until"),
        ("plan.coordinator_missing", "coordinator"),
    ]
    assert refused(units, coordinators={"so-y-te"}) == [("plan.coordinator_not_yours", "coordinator")]
    assert refused(units, slug="Không phải mã")[0] == ("value.slug.nearest", "id")


def test_same_document_is_not_begun_again(units: Town) -> None:
    begin(units)
    assert refused(units, title="Cùng văn bản, tên gõ khác") == [("plan.number_taken", "number")]
    other = begin(units, issuer="UBND xã A")
    assert (other.plan.slug, [p.code for p in other.report.warnings]) == (f"{SLUG}-2", ["plan.number_alike"])
    assert begin(units, issued="10/01/2027", until=None).plan.slug == "88-kh-ubnd-2027"


def test_identifier_that_was_taken_meanwhile_is_not_overwritten(units: Town) -> None:
    shown = begin(units, number=None, dry_run=True).plan.slug
    begin(units, number=None, title="Kế hoạch thi đua, năm 2026", issued=None)
    assert refused(units, number=None, slug=shown) == [("plan.just_begun", "")]
    assert begin(units, number=None).plan.slug == f"{shown}-2"


def test_of_two_at_once_one_begins_the_plan(units: Town) -> None:
    start = Barrier(2)

    def one(title: str) -> str:
        start.wait()
        try:
            return begin(units, title=title, slug=SLUG).plan.title
        except UserError as caught:
            return caught.problems[0].code

    with ThreadPoolExecutor(2) as pool:
        said = [f.result() for f in [pool.submit(one, "Một"), pool.submit(one, "Hai")]]
    assert said in (["Một", "plan.number_taken"], ["plan.number_taken", "Hai"])
    with units.office.database.read() as tx:
        assert plan_slugs(tx) == [SLUG]
