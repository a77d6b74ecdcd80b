from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.loading import LoadReport, load
from actions.office import Office
from actions.planning import EditConflict, PlanEdited, begin_edit, changes_since, edit_plan
from calendars.working import WorkingCalendar
from plans.announcements import News
from plans.editing import Clash, DropTask, Edit, PutHead, PutTask, edited, free_slug
from plans.files.plan_file import read_plan
from plans.files.writing import plan_yaml
from plans.problems import Problem, UserError
from plans.status import State
from store.announcements import Announced
from store.database import Database
from store.deadlines import deadline_facts
from store.marks import trail
from store.obligations import of_deadline
from tests.actions.province import AN, ONCE, UNITS, YEARLY, Town, act, everything, once, plan, task, yearly
from tests.conftest import load_text, local, make_office

NINE = local("2026-11-02 09:00")
PLAN = plan(yearly("[moi-don-vi]"), once("{by: 15/12/2026}"), task("cong-viec", "{by: 20/12/2026}", kind="work"))
SLUG = "ke-hoach"


@pytest.fixture
def loaded(town: Town) -> Town:
    load_text(town.office, NINE, UNITS, PLAN)
    return town


def edit(
    town: Town, what: Edit, revision: int = 1, at: str = "2026-11-24 09:00", reason: str | None = None, **options: Any
) -> PlanEdited:
    return edit_plan(town.office, act(at, reason), SLUG, revision, what, **options)


def problems_of(town: Town, what: Edit, **options: Any) -> list[tuple[str, str]]:
    before = everything(town.office.database)
    with pytest.raises(UserError) as caught:
        edit(town, what, **options)
    assert everything(town.office.database) == before
    return [(p.code, str(p.place or "")) for p in caught.value.problems]


# -- what an edit does ------------------------------------------------------------------------------------------------


def test_another_date_moves_the_deadline_and_tells_who_was_reminded(loaded: Town) -> None:
    loaded.ticks("2026-11-20 08:00")
    first = loaded.one(ONCE)
    change = PutTask("mot-lan", {"due": {"by": "10/12/2026"}})
    done = edit(loaded, change, at="2026-12-01 09:00")
    assert done.load.moved == (("ke-hoach/mot-lan/once", date(2026, 12, 15), date(2026, 12, 10)),)
    assert (done.revision, done.load.added, done.load.ended) == (2, (), ())
    moved = loaded.one(ONCE)
    assert (moved.id, moved.dates.last_day) == (first.id, date(2026, 12, 10))
    with loaded.office.database.read() as tx:
        (entry,) = [e for e in trail(tx, SLUG, exact=True) if e.action == "change"]
    assert (entry.actor, entry.detail["revision"]) == ("tester", 2)
    assert entry.detail["values"] == {"mot-lan": {"due": [{"by": "15/12/2026"}, {"by": "10/12/2026"}]}}


def test_dry_run_says_what_then_happens_and_writes_nothing(loaded: Town) -> None:
    loaded.ticks("2026-11-30 08:00")  # T-15 of the one on 15/12
    before = everything(loaded.office.database)
    change = PutTask("mot-lan", {"owed_by": ["cac-xa"], "due": {"by": "18/12/2026"}})
    told = edit(loaded, change, at="2026-12-01 09:00", dry_run=True)
    assert everything(loaded.office.database) == before
    done = edit(loaded, change, at="2026-12-01 09:00")
    assert done == told
    assert (done.load.obligations_added, done.load.obligations_cancelled) == (3, 1)
    assert Announced("Chuyên viên Sở Y tế", AN, News.CANCELLED, 1) in done.report.told
    assert done.load.mails != done.mails_before


def test_new_task_stands_under_its_heading_and_is_owed(loaded: Town) -> None:
    edit(loaded, PutTask("cong-viec", {"section": "Quý IV"}))
    fields = {
        "title": "Báo cáo nhanh",
        "kind": "report",
        "section": "Quý IV",
        "owed_by": ["so-y-te"],
        "due": {"monthly": {"before": 25}},
    }
    new = PutTask("bao-cao-nhanh", fields, new=True)
    done = edit(loaded, new, 2)
    assert [name for name, _, _ in done.load.added][:2] == [f"{SLUG}/bao-cao-nhanh/2026-{m}" for m in ("11", "12")]
    assert [t.slug for t in done.plan.tasks][-2:] == ["cong-viec", "bao-cao-nhanh"]
    assert edit(loaded, new, 2).empty  # sent twice
    assert problems_of(loaded, replace(new, fields={"title": "Khác"}), revision=3) == [("edit.task_exists", "id")]


