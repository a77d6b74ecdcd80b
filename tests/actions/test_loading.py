from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select

from actions.adjusting import extend
from actions.daily import refresh_day
from actions.loading import load
from actions.receiving import Receipt, send_back, submit
from actions.reconciling import extend_horizon
from plans.audiences import UNDETERMINED
from plans.deadlines import DeadlineKey
from plans.files.documents import read_documents
from plans.obligations import Obligation
from plans.problems import UserError
from plans.status import State
from store.deadlines import deadline_facts, deadline_keys
from store.marks import trail
from store.obligations import of_deadline, of_plan
from store.plans import read_plan
from store.schema import deadlines, obligations, plans, tasks, units
from store.units import read_roster
from tests.actions.province import (
    AN,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Town,
    act,
    everything,
    once,
    plan,
    task,
    yearly,
)
from tests.conftest import load_sample, load_text, local

OCTOBER = local("2026-10-01 09:00")
ALL = "[moi-don-vi]"


def obligations_of(town: Town, key: DeadlineKey | None = YEARLY) -> list[Obligation]:
    assert key is not None
    with town.office.database.read() as tx:
        return of_deadline(tx, key)


def states(town: Town, key: DeadlineKey | None = YEARLY) -> dict[str, str]:
    return {o.unit: o.state.value for o in obligations_of(town, key)}


def key(text: str) -> DeadlineKey:
    found = DeadlineKey.parse(text)
    assert found is not None
    return found


def audited(town: Town) -> list[tuple[str, str]]:
    with town.office.database.read() as tx:
        return [(e.action, e.subject) for e in reversed(trail(tx))]


# -- the first time, and again ----------------------------------------------------------------------------------------


def test_first_load_makes_deadlines_and_obligations(town: Town) -> None:
    report = load_text(town.office, OCTOBER, UNITS, plan(yearly(ALL)))
    (done,) = report.plans
    assert (done.plan, done.new, done.track_from) == ("ke-hoach", True, date(2026, 10, 1))
    assert (done.deadlines_added, done.obligations_added, done.obligations_cancelled) == (4, 20, 0)
    with town.office.database.read() as tx:
        assert deadline_keys(tx) == [f"ke-hoach/bao-cao-nam/{y}" for y in (2024, 2025, 2026, 2027)]
        tracked = {f.key.period.key: f.tracked for f in deadline_facts(tx)}
    assert tracked == {"2024": False, "2025": False, "2026": True, "2027": True}
    assert audited(town) == [("load_units", "units"), ("load", "ke-hoach")]
    assert report.roster.added == ("ubnd", "so-noi-vu", "so-y-te", "xa-a", "xa-b", "xa-c", "phuong-d")


def statements(town: Town, tasks: int) -> int:
    """How many statements the daily expansion of a plan of so many tasks takes, when nothing is new."""
    load_text(town.office, OCTOBER, UNITS, plan(*[task(f"viec-{n}", "{by: 20/11/2026}") for n in range(tasks)]))
    asked: list[str] = []
    with town.office.database.write() as tx:
        event.listen(tx, "before_cursor_execute", lambda _c, _cursor, statement, *_: asked.append(statement))
        assert extend_horizon(tx, town.office, act("2026-10-01 09:00")).deadlines_added == 0
    return len(asked)


def test_expanding_again_asks_no_more_for_more_tasks(sqlite_town: Town) -> None:
    assert statements(sqlite_town, 30) == statements(sqlite_town, 3)


def test_audience_leaves_out_coordinator_receiver_and_go_between(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly(ALL, to="xa-a", via="xa-b")))
    assert list(states(town)) == ["phuong-d", "so-y-te", "xa-c"]


def test_audience_keeps_the_coordinator_that_is_named(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly("[cac-xa, so-noi-vu]", to="xa-a", via="xa-b")))
    assert list(states(town)) == ["so-noi-vu", "xa-c"]


