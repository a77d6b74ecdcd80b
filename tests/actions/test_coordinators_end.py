"""A plan whose coordinating unit ended: its successor gets the lists, the questions and the answers."""

from __future__ import annotations

from datetime import date

import pytest

from actions.daily import refresh_day
from actions.doctor import examine
from actions.ending import succeed
from actions.keeping import end
from notifications.outlets import Letter
from plans.deadlines import DeadlineKey
from store.marks import trail
from store.obligations import of_deadline
from store.plans import plan_summaries, read_plan, standing_plans
from tests.actions.province import Town, act, mail_of, once, plan, yearly
from tests.conftest import load_text, local

OLD, NEW, OWING = "tdkt@snv.example", "noivu@sonv.example", "an@syt.example"
START = "2026-10-01 09:00"


def units(ends: str = "", heirs: str = "", begins: str = "", mailbox: str = NEW) -> str:
    """A coordinator of which something is said, two that may come after it, and two that owe."""
    return f"""
units:
  - id: so-noi-vu
    name: Sở Nội vụ
    kind: so
    {ends}
    successors: [{heirs}]
    officers: [{{name: Chuyên viên Ban TĐKT, email: {OLD}}}]
  - {{id: so-moi, name: Sở Nội vụ mới, kind: so, {begins} mailbox: {mailbox}}}
  - {{id: so-hai, name: Sở thứ hai, kind: so, mailbox: hai@so.example}}
  - {{id: so-y-te, name: Sở Y tế, kind: y-te, mailbox: {OWING}}}
  - {{id: so-cu, name: Sở cũ, kind: y-te, mailbox: cu@so.example}}
audiences:
  - {{id: moi-so, name: Các sở, kinds: [so, y-te]}}
"""


ENDS = "until: 30/11/2026"


def acting(town: Town) -> str | None:
    with town.office.database.read() as tx:
        (found,) = plan_summaries(tx)
        kept = read_plan(tx, "ke-hoach")
        assert kept is not None
        assert kept.plan.coordinator == "so-noi-vu", "the plan keeps the name"
        return found.coordinator


def doctor(town: Town, at: str) -> list[dict[str, object]]:
    with town.office.database.read() as tx:
        return [
            f.params for f in examine(tx, town.office, local(at), "lease", "maildir") if f.code == "plans_uncoordinated"
        ]


def test_successor_gets_the_lists_the_answers_and_the_monday_page(town: Town) -> None:
    load_text(town.office, local(START), units(ENDS, "so-moi"), plan(once("{by: 04/12/2026}")))
    town.walk("2026-11-27", "2026-12-07")
    assert [(at, kind) for at, _, kind, _ in town.sent(NEW)] == [
        ("2026-12-07 08:00", "monday"),
        ("2026-12-07 08:00", "unrecorded"),
    ]
    assert [at for at, _, _, _ in town.sent(OLD) if at > "2026-12"] == []
    replies = [str(mail_of(m)["Reply-To"]) for m in town.box.accepted if m.recipient == OWING]
    assert [OLD in r for r in replies] == [True, False, False, False]
    assert all(NEW in r for r in replies[1:])


def test_coordinator_with_a_report_of_its_own_is_not_told_to_ask_itself(town: Town) -> None:
    load_text(town.office, local(START), units(), plan(once("{by: 04/12/2026}", "[so-noi-vu, so-y-te]")))
    town.walk("2026-12-01", "2026-12-01")
    contacts = {m.recipient: mail_of(m)["Reply-To"] for m in town.box.accepted}
    assert {who: to is not None for who, to in contacts.items()} == {OLD: False, OWING: True}


@pytest.mark.parametrize(("number", "document"), [({}, "Kế hoạch ke-hoach"), ({"number": "5/KH-UBND"}, "5/KH-UBND")])
def test_plan_without_a_number_is_named_by_its_title(town: Town, number: dict[str, str], document: str) -> None:
    load_text(town.office, local(START), units(), plan(once("{by: 04/12/2026}", "[so-y-te]"), **number))
    town.walk("2026-12-01", "2026-12-01")
    (letter,) = [m for m in town.box.accepted if m.recipient == OWING]
    assert f"Văn bản: {document}" in map(str.strip, text_of(letter).splitlines())