def test_cancelled_task_needs_a_reason_and_is_told(loaded: Town) -> None:
    loaded.ticks("2026-11-30 08:00")
    assert problems_of(loaded, DropTask("mot-lan")) == [("edit.reason", "")]
    done = edit(loaded, DropTask("mot-lan"), at="2026-12-01 09:00", reason="Đã có báo cáo chung")
    assert done.load.ended == (("ke-hoach/mot-lan/once", date(2026, 12, 15), 1),)
    assert Announced("Chuyên viên Sở Y tế", AN, News.CANCELLED, 1) in done.report.told
    with loaded.office.database.read() as tx:
        assert [o.state for o in of_deadline(tx, ONCE)] == [State.CANCELLED]
        assert trail(tx, SLUG, exact=True)[0].reason == "Đã có báo cáo chung"
    assert edit(loaded, DropTask("mot-lan"), at="2026-12-01 09:05", reason="Đã có báo cáo chung").empty


def test_periods_keep_their_obligations_when_the_rule_moves(loaded: Town) -> None:
    before = loaded.one(YEARLY)
    done = edit(loaded, PutTask("bao-cao-nam", {"due": {"yearly": {"by": "20/12"}}}))
    after = loaded.one(YEARLY)
    assert (after.id, after.dates.last_day) == (before.id, date(2026, 12, 20))
    assert (done.load.obligations_added, done.load.obligations_cancelled) == (0, 0)


def test_end_of_the_plan_cancels_what_lies_behind_it(loaded: Town) -> None:
    done = edit(loaded, PutHead({"until": "10/12/2026", "number": "88/KH-UBND"}))
    assert done.load.difference.fields == (("number", "", "88/KH-UBND"), ("until", "", "2026-12-10"))
    assert [name for name, _, _ in done.load.ended] == [
        f"{SLUG}/{rest}" for rest in ("mot-lan/once", "cong-viec/once", "bao-cao-nam/2027")
    ]
    done = edit(loaded, PutHead({"until": None}), 2)  # and takes it back, which a file does by `--replace` alone
    assert done.load.difference.fields == (("until", "2026-12-10", ""),)
    with loaded.office.database.read() as tx:
        assert not any(f.cancelled for f in deadline_facts(tx))


def test_faults_stand_at_their_fields(loaded: Town) -> None:
    wrong = {"title": "", "owed_by": ["so-y-tee"], "due": {"yearly": {"before": "31/02"}}, "policy": "la"}
    assert problems_of(loaded, PutTask("mot-lan", wrong)) == [
        ("key.missing", "title"),
        ("value.date_impossible", "due"),
        ("unknown.reference.nearest", "owed_by"),
        ("policy.unknown_name", "policy"),
    ]
    assert problems_of(loaded, PutTask("khong-co", {"title": "x"})) == [("edit.task_gone", "")]
    assert problems_of(loaded, PutHead({"coordinator": "so-noi"})) == [("unknown.unit.nearest", "coordinator")]
    assert problems_of(loaded, PutHead({"until": "31/02/2027"})) == [("value.date_impossible", "until")]
    assert problems_of(loaded, PutHead({"issued": "05/12"})) == [("value.date_without_year", "issued")]


def test_task_that_another_collects_is_not_cancelled_unseen(loaded: Town) -> None:
    edit(loaded, PutTask("cong-viec", {"kind": "report", "collects": ["mot-lan"]}))
    found = problems_of(loaded, DropTask("mot-lan"), revision=2, reason="Thừa")
    assert found == [("task.unknown", "tasks/cong-viec")]


# -- two who edit at once ---------------------------------------------------------------------------------------------


