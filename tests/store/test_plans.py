from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from plans.files.documents import read_documents
from plans.plan import Kind, Plan, Source, Task
from plans.rules import MonthDay, Operator, Yearly
from store.database import Database
from store.plans import PlanSummary, plan_slugs, plan_summaries, read_plan, save_plan, save_tasks
from store.schema import tasks
from store.units import read_roster, save_roster, unit_ids
from tests.conftest import SAMPLES
from tests.store.estate import NOW, ROSTER, TASK

TODAY = date(2026, 1, 1)
RICH = Task(
    slug="nop",
    title="Nộp báo cáo",
    kind=Kind.REPORT,
    owed_by=("xa-a", "xa-b"),
    due=Yearly(MonthDay(12, 5), Operator.BEFORE),
    product="báo cáo",
    coordinating=("so-noi-vu",),
    to="so-noi-vu",
    strict=True,
    policy="weekly",
    collects=("bao-cao",),
    section="I. Việc",
    source=Source(63, "trước ngày 05 tháng 12"),
    note="Ghi chú",
)


def save(database: Database, plan: Plan) -> None:
    with database.write() as tx:
        save_roster(tx, read_roster(tx), ROSTER, TODAY)
        ids = unit_ids(tx)
        old = read_plan(tx, plan.slug)
        number = save_plan(tx, plan, ids[plan.coordinator] if plan.coordinator else None, TODAY, NOW, old)
        save_tasks(tx, number, plan.tasks, TODAY, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    "name", ["dien-bien/plans/dien-bien-88-2020", "dien-bien/plans/dien-bien-88-2026", "dien-bien/plans/dien-bien-2458"]
)
def test_sample_plan_comes_back_as_saved(database: Database, name: str) -> None:
    files = [SAMPLES / "dien-bien" / "units.yaml", SAMPLES / f"{name}.yaml"]
    documents = read_documents([(f.name, f.read_bytes()) for f in files])
    plan = documents.plans[0].plan
    assert plan is not None
    with database.write() as tx:
        save_roster(tx, read_roster(tx), documents.rosters[0], TODAY)
        number = save_plan(tx, plan, unit_ids(tx)[plan.coordinator or ""], TODAY, NOW, None)
        numbers = save_tasks(tx, number, plan.tasks, TODAY, NOW)
        stored = read_plan(tx, plan.slug)
    assert stored is not None
    assert stored.plan == replace(plan, revision=None)
    assert stored.task_ids == numbers
    assert (stored.revision, stored.track_from, stored.loaded_at) == (1, TODAY, NOW)


def test_plan_of_every_field_comes_back_as_saved(database: Database) -> None:
    plan = Plan(
        slug="ke-hoach",
        title="Kế hoạch",
        issuer="UBND",
        coordinator="so-noi-vu",
        number="88/KH-UBND",
        issued=date(2020, 1, 10),
        until=date(2026, 12, 31),
        replaced_by="khac",
        tasks=(RICH, TASK),
    )
    save(database, plan)
    with database.read() as tx:
        stored = read_plan(tx, "ke-hoach")
        assert read_plan(tx, "none") is None
        assert plan_slugs(tx) == ["ke-hoach"]
        assert plan_summaries(tx) == [PlanSummary("ke-hoach", "Kế hoạch", "88/KH-UBND", "UBND", "so-noi-vu", TODAY, 1)]
    assert stored is not None
    assert stored.plan == plan


def test_save_tasks_raises_the_revision_of_what_changed_alone(database: Database) -> None:
    save(database, Plan("ke-hoach", "Kế hoạch", tasks=(RICH, TASK)))
    save(database, Plan("ke-hoach", "Kế hoạch", tasks=(RICH, replace(TASK, title="Khác"))))
    with database.read() as tx:
        assert tx.execute(select(tasks.c.slug, tasks.c.title, tasks.c.revision).order_by(tasks.c.id)).all() == [
            ("nop", "Nộp báo cáo", 1),
            ("bao-cao", "Khác", 2),
        ]
        stored = read_plan(tx, "ke-hoach")
        assert stored is not None
        assert stored.revision == 2


def test_task_left_out_is_marked_removed_once_and_comes_back_as_the_same(database: Database) -> None:
    whole = Plan("ke-hoach", "Kế hoạch", tasks=(RICH, TASK))
    save(database, whole)
    with database.read() as tx:
        before = read_plan(tx, "ke-hoach")
    for _ in range(2):
        save(database, replace(whole, tasks=(RICH,)))
    with database.read() as tx:
        fewer = read_plan(tx, "ke-hoach")
        removed = tx.execute(select(tasks.c.removed_at, tasks.c.revision).where(tasks.c.slug == "bao-cao")).one()
    save(database, whole)
    with database.read() as tx:
        again = read_plan(tx, "ke-hoach")
    assert before is not None
    assert fewer is not None
    assert again is not None
    assert list(fewer.task_ids) == ["nop"]
    assert tuple(removed) == (NOW + timedelta(days=1), 2)
    assert again.task_ids == before.task_ids
    assert again.plan == whole