def test_same_load_again_changes_nothing(town: Town) -> None:
    texts = (UNITS, plan(yearly(ALL, with_="[ubnd]"), once("{by: 15/11/2026}", title="Một lần")))
    load_text(town.office, OCTOBER, *texts)
    before = everything(town.office.database)
    report = load_text(town.office, OCTOBER + timedelta(hours=1), *texts)
    assert report.empty
    assert everything(town.office.database) == before


def test_same_sample_again_changes_nothing(town: Town) -> None:
    names = ("dien-bien-88-2026", "dien-bien-2458", "dien-bien-88-2020")
    load_sample(town.office, OCTOBER, *names)
    before = everything(town.office.database)
    assert load_sample(town.office, OCTOBER, *names).empty
    assert everything(town.office.database) == before


def test_dry_run_says_what_the_real_thing_does_and_writes_nothing(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(), once("{by: 15/11/2026}")))
    before = everything(town.office.database)
    texts = (UNITS, plan(yearly(ALL, due="{yearly: {by: 20/12}}"), task("moi", "{by: 20/11/2026}")))
    told = load_text(town.office, OCTOBER, *texts, dry_run=True)
    assert everything(town.office.database) == before
    done = load_text(town.office, OCTOBER, *texts)
    assert told == done
    assert not done.empty


# -- what changes -----------------------------------------------------------------------------------------------------


def test_changed_title_changes_the_task_alone(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(), once("{by: 15/11/2026}")))
    before = everything(town.office.database, ["plans", "tasks", "audit", "events", "feeds", "stage_moments"])
    report = load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(title="Báo cáo mới"), once("{by: 15/11/2026}")))
    (done,) = report.plans
    assert [(c.new.slug, c.fields) for c in done.difference.changed] == [("bao-cao-nam", ("title",))]
    assert everything(town.office.database, ["plans", "tasks", "audit", "events", "feeds", "stage_moments"]) == before
    with town.office.database.read() as tx:
        assert {s: n for s, n in tx.execute(select(tasks.c.slug, tasks.c.revision))} == {
            "bao-cao-nam": 2,
            "mot-lan": 1,
        }
        assert tx.scalar(select(plans.c.revision)) == 2
    assert town.one().title == "Báo cáo mới"
    assert audited(town)[-1] == ("change", "ke-hoach")


def test_changed_title_announces_nothing_again(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    report = load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(yearly(title="Báo cáo mới")))
    assert (date(2026, 11, 20), 1) not in report.plans[0].mails
    assert report.plans[0].mails[0] == (date(2026, 12, 1), 1)
    town.tick("2026-11-20 10:00")
    assert [at for at, *_ in town.sent(AN)] == ["2026-11-19 08:00"]


def test_changed_date_moves_the_deadline_and_its_reminders(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    number = town.one().id
    report = load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(due="{yearly: {by: 18/12}}")))
    moved = [(name, str(a), str(b)) for name, a, b in report.plans[0].moved]
    assert moved[2] == ("ke-hoach/bao-cao-nam/2026", "2026-12-04", "2026-12-18")
    assert len(moved) == 4
    assert (town.one().id, town.one().dates.last_day) == (number, date(2026, 12, 18))
    for day in ("11-19", "12-01", "12-03", "12-04", "12-15", "12-18"):
        town.tick(f"2026-{day} 08:00")
    assert [at for at, *_ in town.sent(AN)] == ["2026-12-03 08:00", "2026-12-15 08:00", "2026-12-18 08:00"]
    assert ("move", "ke-hoach/bao-cao-nam/2026") in audited(town)


def test_date_changed_to_an_earlier_stage_is_told_at_once(town: Town) -> None:
    """T-15 of the new date lies before the T-3wd that was sent for the old one."""
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.ticks("2026-11-19 08:00", "2026-12-01 08:00")
    load_text(town.office, local("2026-12-02 09:00"), TWO_UNITS, plan(yearly(due="{yearly: {before: 12/12}}")))
    town.walk("2026-12-02", "2026-12-11", "10:00")
    assert [(at, stages) for at, _, _, stages in town.sent(AN)] == [
        ("2026-11-19 08:00", ["T-15"]),
        ("2026-12-01 08:00", ["T-3wd"]),
        ("2026-12-02 10:00", ["T-15", "n-moved"]),
        ("2026-12-08 10:00", ["T-3wd"]),
        ("2026-12-11 10:00", ["T0"]),
    ]


