"""Policies loaded into an office: who is told when, what moves, and what is not told twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from actions.adjusting import extend
from actions.loading import LoadReport
from actions.policies import PolicyChange, PolicyLoad
from actions.receiving import Receipt, send_back, submit
from plans.policies import PROGRAMS, QuietDays
from plans.problems import UserError
from plans.rules import MonthDay
from store.policies import read_policies
from store.schema import audit, obligations, units
from tests.actions.province import (
    AN,
    CHI,
    COORDINATOR,
    HEAD,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Town,
    act,
    everything,
    once,
    plan,
    yearly,
)
from tests.conftest import load_text, local

assert YEARLY is not None

SHORT = """
policies:
  - id: report
    stages:
      - {at: T-2wd}
      - {at: T0}
      - {at: T+1wd, to: coordinator, list: true}
      - {at: T+2wd}
"""
COMMUNES = """
policies:
  - id: report
    stages: [{at: T-3wd}, {at: T0}]
    for:
      - audience: cac-xa
        stages: [{at: T-10wd}, {at: T-1wd, time: 10:00}]
"""
QUIET = "quiet: [04/12]\n"
PHUONG = "vanthu@phuong-d.example"


def settle(town: Town, *files: str, at: str = "2026-10-01 09:00", units: str = TWO_UNITS) -> LoadReport:
    return load_text(
        town.office, local(at), units, plan(yearly("[moi-don-vi]" if units is UNITS else "[so-y-te]")), *files
    )


def load(town: Town, at: str, *files: str, **options: object) -> LoadReport:
    return load_text(town.office, local(at), *files, **options)


def told(town: Town) -> list[tuple[str, str, list[str]]]:
    return [(at, who, stages) for at, who, kind, stages in town.sent() if kind != "monday"]


def test_policy_of_the_office_replaces_the_programs(town: Town) -> None:
    settle(town, SHORT)
    town.walk("2026-11-16", "2026-12-31")
    assert told(town) == [
        ("2026-12-02 08:00", AN, ["T-2wd"]),
        ("2026-12-04 08:00", AN, ["T0"]),
        ("2026-12-07 08:00", COORDINATOR, ["T+1wd-list"]),
        ("2026-12-08 14:00", AN, ["T+2wd"]),
    ]


def test_policy_loaded_later_moves_what_is_still_to_come(town: Town) -> None:
    settle(town)
    town.walk("2026-11-16", "2026-12-01")
    report = load(town, "2026-12-01 16:00", SHORT)
    # Of 2026 two stages have left: three mails to the officer and three to the head are dropped, two new. Of 2027 all
    # are still to come.
    assert report.policies == PolicyChange((PolicyLoad("report", False, 4, 1),), None, 6 + 8, 2 + 2)
    town.walk("2026-12-02", "2026-12-31")
    assert told(town) == [
        ("2026-11-19 08:00", AN, ["T-15"]),
        ("2026-12-01 08:00", AN, ["T-3wd"]),
        ("2026-12-02 08:00", AN, ["T-2wd"]),
        ("2026-12-04 08:00", AN, ["T0"]),
        ("2026-12-07 08:00", COORDINATOR, ["T+1wd-list"]),
        ("2026-12-08 14:00", AN, ["T+2wd"]),
    ]


def test_stage_that_was_told_is_not_told_again_at_another_hour(town: Town) -> None:
    settle(town)
    town.ticks("2026-11-19 08:00", "2026-12-01 08:00", "2026-12-04 08:00")
    load(town, "2026-12-04 09:00", "policies:\n  - id: report\n    stages: [{at: T-3wd}, {at: T0, time: 10:00}]\n")
    town.ticks("2026-12-04 10:00", "2026-12-04 14:00", "2026-12-07 14:00")
    assert [stages for _, _, stages in told(town)] == [["T-15"], ["T-3wd"], ["T0"]]


def test_stage_that_is_over_when_its_policy_comes_is_told_nobody(town: Town) -> None:
    settle(town)
    town.walk("2026-11-16", "2026-12-16")
    before = told(town)
    stages = "[{at: T-12wd}, {at: T0}, {at: T+1wd, to: coordinator, list: true}, {at: T+2wd}, {at: T+13wd}]"
    load(town, "2026-12-18 09:00", f"policies:\n  - id: report\n    stages: {stages}\n")
    town.walk("2026-12-18", "2026-12-31")
    assert told(town)[len(before) :] == [("2026-12-23 14:00", AN, ["T+13wd"])]


def test_list_comes_first_when_overdue_stages_are_added_to_what_is_late(town: Town) -> None:
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(once("{by: 04/12/2026}", kind="work")))
    town.walk("2026-11-16", "2026-12-08")
    before = told(town)
    stages = "[{at: T-3wd}, {at: T+1wd, to: coordinator, list: true}, {at: T+1wd}, {at: T+3wd}]"
    load(town, "2026-12-08 16:00", f"policies:\n  - id: work\n    stages: {stages}\n")
    town.walk("2026-12-09", "2026-12-31")
    assert told(town)[len(before) :] == [
        ("2026-12-09 08:00", COORDINATOR, ["T+1wd-list"]),
        ("2026-12-09 14:00", AN, ["T+3wd"]),
    ]


def test_units_of_an_audience_have_stages_of_their_own(town: Town) -> None:
    settle(town, COMMUNES, units=UNITS)
    town.walk("2026-11-16", "2026-12-04", "08:00", "10:00")
    assert [(at, stages) for at, who, stages in told(town) if who == PHUONG] == [
        ("2026-12-01 08:00", ["T-3wd"]),
        ("2026-12-04 08:00", ["T0"]),
    ]
    # Three communes, one mail.
    assert [(at, stages) for at, who, stages in told(town) if who == CHI] == [
        ("2026-11-19 08:00", ["T-10wd"] * 3),
        ("2026-12-03 10:00", ["T-1wd"] * 3),
    ]


def test_units_of_an_audience_loaded_later(town: Town) -> None:
    settle(town, units=UNITS)
    town.walk("2026-11-16", "2026-11-27")
    load(town, "2026-11-27 16:00", COMMUNES)
    town.walk("2026-11-28", "2026-12-04", "08:00", "10:00")
    assert [(at, stages) for at, who, stages in told(town) if who == CHI] == [
        ("2026-11-19 08:00", ["T-15"] * 3),
        ("2026-12-03 10:00", ["T-1wd"] * 3),
    ]


def test_extension_and_return_under_a_variant_are_reminded_of(town: Town) -> None:
    settle(town, COMMUNES, units=UNITS)
    town.walk("2026-11-16", "2026-11-19")
    extend(town.office, act("2026-11-20 09:00", "bão"), YEARLY, ["xa-a"], date(2026, 12, 18))
    submit(town.office, act("2026-11-20 09:00"), YEARLY, ["xa-b"], Receipt(date(2026, 11, 20)))
    send_back(town.office, act("2026-11-23 09:00", "thiếu biểu"), YEARLY, ["xa-b"], date(2026, 11, 30))
    town.walk("2026-11-23", "2026-11-30", "10:00")
    town.walk("2026-12-01", "2026-12-18", "08:00", "10:00", "14:00")
    stages = [
        (at, item.unit, item.stage)
        for m in sorted(town.log("sent"), key=lambda m: m.sent_at or m.at)
        if m.address == CHI and m.kind != "monday"
        for item in m.items
        for at in [f"{m.at:%d/%m}"]
        if item.unit != "xa-c" and not item.stage.startswith("n-")
    ]
    assert stages[2:] == [
        ("23/11", "xa-b", "R-now"),
        ("27/11", "xa-b", "R-1wd"),
        ("30/11", "xa-b", "R0"),
        ("01/12", "xa-b", "R+1wd"),
        ("04/12", "xa-a", "T-10wd"),
        ("17/12", "xa-a", "T-1wd"),
    ]


def test_extension_follows_a_policy_loaded_later(town: Town) -> None:
    settle(town)
    extend(town.office, act("2026-11-20 09:00", "bão"), YEARLY, ["so-y-te"], date(2026, 12, 18))
    load(town, "2026-11-20 10:00", SHORT)
    town.walk("2026-12-01", "2026-12-31")
    assert [(at, stages) for at, who, stages in told(town) if who == AN] == [
        ("2026-12-16 08:00", ["T-2wd"]),
        ("2026-12-18 08:00", ["T0"]),
        ("2026-12-22 14:00", ["T+2wd"]),
    ]


def test_task_that_names_another_policy_takes_its_extensions_along(town: Town) -> None:
    settle(town, SHORT.replace("report", "rieng"))
    extend(town.office, act("2026-11-20 09:00", "bão"), YEARLY, ["so-y-te"], date(2026, 12, 18))
    load(town, "2026-11-20 10:00", plan(yearly(policy="rieng")))
    town.walk("2026-12-01", "2026-12-18")
    assert [(at, stages) for at, who, stages in told(town) if who == AN] == [
        ("2026-12-16 08:00", ["T-2wd"]),
        ("2026-12-18 08:00", ["T0"]),
    ]


def test_quiet_days_of_the_office(town: Town) -> None:
    settle(town)
    report = load(town, "2026-11-20 09:00", QUIET)
    quiet = QuietDays(days=(MonthDay(12, 4),))
    assert (report.policies.policies, report.policies.quiet) == ((), quiet)
    # T0 of the officer and of the head are told on the day before.
    assert (report.policies.dropped, report.policies.added) == (2, 2)
    assert town.office.calendar.quiet == quiet
    town.walk("2026-11-20", "2026-12-07")
    assert told(town)[1:] == [
        ("2026-12-01 08:00", AN, ["T-3wd"]),
        ("2026-12-03 08:00", AN, ["T0"]),
        ("2026-12-03 14:00", HEAD, ["T0-head"]),
        ("2026-12-07 08:00", COORDINATOR, ["T+1wd-list"]),
        ("2026-12-07 14:00", AN, ["T+1wd"]),
    ]


def test_quiet_days_reach_every_process(town: Town) -> None:
    settle(town, QUIET)
    other = town.office.calendar.having(())
    assert other.is_quiet(date(2026, 12, 4))
    other.take((), None, QuietDays())
    office = replace(town.office, calendar=other)
    with office.database.read() as tx:
        office.follow_table(tx)
    assert other.is_quiet(date(2026, 12, 4))


def test_dry_run_of_policies_says_what_would_move_and_changes_nothing(town: Town) -> None:
    settle(town)
    before, quiet = everything(town.office.database), town.office.calendar.quiet
    report = load(town, "2026-11-20 09:00", SHORT + QUIET, dry_run=True)
    assert report.policies.policies == (PolicyLoad("report", False, 4, 1),)
    assert (report.policies.dropped, report.policies.added) > (0, 0)
    assert everything(town.office.database) == before
    assert town.office.calendar.quiet == quiet


def test_policies_loaded_twice_write_nothing(town: Town) -> None:
    settle(town, COMMUNES + QUIET, units=UNITS)
    before = everything(town.office.database)
    report = load(town, "2026-11-20 09:00", COMMUNES + QUIET)
    assert report.empty
    assert everything(town.office.database) == before


def test_policies_are_audited(town: Town) -> None:
    settle(town)
    load(town, "2026-11-20 09:00", SHORT + QUIET)
    entries = select(audit.c.subject, audit.c.detail).where(audit.c.action == "load_policies").order_by(audit.c.id)
    with town.office.database.read() as tx:
        found = [(row.subject, row.detail["body"]) for row in tx.execute(entries)]
    assert [subject for subject, _ in found] == ["policies/report", "policies/quiet"]
    assert found[0][1]["stages"][0] == {"at": "T-2wd", "time": "08:00", "to": "officers"}
    assert found[1][1] == {"after_tet": True, "days": ["04/12"]}


def test_audience_that_is_nobody_refuses_the_file(town: Town) -> None:
    settle(town, units=UNITS)
    before = everything(town.office.database)
    with pytest.raises(UserError) as caught:
        load(town, "2026-11-20 09:00", COMMUNES.replace("cac-xa", "cac-xaa"))
    assert [(p.code, str(p.place)) for p in caught.value.problems] == [
        ("unknown.reference.nearest", "file-0.yaml:6:19")
    ]
    assert everything(town.office.database) == before


def test_policy_that_nobody_knows_refuses_the_plan(town: Town) -> None:
    with pytest.raises(UserError) as caught:
        load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(yearly(policy="reprot")))
    assert [p.code for p in caught.value.problems] == ["policy.unknown_name.nearest"]
    settle(town, SHORT.replace("report", "rieng"))
    load(town, "2026-10-02 09:00", plan(yearly(policy="rieng")))  # known to the store by now
    with town.office.database.read() as tx:
        assert read_policies(tx).for_tasks == (*PROGRAMS.for_tasks, "rieng")


def test_unit_that_joins_an_audience_is_reminded_like_it(town: Town) -> None:
    settle(town, COMMUNES, units=UNITS)
    joined = UNITS.replace("name: Các xã, kinds: [xa]", "name: Các xã, kinds: [xa, phuong]")
    load(town, "2026-11-20 09:00", joined)
    query = select(units.c.slug, obligations.c.variant).join(units, units.c.id == obligations.c.unit_id).distinct()
    with town.office.database.read() as tx:
        found = {unit: variant for unit, variant in tx.execute(query)}
    assert found == {"so-y-te": "", **dict.fromkeys(("xa-a", "xa-b", "xa-c", "phuong-d"), "cac-xa")}


def test_stage_that_was_over_stays_out_when_the_task_or_its_unit_is_touched(town: Town) -> None:
    settle(town)
    town.walk("2026-11-19", "2026-12-31")
    before = len(town.sent(AN))
    stages = ["T-15", "T-3wd", "T0", "T+1wd, to: coordinator, list: true", "T+1wd", "T+12wd"]
    lines = "".join(f"      - {{at: {stage}}}\n" for stage in stages)
    load_text(town.office, local("2027-01-05 09:00"), f"policies:\n  - id: report\n    stages:\n{lines}")
    load_text(town.office, local("2027-01-11 09:00"), plan(yearly(product="báo cáo")))
    town.walk("2027-01-11", "2027-01-12")
    load_text(town.office, local("2027-01-13 09:00"), TWO_UNITS.replace("name: Sở Y tế\n", "name: Sở Y tế tỉnh\n"))
    town.walk("2027-01-13", "2027-01-14")
    assert town.sent(AN)[before:] == []