def test_it_is_settled_on_its_day_and_audited_and_a_load_does_not_undo_it(town: Town) -> None:
    load_text(town.office, local(START), units(ENDS, "so-moi"), plan(once("{by: 04/12/2026}")))
    refresh_day(town.office, local("2026-11-30 23:00"))
    assert acting(town) == "so-noi-vu"
    refresh_day(town.office, local("2026-12-01 00:05"))
    assert acting(town) == "so-moi"
    load_text(town.office, local("2026-12-01 09:00"), plan(once("{by: 04/12/2026}")))
    load_text(town.office, local("2026-12-01 10:00"), plan(once("{by: 07/12/2026}"), number="5/KH"))
    refresh_day(town.office, local("2026-12-02 00:05"))
    assert acting(town) == "so-moi"
    with town.office.database.read() as tx:
        entries = [(e.actor, dict(e.detail)) for e in trail(tx, "ke-hoach") if e.action == "coordinate"]
    assert entries == [("clock", {"old": "Sở Nội vụ", "new": "Sở Nội vụ mới"})]
    refresh_day(town.office, local("2026-11-30 09:00"))
    assert acting(town) == "so-noi-vu", "a clock set back"


def test_plan_loaded_after_the_end_is_coordinated_by_the_successor_at_once(town: Town) -> None:
    report = load_text(
        town.office, local("2026-12-01 09:00"), units(ENDS, "so-moi"), plan(once("{by: 04/12/2026}", "[so-y-te]"))
    )
    assert acting(town) == "so-moi"
    (loaded,) = report.plans
    load_text(town.office, local("2026-12-01 09:00"), units(ENDS, "so-moi"))
    assert sum(n for day, n in loaded.mails if day == date(2026, 12, 7)) == 2, "the list, and the overdue mail"


def test_list_on_its_way_to_the_old_office_goes_to_the_new_one(town: Town) -> None:
    load_text(town.office, local(START), units(), plan(once("{by: 04/12/2026}")))
    town.queue("2026-12-07 08:00")  # the mail server is away
    succeed(town.office, act("2026-12-07 08:10"), "so-noi-vu", ["so-moi"], date(2026, 12, 7))
    town.deliver("2026-12-07 08:20")
    town.tick("2026-12-07 08:30")
    assert [m for m in town.sent(OLD) if m[0] > "2026-12-07"] == []
    assert [(at, kind) for at, _, kind, _ in town.sent(NEW)] == [("2026-12-07 08:30", "unrecorded")]


def test_same_person_in_both_offices_gets_one_list(town: Town) -> None:
    load_text(town.office, local(START), units(mailbox=OLD), plan(once("{by: 04/12/2026}")))
    town.queue("2026-12-07 08:00")
    succeed(town.office, act("2026-12-07 08:10"), "so-noi-vu", ["so-moi"], date(2026, 12, 7))
    town.deliver("2026-12-07 08:20")
    town.ticks("2026-12-07 08:30", "2026-12-07 09:00", "2026-12-08 08:00")
    assert [kind for at, _, kind, _ in town.sent(OLD) if at > "2026-12-07"] == ["monday", "unrecorded"]


@pytest.mark.parametrize("heirs", ["", "so-moi, so-hai"])
def test_without_a_single_successor_doctor_names_the_plan(town: Town, heirs: str) -> None:
    load_text(town.office, local(START), units(ENDS, heirs), plan(once("{by: 04/12/2026}")))
    assert doctor(town, "2026-11-30 09:00") == []
    town.walk("2026-11-30", "2026-12-08")
    assert acting(town) is None
    assert doctor(town, "2026-12-08 09:00") == [{"plans": "ke-hoach"}]
    assert {who for at, who, _, _ in town.sent() if at > "2026-12"} == {OWING}
    (last,) = [m for m in town.box.accepted if m.recipient == OWING][-1:]
    assert mail_of(last)["Reply-To"] is None
    succeed(town.office, act("2026-12-08 10:00"), "so-noi-vu", ["so-hai"])
    assert acting(town) == "so-hai"
    assert doctor(town, "2026-12-08 10:00") == []