def test_corrected_date_corrects_the_verdicts_that_rest_on_it(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly("[cac-xa]")))
    year = key(str(YEARLY))
    submit(town.office, act("2026-12-10 09:00"), year, ["xa-a"], Receipt(date(2026, 12, 10)))
    submit(town.office, act("2026-12-10 09:00"), year, ["xa-b"], Receipt(date(2026, 12, 4)))
    extend(town.office, act("2026-12-10 09:00"), year, ["xa-c"], date(2026, 12, 9))
    submit(town.office, act("2026-12-10 09:00"), year, ["xa-c"], Receipt(date(2026, 12, 10)))
    assert [town.one(year, u).late for u in ("xa-a", "xa-b", "xa-c")] == [True, False, True]
    load_text(town.office, local("2026-12-11 09:00"), UNITS, plan(yearly("[cac-xa]", "{yearly: {by: 10/12}}")))
    assert [town.one(year, u).late for u in ("xa-a", "xa-b", "xa-c")] == [False, False, False]
    assert [s for a, s in audited(town) if a == "judge"] == [
        "ke-hoach/bao-cao-nam/2026/xa-a",
        "ke-hoach/bao-cao-nam/2026/xa-c",
    ]


def test_date_changed_to_and_fro_repeats_nothing(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(yearly(due="{yearly: {by: 18/12}}")))
    town.tick("2026-11-20 10:00")
    load_text(town.office, local("2026-11-23 09:00"), TWO_UNITS, plan(yearly()))
    town.ticks("2026-11-23 10:00", "2026-12-01 10:00")
    assert [at for at, *_ in town.sent(AN)] == ["2026-11-19 08:00", "2026-12-01 10:00"]


def test_removed_task_cancels_what_is_open_and_keeps_history(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly(ALL), once("{by: 15/11/2026}")))
    submit(town.office, act("2026-10-02 09:00"), key(str(YEARLY)), ["xa-a"], Receipt(date(2026, 10, 2)))
    report = load_text(town.office, local("2026-10-05 09:00"), UNITS, plan(once("{by: 15/11/2026}")))
    assert report.plans[0].obligations_cancelled == 19  # five units in four years, but for the one that has sent
    assert Counter(states(town).values()) == {"cancelled": 4, "accepted": 1}
    with town.office.database.read() as tx:
        stored = read_plan(tx, "ke-hoach")
        assert stored is not None
        assert [t.slug for t in stored.plan.tasks] == ["mot-lan"]
        assert all(f.cancelled for f in deadline_facts(tx) if f.key.task == "bao-cao-nam")
    town.ticks("2026-11-19 08:00", "2026-12-01 08:00", "2026-12-04 08:00", "2026-12-07 14:00")
    assert {i.deadline for m in town.log("sent") for i in m.items if i.state == "sent"} == {"ke-hoach/mot-lan/once"}


def test_task_that_comes_back_is_the_same_and_is_reminded_of(town: Town) -> None:
    both = plan(yearly(), once("{by: 15/11/2027}"))
    load_text(town.office, OCTOBER, TWO_UNITS, both)
    number = town.one().id
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(once("{by: 15/11/2027}")))
    report = load_text(town.office, local("2026-12-02 09:00"), TWO_UNITS, both)
    assert report.plans[0].obligations_added == 4
    assert (town.one().id, town.one().state) == (number, State.OPEN)
    town.walk("2026-12-02", "2026-12-04", "10:00")
    assert [(at, s) for at, _, _, s in town.sent(AN)] == [
        ("2026-11-19 08:00", ["T-15", "n-new"]),  # of the other task
        ("2026-12-02 10:00", ["T-3wd"]),
        ("2026-12-04 10:00", ["T0"]),
    ]