def conflict(town: Town, what: Edit, revision: int = 1, **options: Any) -> EditConflict:
    before = everything(town.office.database)
    with pytest.raises(EditConflict) as caught:
        edit(town, what, revision, **options)
    assert everything(town.office.database) == before
    assert caught.value.problems[0].code == "edit.conflict"
    return caught.value


def test_who_comes_second_is_shown_what_changed_and_saves_on_top(loaded: Town) -> None:
    edit(loaded, PutTask("mot-lan", {"title": "Tên mới", "due": {"by": "12/12/2026"}}), reason="Công văn 15")
    mine = PutTask("mot-lan", {"title": "Việc mot-lan", "due": {"by": "11/12/2026"}, "note": "Gửi kèm biểu"})
    found = conflict(loaded, mine)
    assert found.clashes == (
        Clash("title", "Việc mot-lan", "Tên mới", "Việc mot-lan"),
        Clash("due", {"by": "15/12/2026"}, {"by": "12/12/2026"}, {"by": "11/12/2026"}),
        Clash("note", None, None, "Gửi kèm biểu"),
    )
    assert [c.both for c in found.clashes] == [False, True, False]
    assert [(s.entry.actor, s.entry.reason, s.change.revision) for s in found.since] == [("tester", "Công văn 15", 2)]
    saved = edit(loaded, replace(mine, fields=found.merged), found.revision)
    kept = saved.plan.task("mot-lan")
    assert kept is not None
    assert (kept.title, kept.note, saved.load.moved[0][2]) == ("Tên mới", "Gửi kèm biểu", date(2026, 12, 11))


def test_change_elsewhere_in_the_plan_is_a_conflict_too(loaded: Town) -> None:
    edit(loaded, PutHead({"title": "Tên khác"}))
    edit(loaded, PutTask("bao-cao-nam", {"to": None}), 2)
    found = conflict(loaded, PutTask("mot-lan", {"title": "Của tôi"}))
    assert [c.field for c in found.clashes] == ["title"]
    first, second = (s.change for s in found.since)
    assert first.fields == (("title", "Kế hoạch ke-hoach", "Tên khác"),)
    assert second.tasks == {"bao-cao-nam": {"to": ("ubnd", None)}}
    assert conflict(loaded, PutHead({"title": "Của tôi"})).clashes == (
        Clash("title", "Kế hoạch ke-hoach", "Tên khác", "Của tôi"),
    )


def test_task_cancelled_by_the_other_can_be_put_back(loaded: Town) -> None:
    edit(loaded, DropTask("mot-lan"), reason="Thừa")
    found = conflict(loaded, PutTask("mot-lan", {"title": "Của tôi"}))
    assert (found.gone, found.merged["title"], found.merged["due"]) == (True, "Của tôi", {"by": "15/12/2026"})
    edit(loaded, PutTask("mot-lan", found.merged, new=True), found.revision)
    assert loaded.one(ONCE).state is State.OPEN


def test_of_two_writers_at_once_one_saves(loaded: Town) -> None:
    start = Barrier(2)

    def save(title: str) -> str:
        start.wait()
        try:
            edit(loaded, PutTask("mot-lan", {"title": title}))
        except EditConflict as caught:
            return str(caught.clashes[0].theirs)
        return title

    with ThreadPoolExecutor(2) as pool:
        said = [f.result() for f in [pool.submit(save, "Một"), pool.submit(save, "Hai")]]
    assert said in (["Một", "Một"], ["Hai", "Hai"])
    with loaded.office.database.read() as tx:
        assert begin_edit(tx, SLUG).revision == 2
        assert len(changes_since(tx, SLUG, 1)) == 1


def test_file_loaded_meanwhile_is_told_too(loaded: Town) -> None:
    load_text(loaded.office, local("2026-11-10 09:00"), PLAN.replace("Việc mot-lan", "Theo tệp"))
    found = conflict(loaded, PutTask("mot-lan", {"title": "Của tôi"}))
    assert (found.clashes[0].theirs, found.since[0].entry.actor) == ("Theo tệp", "test")


# -- an edit is the load of the file with the same edit ---------------------------------------------------------------


