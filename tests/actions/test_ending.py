from __future__ import annotations

from datetime import date

import pytest

from actions.explaining import why
from actions.keeping import end, keep
from actions.receiving import Receipt, submit
from notifications.items import MondayPage, OpenPlan
from notifications.monday import monday_pages
from plans.deadlines import DeadlineKey
from plans.problems import Problem, Severity, UserError
from store.events import contents_of
from store.marks import trail
from store.obligations import of_plan
from store.people import read_people
from store.plans import read_plan, standing_plans
from tests.actions.province import (
    AN,
    COORDINATOR,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Town,
    act,
    everything,
    mail_of,
    once,
    plan,
    task,
    yearly,
)
from tests.conftest import load_text, local

OCTOBER = local("2026-10-01 09:00")
QUARTERLY = task("quy", "{quarterly: {by: 20}}", "[so-y-te]")


def states(town: Town, slug: str = "ke-hoach") -> dict[str, str]:
    """Deadline → state of what is tracked."""
    with town.office.database.read() as tx:
        return {f"{o.key.task}/{o.key.period}": o.state.value for o in of_plan(tx, slug) if o.tracked}


def pages(town: Town, at: str) -> dict[str, MondayPage]:
    with town.office.database.read() as tx:
        found = monday_pages(tx, town.desk, local(at))
        people = read_people(tx, found)
        return {people[n].address: page for n, page in found.items()}


def asked(town: Town, at: str) -> dict[str, list[str]]:
    return {who: [p.slug for p in page.open_plans] for who, page in pages(town, at).items() if page.open_plans}


# -- until -----------------------------------------------------------------------------------------------------------


def test_end_cancels_what_comes_later_and_keeps_what_came_before(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(QUARTERLY, yearly()))
    assert YEARLY is not None
    submit(town.office, act("2026-11-30 09:00"), YEARLY, ["so-y-te"], Receipt(date(2026, 11, 30)))
    end(town.office, act("2026-12-01 09:00", "QĐ 12"), "ke-hoach", date(2026, 12, 4))
    assert states(town) == {
        "quy/2026-Q4": "cancelled",
        "quy/2027-Q1": "cancelled",
        "quy/2027-Q2": "cancelled",
        "quy/2027-Q3": "cancelled",
        "quy/2027-Q4": "cancelled",
        "quy/2028-Q1": "cancelled",
        "bao-cao-nam/2026": "accepted",  # what was done stays
        "bao-cao-nam/2027": "cancelled",
    }
    with town.office.database.read() as tx:
        notes = [(e.action, e.subject, e.reason, e.detail.get("why")) for e in reversed(trail(tx))]
    assert ("change", "ke-hoach", "QĐ 12", None) in notes
    assert ("cancel", "ke-hoach/quy/2026-Q4", "QĐ 12", "plan_ended") in notes