def test_extended_obligation_of_a_task_that_comes_back_keeps_its_reminders(town: Town) -> None:
    both = plan(yearly(), once("{by: 30/11/2027}"))
    load_text(town.office, OCTOBER, TWO_UNITS, both)
    extend(town.office, act("2026-10-02 09:00"), key(str(YEARLY)), ["so-y-te"], date(2026, 12, 18))
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(once("{by: 30/11/2027}")))
    town.tick("2026-12-03 08:00")  # T-15 of the later date comes while there is no task
    assert town.sent(AN) == []
    load_text(town.office, local("2026-12-03 09:00"), TWO_UNITS, both)
    town.tick("2026-12-03 10:00")
    assert town.sent(AN) == [("2026-12-03 10:00", AN, "digest", ["T-15", "n-new"])]


def test_unit_new_in_an_audience_gets_the_latest_past_stage(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly(ALL)))
    town.ticks("2026-11-19 08:00", "2026-12-01 08:00")
    more = "  - {id: xa-moi, name: Xã mới, kind: xa, mailbox: vt@xa-moi.example, from: 01/12/2026}\n"
    units = UNITS.replace("audiences:", f"{more}audiences:")
    report = load_text(town.office, local("2026-12-02 09:00"), units)
    assert [(p.plan, p.obligations_added, p.difference.empty) for p in report.plans] == [("ke-hoach", 2, True)]
    town.walk("2026-12-02", "2026-12-04", "10:00")
    assert [(at, s) for at, _, _, s in town.sent("vt@xa-moi.example")] == [
        ("2026-12-02 10:00", ["T-3wd"]),
        ("2026-12-04 10:00", ["T0"]),
    ]
    assert [at for at, *_ in town.sent(AN)] == ["2026-11-19 08:00", "2026-12-01 08:00", "2026-12-04 10:00"]


def test_unit_that_comes_back_completes_what_was_sent_back_to_it(town: Town) -> None:
    """What leaving an audience closed comes back as it was: to be completed, by the day asked for, for its reason."""
    both, other = plan(yearly("[so-y-te, ubnd]", to="so-noi-vu")), plan(yearly("[ubnd]", to="so-noi-vu"))
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, both)
    submit(town.office, act("2026-11-20 09:00"), YEARLY, ["so-y-te"], Receipt(date(2026, 11, 20)), by_unit=True)
    send_back(town.office, act("2026-11-23 09:00", "thiếu phụ lục"), YEARLY, ["so-y-te"], date(2026, 12, 1))
    found = []
    for at, text in (("2026-11-24 09:00", other), ("2026-11-24 10:00", both)):
        load_text(town.office, local(at), text)
        o = town.one()
        found.append((o.state.value, o.reason, o.dates.last_day))
    last = date(2026, 12, 1)
    assert found == [("cancelled", "not_addressed", last), ("returned", "thiếu phụ lục", last)]


def test_unit_that_ends_owes_what_was_due_before(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly(ALL), once("{by: 15/11/2026}", ALL)))
    ended = UNITS.replace("id: phuong-d,", "id: phuong-d, until: 30/11/2026,")
    load_text(town.office, local("2026-11-20 09:00"), ended)
    assert states(town)["phuong-d"] == "open", "until its last day"
    refresh_day(town.office, local("2026-12-01 00:05"))
    assert states(town)["phuong-d"] == "cancelled"
    assert states(town, key("ke-hoach/mot-lan/once"))["phuong-d"] == "cancelled"
    assert states(town, key("ke-hoach/bao-cao-nam/2025"))["phuong-d"] == "open"
    load_text(town.office, local("2026-12-01 09:00"), UNITS)  # it was a mistake
    assert states(town)["phuong-d"] == "open"
    assert states(town, key("ke-hoach/mot-lan/once"))["phuong-d"] == "open"