def test_edit_leaves_what_loading_the_edited_file_leaves(
    sqlite_town: Town, tmp_path: Path, calendar: WorkingCalendar, sqlite_template: Path
) -> None:
    (tmp_path / "twin.db").write_bytes(sqlite_template.read_bytes())
    twin = make_office(Database(f"sqlite:///{tmp_path / 'twin.db'}"), calendar)
    for office in (sqlite_town.office, twin):
        load_text(office, NINE, UNITS, PLAN)
    change = PutTask("bao-cao-nam", {"due": {"half_yearly": {"before": ["20/06", "10/12"]}}, "with": ["xa-a"]})
    edit(sqlite_town, change)
    load_edited(twin, change)
    assert everything(sqlite_town.office.database, ["marks"]) == everything(twin.database, ["marks"])
    twin.database.close()


def load_edited(office: Office, what: Edit, *, dry_run: bool = False, reason: str | None = None) -> LoadReport:
    """What the plan file says once the same is edited in it."""
    with office.database.read() as tx:
        before = begin_edit(tx, SLUG).plan
    after = edited(before, what).plan
    assert after is not None
    file = read_plan("ke-hoach.yaml", plan_yaml(after))
    return load(office, act("2026-11-24 09:00", reason), [], [file], dry_run=dry_run, replace_newer=True)


DUES = st.sampled_from(
    [
        {"by": "20/11/2026"},
        {"before": "05/12/2026", "time": "16:30"},
        {"weekly": {"by": "thứ Năm"}},
        {"monthly": {"before": 25}},
        {"quarterly": {"by": "last", "of": "following_month"}},
        {"yearly": {"by": ["20/06", "20/12"]}},
        {"within": {"quarter": 4, "year": 2026}},
        {"from": "01/11/2026", "to": "30/11/2026"},
        {"after": {"event": "hop", "days": 10}},
        None,
    ]
)
NAMES = st.sampled_from(["so-y-te", "cac-xa", "moi-don-vi", "phuong-d"])
TASKS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Tên: khác", "'Nháy' #1", "Báo cáo"]),
        "kind": st.sampled_from(["report", "work", "milestone"]),
        "owed_by": st.lists(NAMES, min_size=1, max_size=2, unique=True),
        "with": st.lists(NAMES, max_size=2, unique=True),
        "due": DUES,
        "late": st.sampled_from(["strict", None]),
        "source": st.sampled_from([{"line": 3, "quote": "trước ngày 05/12"}, None]),
        "section": st.sampled_from(["Quý I", None]),
    },
)
EDITS = st.one_of(
    st.builds(PutTask, st.sampled_from(["bao-cao-nam", "mot-lan", "cong-viec"]), TASKS),
    st.builds(lambda f: PutTask("viec-moi", {"title": "Mới", **f}, new=True), TASKS),
    st.builds(DropTask, st.sampled_from(["bao-cao-nam", "mot-lan"])),
    st.builds(
        PutHead,
        st.fixed_dictionaries({}, optional={"title": st.just("Khác"), "until": st.sampled_from(["31/12/2026", None])}),
    ),
)


@pytest.fixture
def base(sqlite_town: Town) -> Town:
    load_text(sqlite_town.office, NINE, UNITS, PLAN)
    sqlite_town.ticks("2026-11-20 08:00")
    return sqlite_town


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(what=EDITS)
def test_consequences_are_those_of_loading_the_edited_file(base: Town, what: Edit) -> None:
    mine = edit(base, what, reason="Vì thế", dry_run=True)
    theirs = load_edited(base.office, what, reason="Vì thế", dry_run=True)
    assert (mine.report.plans, mine.report.told) == (theirs.plans, theirs.told)


def test_slug_of_a_title_is_one_that_nobody_has() -> None:
    assert free_slug("Báo cáo quý IV", ()) == "bao-cao-quy-iv"
    assert free_slug("Báo cáo", {"bao-cao", "bao-cao-2"}) == "bao-cao-3"
    assert free_slug("…", ()) == "nhiem-vu"
    assert len(free_slug("Báo cáo " * 40, ())) <= 80


def test_unknown_plan_is_told(sqlite_town: Town) -> None:
    with pytest.raises(UserError) as caught:
        edit(sqlite_town, PutHead({"title": "x"}))
    assert caught.value.problems == (Problem("plan.unknown", {"plan": SLUG, "known": "–"}),)