def test_successor_that_begins_later_is_waited_for(town: Town) -> None:
    load_text(town.office, local(START), units(ENDS, "so-moi", "from: 05/12/2026,"), plan(once("{by: 04/12/2026}")))
    for day, expected in (("01", None), ("04", None), ("05", "so-moi")):
        refresh_day(town.office, local(f"2026-12-{day} 00:05"))
        assert acting(town) == expected, day


def test_plan_with_nothing_open_needs_nobody(town: Town) -> None:
    load_text(town.office, local(START), units(ENDS), plan(once("{by: 04/12/2026}")))
    end(town.office, act("2026-10-02 09:00"), "ke-hoach", date(2026, 10, 31))
    refresh_day(town.office, local("2026-12-01 00:05"))
    assert doctor(town, "2026-12-01 09:00") == []


def test_what_nobody_could_be_asked_about_the_next_coordinator_is(town: Town) -> None:
    """A unit that owes and the coordinator end together; who comes after the coordinator is named a week later."""
    gone = units(ENDS).replace("name: Sở cũ,", "name: Sở cũ, until: 30/11/2026,")
    load_text(town.office, local(START), gone, plan(once("{by: 27/11/2026}", "[so-cu]")))
    town.walk("2026-12-01", "2026-12-07")
    assert [m for m in town.sent() if any(s.startswith("n-ended") for s in m[3])] == []
    succeed(town.office, act("2026-12-08 07:00"), "so-noi-vu", ["so-moi"])
    town.walk("2026-12-08", "2026-12-10")
    assert [m for m in town.sent() if "n-ended" in m[3]] == [("2026-12-08 08:00", NEW, "digest", ["n-ended"])]


def test_question_on_its_way_to_the_old_office_goes_to_the_new_one(town: Town) -> None:
    gone = units().replace("name: Sở cũ,", "name: Sở cũ, until: 30/11/2026,")
    load_text(town.office, local(START), gone, plan(once("{by: 27/11/2026}", "[so-cu]")))
    refresh_day(town.office, local("2026-12-01 08:00"))
    town.queue("2026-12-01 08:00")
    succeed(town.office, act("2026-12-01 08:10"), "so-noi-vu", ["so-moi"], date(2026, 12, 1))
    town.deliver("2026-12-01 08:20")
    town.ticks("2026-12-01 08:30", "2026-12-02 08:00")
    assert [m for m in town.sent() if "n-ended" in m[3]] == [("2026-12-01 08:30", NEW, "digest", ["n-ended"])]


def test_audience_leaves_out_who_coordinates_on_the_last_day(town: Town) -> None:
    """Before the end the successor owes like everyone; after it, it would report to itself."""
    before, after = (DeadlineKey.parse(f"ke-hoach/{slug}/once") for slug in ("truoc", "sau"))
    assert before is not None
    assert after is not None
    due = {"truoc": "{by: 20/11/2026}", "sau": "{by: 18/12/2026}"}
    tasks = [once(d, "[moi-so]").replace("mot-lan", slug) for slug, d in due.items()]
    load_text(town.office, local(START), units(ENDS, "so-moi"), plan(*tasks))
    with town.office.database.read() as tx:
        owing = [{o.unit for o in of_deadline(tx, key)} for key in (before, after)]
    assert owing == [{"so-moi", "so-hai", "so-y-te", "so-cu"}, {"so-hai", "so-y-te", "so-cu"}]


def text_of(letter: Letter) -> str:
    body = mail_of(letter).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_yearly_question_goes_to_the_successor(town: Town) -> None:
    load_text(town.office, local("2026-09-01 09:00"), units("until: 30/09/2026", "so-moi"), plan(yearly(to="so-hai")))
    town.walk("2026-11-02", "2026-11-02")
    (asked,) = [m for m in town.box.accepted if "plans keep" in text_of(m)]
    assert asked.recipient == NEW
    with town.office.database.read() as tx:
        assert [p.coordinator for p in standing_plans(tx)] == ["so-moi"]