def test_unit_that_leaves_an_audience_after_the_last_day_goes_on_owing(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(once("{by: 15/11/2026}", ALL)))
    without = UNITS.replace("kinds: [so, xa, phuong]", "kinds: [so, xa]")
    load_text(town.office, local("2026-11-18 09:00"), without)
    assert states(town, key("ke-hoach/mot-lan/once"))["phuong-d"] == "open"


def test_unit_new_in_an_audience_after_the_last_day_owes_nothing_of_it(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(once("{by: 15/11/2026}", "[cac-xa]")))
    wider = UNITS.replace("name: Các xã, kinds: [xa]", "name: Các xã, kinds: [xa, phuong]")
    load_text(town.office, local("2026-11-17 09:00"), wider)
    assert list(states(town, key("ke-hoach/mot-lan/once"))) == ["xa-a", "xa-b", "xa-c"]


def test_officer_who_takes_over_is_told_of_the_latest_stage(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly(ALL)))
    town.ticks("2026-11-19 08:00", "2026-12-01 08:00")
    load_text(town.office, local("2026-12-02 09:00"), UNITS.replace(AN, "moi@syt.example"))
    town.tick("2026-12-02 10:00")
    assert [m for m in town.sent() if m[0] == "2026-12-02 10:00"] == [
        ("2026-12-02 10:00", AN, "digest", ["n-given"]),
        ("2026-12-02 10:00", "moi@syt.example", "digest", ["T-3wd", "n-taken"]),
    ]


def test_changed_officer_changes_no_other_unit(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly(ALL)))
    load_text(town.office, OCTOBER, UNITS.replace(AN, "moi@syt.example"))
    with town.office.database.read() as tx:
        revisions = {slug: n for slug, n in tx.execute(select(units.c.slug, units.c.revision))}
        assert tx.scalar(select(plans.c.revision)) == 1
    assert revisions == {s: 2 if s == "so-y-te" else 1 for s in revisions}


def test_file_without_audiences_leaves_them_alone(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly(ALL)))
    load_text(town.office, OCTOBER, "units: [{id: xa-a, name: Xã A sáp nhập, kind: xa, mailbox: vt@xa-a.example}]")
    with town.office.database.read() as tx:
        roster = read_roster(tx)
    assert (list(roster.audiences), len(roster.units)) == (["moi-don-vi", "cac-xa"], 7)
    assert roster.units["xa-a"].name == "Xã A sáp nhập"


# -- since when it is tracked -----------------------------------------------------------------------------------------


def tracked_years(town: Town) -> list[str]:
    with town.office.database.read() as tx:
        return [o.key.period.key for o in of_plan(tx, "ke-hoach") if o.tracked]


def test_tracking_starts_on_the_day_of_the_first_load(town: Town) -> None:
    load_text(town.office, local("2026-12-04 09:00"), TWO_UNITS, plan(yearly()))
    assert tracked_years(town) == ["2026", "2027"]  # 04/12 is the last day, not yet over
    load_text(town.office, local("2026-12-05 09:00"), TWO_UNITS, plan(yearly(title="Khác")))
    assert tracked_years(town) == ["2026", "2027"]


def test_tracking_starts_after_a_last_day_that_is_over(town: Town) -> None:
    load_text(town.office, local("2026-12-05 09:00"), TWO_UNITS, plan(yearly()))
    assert tracked_years(town) == ["2027"]


def test_tracking_from_a_given_day(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()), track_from=date(2024, 12, 4))
    assert tracked_years(town) == ["2024", "2025", "2026", "2027"]


def test_tracking_from_an_earlier_day_later_on(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    report = load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()), track_from=date(2025, 1, 1))
    assert report.plans[0].track_from == date(2025, 1, 1)
    assert tracked_years(town) == ["2025", "2026", "2027"]
    town.ticks("2026-10-01 10:00", "2026-10-01 14:00")
    assert town.sent(AN) == [("2026-10-01 14:00", AN, "digest", ["T+8wd", "n-new"])]
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(title="Khác")))  # without a word of it, it stays
    assert tracked_years(town) == ["2025", "2026", "2027"]