def test_mail_and_feed_follow_the_end_of_a_plan(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.walk("2026-11-19", "2026-11-20")
    before = [m for m in town.sent(AN)]
    assert [stages for _, _, _, stages in before] == [["T-15"]]
    one = town.one()
    end(town.office, act("2026-11-23 09:00"), "ke-hoach", date(2026, 11, 30))
    with town.office.database.read() as tx:
        (body,) = contents_of(tx, [one.id], "vi").values()
    assert "STATUS:CANCELLED" in body.decode().split("\r\n")
    town.walk("2026-11-24", "2026-12-18")
    # Whoever was told of the date is told that it is off; nothing more follows.
    assert [stages for _, _, _, stages in town.sent(AN)] == [["T-15"], ["n-cancelled"]]
    assert [m for m in town.sent(COORDINATOR) if m[2] == "unrecorded"] == []


def test_dry_run_says_what_an_end_cancels_and_writes_nothing(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    before = everything(town.office.database)
    told = end(town.office, act("2026-11-23 09:00"), "ke-hoach", date(2026, 11, 30), dry_run=True)
    assert everything(town.office.database) == before
    assert told == end(town.office, act("2026-11-23 09:00"), "ke-hoach", date(2026, 11, 30))
    assert [p.obligations_cancelled for p in told.plans] == [2]


def test_later_end_brings_back_what_is_still_to_come(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(QUARTERLY))
    end(town.office, act("2026-11-23 09:00"), "ke-hoach", date(2026, 11, 30))
    end(town.office, act("2026-11-24 09:00"), "ke-hoach", date(2027, 3, 31))
    found = states(town)
    assert (found["quy/2026-Q4"], found["quy/2027-Q1"], found["quy/2027-Q2"]) == ("open", "open", "cancelled")


def test_file_without_the_end_is_refused_unless_it_replaces(town: Town) -> None:
    text = plan(yearly())
    load_text(town.office, OCTOBER, TWO_UNITS, text)
    end(town.office, act("2026-11-23 09:00"), "ke-hoach", date(2026, 11, 30))
    with pytest.raises(UserError) as refused:
        load_text(town.office, local("2026-11-24 09:00"), text)
    assert [(p.code, p.params) for p in refused.value.problems] == [
        ("load.until_missing", {"plan": "ke-hoach", "until": date(2026, 11, 30)})
    ]
    load_text(town.office, local("2026-11-24 09:00"), text, replace_newer=True)
    assert states(town)["bao-cao-nam/2026"] == "open"


def test_end_before_the_issue_of_a_plan_and_of_no_plan_is_refused(sqlite_town: Town) -> None:
    load_text(sqlite_town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    with pytest.raises(UserError) as early:
        end(sqlite_town.office, act("2026-11-23 09:00"), "ke-hoach", date(2019, 12, 31))
    assert [p.code for p in early.value.problems] == ["plan.until_before_issued"]
    with pytest.raises(UserError) as unknown:
        end(sqlite_town.office, act("2026-11-23 09:00"), "khac", date(2026, 12, 31))
    assert [p.code for p in unknown.value.problems] == ["plan.unknown"]


# -- replaced_by -----------------------------------------------------------------------------------------------------


def test_plan_ends_the_day_before_the_one_that_replaces_it_is_in_force(town: Town) -> None:
    old = plan(QUARTERLY, replaced_by="moi")
    report = load_text(town.office, OCTOBER, TWO_UNITS, old)
    assert [(p.code, p.severity) for p in report.warnings] == [("plan.replacement_missing", Severity.WARNING)]
    assert states(town)["quy/2027-Q1"] == "open"
    report = load_text(town.office, local("2026-11-02 09:00"), plan(QUARTERLY, slug="moi", issued="21/12/2026"))
    assert [(p.plan, p.obligations_cancelled) for p in report.plans] == [("moi", 0), ("ke-hoach", 5)]
    found = states(town)
    assert (found["quy/2026-Q4"], found["quy/2027-Q1"]) == ("open", "cancelled")
    with town.office.database.read() as tx:
        key = DeadlineKey.parse("ke-hoach/quy/2028-Q4")
        assert key is not None
        with pytest.raises(UserError):  # the rule gives it no such turn any more
            why(tx, town.office, key)


def test_replacing_plan_without_a_date_takes_over_when_it_is_tracked(town: Town) -> None:
    new = "".join(line for line in plan(QUARTERLY, slug="moi").splitlines(True) if "issued" not in line)
    texts = (plan(QUARTERLY, replaced_by="moi"), new)
    load_text(town.office, OCTOBER, TWO_UNITS, *texts)
    assert set(states(town)) == set()
    assert states(town, "moi")["quy/2026-Q4"] == "open"
    corrected = new.replace("  coordinator:", "  issued: 01/01/2027\n  coordinator:")
    load_text(town.office, local("2026-10-02 09:00"), corrected)
    assert {k: v for k, v in states(town).items() if "2026" in k} == {"quy/2026-Q4": "open"}


def test_order_of_the_files_does_not_matter(sqlite_town: Town) -> None:
    texts = (plan(QUARTERLY, replaced_by="moi"), plan(QUARTERLY, slug="moi", issued="21/12/2026"))
    load_text(sqlite_town.office, OCTOBER, TWO_UNITS, *texts)
    assert set(states(sqlite_town)) == {"quy/2026-Q4"}
    before = everything(sqlite_town.office.database)
    assert load_text(sqlite_town.office, OCTOBER, *reversed(texts)).empty
    assert everything(sqlite_town.office.database) == before


# -- the question of November ----------------------------------------------------------------------------------------


def test_coordinators_are_asked_on_the_mondays_of_november(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()), plan(once("{by: 15/03/2027}"), slug="mot-lan"))
    assert asked(town, "2026-10-26 08:00") == {}
    page = pages(town, "2026-11-02 08:00")[COORDINATOR]
    link = "http://127.0.0.1:8088/plans/ke-hoach"
    assert page.open_plans == (OpenPlan("ke-hoach", "Kế hoạch ke-hoach", None, 2027, link),)
    assert asked(town, "2026-11-30 08:00") == {COORDINATOR: ["ke-hoach"]}
    assert asked(town, "2026-12-07 08:00") == {}


def test_page_that_holds_only_the_question_is_sent_until_it_is_answered(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(due="{yearly: {by: 01/06}}")))
    town.walk("2026-11-02", "2026-11-06", "08:00")
    town.queue("2026-11-09 08:00")
    keep(town.office, act("2026-11-09 08:01"), "ke-hoach", 2027)
    town.deliver("2026-11-09 08:02")
    town.walk("2026-11-16", "2026-11-30", "08:00")
    assert [(at, who) for at, who, kind, _ in town.sent() if kind == "monday"] == [("2026-11-02 08:00", COORDINATOR)]
    (mail,) = [mail_of(letter) for letter in town.box.accepted]
    assert mail["Subject"] == "[Bản tin thứ Hai 02/11] 01 kế hoạch cần xác nhận còn áp dụng"
    text = mail.get_body(("plain",))
    assert text is not None
    lines = [line.strip() for line in text.get_content().splitlines()]
    assert "KẾ HOẠCH KHÔNG GHI NGÀY KẾT THÚC (01)" in lines
    assert "- Còn áp dụng: nhachan plans keep ke-hoach --year 2027" in lines
    assert "- Hết áp dụng: nhachan plans end ke-hoach --until 31/12/2026" in lines
    assert [m.reason for m in town.log("superseded") if m.kind == "monday"] == ["nothing_to_say"]


def test_answer_holds_through_the_year_and_is_audited(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    keep(town.office, act("2026-11-09 08:01", "Vẫn áp dụng"), "ke-hoach", 2027)
    assert asked(town, "2026-11-16 08:00") == {}
    assert asked(town, "2027-11-08 08:00") == {COORDINATOR: ["ke-hoach"]}
    with town.office.database.read() as tx:
        newest = trail(tx)[0]
        stored = read_plan(tx, "ke-hoach")
    assert (newest.action, newest.subject, newest.reason) == ("keep_plan", "ke-hoach", "Vẫn áp dụng")
    assert newest.detail == {"year": 2027, "before": None}
    assert stored is not None
    load_text(town.office, local("2026-11-17 09:00"), plan(yearly(), title="Kế hoạch khác"))
    with town.office.database.read() as tx:
        assert [p.kept_through for p in standing_plans(tx)] == [2027]


@pytest.mark.parametrize("head", [{"until": "31/12/2027"}, {"replaced_by": "moi"}], ids=["has an end", "is replaced"])
def test_plan_with_an_end_is_not_asked_about(sqlite_town: Town, head: dict[str, str]) -> None:
    new = plan(once("{by: 15/03/2027}"), slug="moi")
    load_text(sqlite_town.office, OCTOBER, UNITS, plan(yearly(), **head), new)
    assert asked(sqlite_town, "2026-11-02 08:00") == {}
    with pytest.raises(UserError) as refused:
        keep(sqlite_town.office, act("2026-11-02 09:00"), "ke-hoach", 2027)
    assert list(refused.value.problems) == [Problem("keep.not_open_ended", {"plan": "ke-hoach"})]


@pytest.mark.parametrize("year", [2025, 2026, 2101])
def test_answer_for_a_year_that_does_not_help_is_refused(sqlite_town: Town, year: int) -> None:
    load_text(sqlite_town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    keep(sqlite_town.office, act("2026-11-02 09:00"), "ke-hoach", 2026)
    with pytest.raises(UserError) as refused:
        keep(sqlite_town.office, act("2026-11-02 09:00"), "ke-hoach", year)
    params = {"plan": "ke-hoach", "year": year, "first": 2027, "last": 2100}
    assert list(refused.value.problems) == [Problem("keep.year", params)]