def test_tracking_from_a_later_day_ends_it_for_what_was_before(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()), track_from=date(2021, 1, 1))
    assert tracked_years(town) == ["2021", "2022", "2023", "2024", "2025", "2026", "2027"]
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()), track_from=date(2026, 1, 1))
    assert tracked_years(town) == ["2026", "2027"]
    with town.office.database.read() as tx:
        assert {s for s in tx.scalars(select(obligations.c.state))} == {"open"}
        assert {c for c in tx.scalars(select(deadlines.c.cancelled_at))} == {None}
    town.tick("2026-10-01 10:00")
    assert town.sent(AN) == []


# -- what is refused --------------------------------------------------------------------------------------------------


def test_older_revision_is_refused_with_what_it_would_undo(town: Town) -> None:
    old = plan(yearly(), once("{by: 15/11/2026}"), revision="1")
    load_text(town.office, OCTOBER, TWO_UNITS, old)
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(title="Khác"), task("moi", "{by: 20/11/2026}")))
    before = everything(town.office.database)
    with pytest.raises(UserError) as caught:
        load_text(town.office, OCTOBER, TWO_UNITS, old)
    (problem,) = caught.value.problems
    assert problem.code == "load.older_revision"
    assert problem.params == {"plan": "ke-hoach", "revision": 1, "stored": 2, "tasks": "mot-lan, bao-cao-nam, moi"}
    assert problem.place is not None
    assert everything(town.office.database) == before
    report = load_text(town.office, OCTOBER, TWO_UNITS, old, replace_newer=True)
    assert not report.empty
    assert town.one().title == "Việc bao-cao-nam"


def test_older_revision_without_a_difference_is_taken(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(title="Khác")))
    assert load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(title="Khác"), revision="1")).empty


def test_unknown_references_are_all_told_and_nothing_is_written(town: Town) -> None:
    before = everything(town.office.database)
    documents = read_documents(
        [
            ("units.yaml", TWO_UNITS.encode()),
            ("plan.yaml", plan(yearly("[khong-co]", to="khong-ai")).encode()),
        ]
    )
    with pytest.raises(UserError) as caught:
        load(town.office, act("2026-10-01 09:00"), documents.rosters, documents.plans)
    assert len(caught.value.problems) == 2
    assert everything(town.office.database) == before


def test_undetermined_units_are_warned_of_and_owe_nothing(town: Town) -> None:
    report = load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(f'["{UNDETERMINED}"]')))
    assert len(report.warnings) == 1
    assert obligations_of(town) == []


# -- forecast ---------------------------------------------------------------------------------------------------------


def test_load_tells_how_many_mails_leave_on_which_day(town: Town) -> None:
    report = load_text(town.office, OCTOBER, UNITS, plan(yearly(ALL, due="{before: 05/12/2026}")))
    # Four addresses: two of Sở Y tế, one of three communes, one of Phường D; two heads; the coordinator's list.
    assert report.plans[0].mails == (
        (date(2026, 11, 19), 4),
        (date(2026, 12, 1), 4),
        (date(2026, 12, 4), 6),
        (date(2026, 12, 7), 5),
        (date(2026, 12, 9), 6),
        (date(2026, 12, 16), 6),
    )
    for day in ("11-19", "12-01", "12-02", "12-04", "12-07", "12-09", "12-16", "12-17"):
        town.ticks(f"2026-{day} 08:00", f"2026-{day} 14:00")
    ticked = Counter(at[:10] for at, _, kind, _ in town.sent() if kind != "monday")
    assert tuple((date.fromisoformat(d), n) for d, n in sorted(ticked.items())) == report.plans[0].mails


def test_load_tells_that_past_stages_leave_at_the_next_working_moment(town: Town) -> None:
    saturday = local("2026-11-28 09:00")
    report = load_text(town.office, saturday, TWO_UNITS, plan(once("{before: 05/12/2026}")))
    assert report.plans[0].mails[0] == (date(2026, 11, 30), 1)
