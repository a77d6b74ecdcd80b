"""Deputies, hand-overs, failing addresses, confirmations and preferences, with the real actions."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import select

from actions import people
from actions.contacts import contacts
from actions.doctor import examine
from actions.people import absent, back, confirm, hand_over, reachable, set_preferences
from actions.receiving import Receipt, submit
from actions.rehearsing import rehearse
from notifications.outlets import Letter, Outcome
from plans.deadlines import DeadlineKey
from plans.files.documents import read_documents
from plans.problems import UserError
from store.marks import trail
from store.schema import people as people_table
from store.schema import recipients, reminders, stage_moments, tasks
from tests.actions.province import (
    AN,
    CHI,
    COORDINATOR,
    HEAD,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Box,
    Mood,
    Town,
    act,
    everything,
    mail_of,
    once,
    plan,
    rows,
    task,
    yearly,
)
from tests.conftest import load_text, local

BINH, MOI = "binh@syt.example", "moi@syt.example"
BOX = "vanthu@syt.example"
OCTOBER = local("2026-10-01 09:00")
WITH_BOX = TWO_UNITS.replace("    name: Sở Y tế\n", f"    name: Sở Y tế\n    mailbox: {BOX}\n")
T15, T3, T0 = "2026-11-19 08:00", "2026-12-01 08:00", "2026-12-04 08:00"


def settle(town: Town, *tasks_: str, units: str = UNITS) -> None:
    load_text(town.office, OCTOBER, units, plan(*(tasks_ or (yearly(),))))


def codes(error: UserError) -> list[str]:
    return [p.code for p in error.problems]


def told(town: Town, *leaving_out: str) -> list[tuple[str, str, list[str]]]:
    """(local time, address, stages) of what was sent of stages."""
    return [(at, who, stages) for at, who, _, stages in town.sent() if stages and who not in leaving_out]


def text_of(letter: Letter) -> str:
    body = mail_of(letter).get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def letters_to(town: Town, address: str) -> list[str]:
    return [text_of(letter) for letter in town.box.accepted if letter.recipient == address]


def addresses_told(town: Town) -> set[str]:
    query = select(people_table.c.address).join(recipients, recipients.c.person_id == people_table.c.id)
    with town.office.database.read() as tx:
        return set(tx.scalars(query))


class Refusing(Box):
    """Refuses some addresses for good."""

    def __init__(self, *bad: str) -> None:
        super().__init__()
        self.bad = set(bad)

    def answer(self, letter: Letter) -> Outcome:
        if letter.recipient in self.bad:
            self.tried.append(letter)
            return Outcome("refused", 550, "5.1.1 no such user", bad_address=True)
        return Box.answer(self, letter)


# -- one officer of several units --------------------------------------------------------------------------------------


def test_one_officer_of_three_units_with_seven_open_items_gets_one_mail(town: Town) -> None:
    """A unit that submitted gets none; an absent officer's deputy gets it with a line saying why."""
    three = task("ba-xa", "{by: 04/12/2026}", "[xa-a, xa-b, xa-c]")
    again = task("ba-xa-nua", "{by: 04/12/2026}", "[xa-a, xa-b, xa-c]")
    seventh = task("rieng", "{by: 04/12/2026}", "[xa-a]")
    other = task("khac", "{by: 04/12/2026}", "[phuong-d, so-y-te]")
    settle(town, three, again, seventh, other)
    key = DeadlineKey.parse("ke-hoach/khac/once")
    assert key is not None
    submit(town.office, act("2026-10-02 09:00"), key, ["phuong-d"], Receipt(date(2026, 10, 2)))
    absent(town.office, act("2026-11-02 09:00"), AN, date(2026, 12, 1), date(2026, 12, 10), "tdkt@snv.example")
    town.tick(T0)
    assert told(town) == [
        (T0, BINH, ["T0"]),
        (T0, CHI, ["T0"] * 7),
        (T0, COORDINATOR, ["T0"]),
    ]
    (mail,) = letters_to(town, COORDINATOR)
    assert "việc của Sở Y tế, thay Chuyên viên Sở Y tế trong thời gian vắng mặt." in mail


# -- absences ---------------------------------------------------------------------------------------------------------


def test_deputy_gets_stages_of_the_absence_and_no_others(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    town.tick(T15)
    coming = absent(town.office, act("2026-11-23 09:00"), AN, date(2026, 11, 24), date(2026, 12, 3), COORDINATOR)
    assert [(str(c.item.key), [s for _, s in c.stages], [a.address for a in c.to]) for c in coming] == [
        (str(YEARLY), ["T-3wd"], [COORDINATOR])
    ]
    town.walk("2026-11-23", "2026-12-04", "08:00")
    assert told(town) == [(T15, AN, ["T-15"]), (T3, COORDINATOR, ["T-3wd"]), (T0, AN, ["T0"])]


def test_absence_that_begins_after_queueing_readdresses_at_the_claim(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    town.queue(T3)
    absent(town.office, act("2026-12-01 08:01"), AN, date(2026, 12, 1), None, COORDINATOR)
    town.deliver("2026-12-01 08:02")
    town.tick("2026-12-01 08:03")
    assert told(town) == [("2026-12-01 08:03", COORDINATOR, ["T-3wd"])]
    assert (str(YEARLY), "so-y-te", "T-3wd", "reassigned") in town.items(AN)


def test_absence_that_ends_before_the_claim_gives_the_mail_back(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    absent(town.office, act("2026-11-30 09:00"), AN, date(2026, 11, 30), None, COORDINATOR)
    town.queue(T3)
    back(town.office, act("2026-12-01 08:01"), AN)
    town.deliver("2026-12-01 08:02")
    town.tick("2026-12-01 08:03")
    assert told(town) == [("2026-12-01 08:03", AN, ["T-3wd"])]


def test_nobody_gets_what_the_other_was_told_when_stages_are_queued_anew(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    town.tick(T15)
    absent(town.office, act("2026-11-20 09:00"), AN, date(2026, 11, 20), None, COORDINATOR)
    with town.office.database.write() as tx:
        tx.execute(stage_moments.update().values(queued_at=None))
    town.ticks("2026-11-20 10:00", T3)
    back(town.office, act("2026-12-02 09:00"), AN)
    with town.office.database.write() as tx:
        tx.execute(stage_moments.update().values(queued_at=None))
    town.tick("2026-12-02 10:00")
    assert told(town) == [(T15, AN, ["T-15"]), (T3, COORDINATOR, ["T-3wd"])]


def test_deputy_with_own_items_reads_at_each_item_whose_it_is(town: Town) -> None:
    settle(town, yearly(), once("{before: 05/12/2026}", "[so-noi-vu]"), units=TWO_UNITS)
    absent(town.office, act("2026-11-30 09:00"), AN, date(2026, 11, 30), None, COORDINATOR)
    town.tick(T3)
    (mail,) = letters_to(town, COORDINATOR)
    assert "Đơn vị: Sở Y tế (thay Chuyên viên Sở Y tế trong thời gian vắng mặt)" in mail
    assert mail.count("thời gian vắng mặt") == 1


def test_deputy_of_the_head_gets_the_note_to_the_head(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    absent(town.office, act("2026-12-04 09:00"), HEAD, date(2026, 12, 4), date(2026, 12, 4), COORDINATOR)
    town.ticks(T0, "2026-12-04 14:00")
    assert told(town) == [(T0, AN, ["T0"]), ("2026-12-04 14:00", COORDINATOR, ["T0-head"])]


def test_recipients_change_on_the_days_an_absence_begins_and_ends(town: Town) -> None:
    settle(town)
    absent(town.office, act("2026-11-02 09:00"), AN, date(2026, 11, 5), date(2026, 11, 6), BINH)
    seen = []
    for day in (3, 4, 5, 6, 7, 8):
        town.tick(f"2026-11-{day:02d} 08:00")
        seen.append(AN in addresses_told(town))
    assert seen == [True, True, False, False, True, True]


def test_absence_passed_over_by_downtime_or_a_clock_set_back_is_noticed(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    absent(town.office, act("2026-10-02 09:00"), AN, date(2026, 10, 10), date(2026, 10, 20), COORDINATOR)

    def there() -> bool:
        return AN in addresses_told(town)

    town.tick("2026-10-12 08:00")
    assert not there()
    town.tick("2026-12-15 08:00")
    assert there()
    town.tick("2026-10-12 08:00")
    assert not there()
    town.tick("2026-10-09 08:00")
    assert there()


def test_absence_that_makes_no_sense_is_refused_with_every_reason(town: Town) -> None:
    settle(town)
    with pytest.raises(UserError) as error:
        absent(town.office, act("2026-11-02 09:00"), "bin@syt.example", date(2026, 11, 5), date(2026, 11, 4), "x@y.z")
    assert codes(error.value) == ["people.unknown_near", "people.unknown", "absence.span"]
    with pytest.raises(UserError) as error:
        absent(town.office, act("2026-11-02 09:00"), AN, date(2026, 10, 1), date(2026, 10, 4), AN)
    assert codes(error.value) == ["absence.past", "absence.own_deputy"]
    absent(town.office, act("2026-11-02 09:00"), AN, date(2026, 11, 5))
    with pytest.raises(UserError) as error:
        absent(town.office, act("2026-11-02 09:00"), AN, date(2026, 12, 5))
    assert codes(error.value) == ["absence.twice"]
    with pytest.raises(UserError) as error:
        back(town.office, act("2026-11-02 09:00"), BINH)
    assert codes(error.value) == ["absence.none"]


def test_dry_runs_change_nothing(town: Town) -> None:
    settle(town)
    before = everything(town.office.database)
    absent(town.office, act("2026-11-02 09:00"), AN, date(2026, 11, 1), deputy=BINH, dry_run=True)
    hand_over(town.office, act("2026-11-02 09:00"), AN, MOI, dry_run=True)
    assert everything(town.office.database) == before


def test_acts_about_people_are_in_the_audit_trail(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    absent(town.office, act("2026-11-02 09:00", "Nghỉ phép"), AN, date(2026, 11, 1), None, COORDINATOR)
    back(town.office, act("2026-11-03 09:00"), AN)
    confirm(town.office, act("2026-11-03 09:00"), unit="so-y-te")
    set_preferences(town.office, act("2026-11-03 09:00"), AN, digest_at=time(10), upcoming="last")
    hand_over(town.office, act("2026-11-04 09:00"), AN, MOI)
    with town.office.database.read() as tx:
        entries = [(e.action, e.reason) for e in trail(tx, f"people/{AN}")]
        assert [e.action for e in trail(tx, f"people/{MOI}")] == ["take_over"]
    assert entries == [
        ("hand_over", None),
        ("prefer", None),
        ("confirm", None),
        ("back", None),
        ("absent", "Nghỉ phép"),
    ]


# -- a task's own officers --------------------------------------------------------------------------------------------


def test_officers_of_a_task_are_told_instead_of_the_units(town: Town) -> None:
    settle(town, yearly("[so-y-te, xa-a]", officers=f"[{BINH}]"), once("{before: 05/12/2026}"))
    town.ticks(T0, "2026-12-04 14:00")
    assert [m for m in told(town, "chutich@xa-a.example")] == [
        (T0, AN, ["T0"]),
        (T0, BINH, ["T0", "T0"]),
        (T0, CHI, ["T0"]),
        ("2026-12-04 14:00", HEAD, ["T0-head", "T0-head"]),
    ]


def test_someone_from_outside_can_be_a_tasks_officer_and_has_deputies(town: Town) -> None:
    outside = "[{unit: so-y-te, email: dich@cdc.example, name: Chuyên viên CDC}]"
    settle(town, yearly(officers=outside), units=TWO_UNITS)
    town.tick(T15)
    absent(town.office, act("2026-11-20 09:00"), "dich@cdc.example", date(2026, 11, 30), date(2026, 12, 2), AN)
    town.ticks("2026-11-30 08:00", T3, "2026-12-03 08:00", T0)
    assert told(town) == [(T15, "dich@cdc.example", ["T-15"]), (T3, AN, ["T-3wd"]), (T0, "dich@cdc.example", ["T0"])]


def test_head_who_is_a_tasks_officer_gets_no_second_note(town: Town) -> None:
    settle(town, yearly(officers=f"[{HEAD}]"), units=TWO_UNITS)
    town.ticks(T0, "2026-12-04 14:00")
    assert told(town) == [(T0, HEAD, ["T0"])]


def test_changed_officers_of_a_task_are_announced(town: Town) -> None:
    settle(town, yearly(officers=f"[{AN}]"))
    town.tick(T15)
    load_text(town.office, local("2026-11-20 09:00"), UNITS, plan(yearly(officers=f"[{BINH}]")))
    town.tick("2026-11-20 10:00")
    assert told(town)[1:] == [
        ("2026-11-20 10:00", AN, ["n-given"]),
        ("2026-11-20 10:00", BINH, ["T-15", "n-taken"]),
    ]


# -- hand-over --------------------------------------------------------------------------------------------------------


def test_hand_over_gives_the_latest_stage_to_the_new_one_and_repeats_nothing(town: Town) -> None:
    settle(town, yearly(), once("{before: 05/12/2026}", officers=f"[{AN}]"))
    town.ticks(T15, T3)
    before = len(town.sent())
    done = hand_over(town.office, act("2026-12-02 09:00"), AN, MOI, name="Chuyên viên mới")
    assert (done.posts, done.tasks) == ((("so-y-te", "officer"),), ("ke-hoach/mot-lan",))
    assert [(str(c.item.key), [a.address for a in c.to]) for c in done.coming] == [
        (str(YEARLY), [MOI, BINH]),
        ("ke-hoach/mot-lan/once", [MOI]),
        ("ke-hoach/bao-cao-nam/2027", [MOI, BINH]),
    ]
    town.ticks("2026-12-02 10:00", T0)
    assert [(at, who, stages) for at, who, _, stages in town.sent()[before:] if who != COORDINATOR] == [
        ("2026-12-02 10:00", AN, ["n-given", "n-given"]),
        ("2026-12-02 10:00", MOI, ["T-3wd", "n-taken", "T-3wd", "n-taken"]),
        (T0, BINH, ["T0"]),
        (T0, MOI, ["T0", "T0"]),
    ]
    with town.office.database.read() as tx:
        (body,) = tx.scalars(select(tasks.c.body).where(tasks.c.slug == "mot-lan"))
        assert body["officers"] == [MOI]
        (moi,) = [c for c in contacts(tx, date(2026, 12, 2)) if c.person.address == MOI]
        assert (moi.person.name, moi.posts) == ("Chuyên viên mới", (("so-y-te", "Sở Y tế", "officer"),))


def test_hand_over_of_one_unit_leaves_the_others(town: Town) -> None:
    settle(town, yearly("[xa-a, xa-b, xa-c]"))
    done = hand_over(town.office, act("2026-10-02 09:00"), CHI, "dung@xa.example", unit="xa-b")
    assert done.posts == (("xa-b", "clerk"),)
    town.tick(T15)
    assert told(town) == [(T15, CHI, ["T-15", "n-given", "T-15"]), (T15, "dung@xa.example", ["T-15", "n-taken"])]


def test_file_that_still_names_the_old_one_is_refused_with_its_place(town: Town) -> None:
    settle(town)
    hand_over(town.office, act("2026-10-02 09:00"), AN, MOI)
    documents = read_documents([("units.yaml", UNITS.encode())])
    places = [u.places for u in documents.units]
    with pytest.raises(UserError) as error:
        load_text(town.office, local("2026-10-03 09:00"), UNITS, roster_places=places)
    (problem,) = error.value.problems
    line = next(n for n, text in enumerate(UNITS.splitlines(), 1) if AN in text)
    assert (problem.code, str(problem.place)) == (
        "load.handed_over",
        f"units.yaml:{line}:{UNITS.splitlines()[line - 1].index(AN) + 1}",
    )
    assert dict(problem.params) == {"unit": "so-y-te", "old": AN, "new": MOI, "day": date(2026, 10, 2)}
    load_text(town.office, local("2026-10-03 09:00"), UNITS.replace(AN, MOI))
    load_text(town.office, local("2026-10-03 09:00"), UNITS, replace_newer=True)
    load_text(town.office, local("2026-10-04 09:00"), UNITS)  # taken back knowingly: no more to say


def test_plan_that_still_names_the_old_one_for_a_task_is_refused(town: Town) -> None:
    outside = "[{unit: so-y-te, email: dich@cdc.example, name: Chuyên viên CDC}]"
    settle(town, yearly(officers=outside))
    hand_over(town.office, act("2026-10-02 09:00"), "dich@cdc.example", "moi@cdc.example")
    with pytest.raises(UserError) as error:
        load_text(town.office, local("2026-10-03 09:00"), plan(yearly(officers=outside)))
    assert codes(error.value) == ["load.handed_over"]
    load_text(town.office, local("2026-10-03 09:00"), plan(yearly(officers=outside)), replace_newer=True)


def test_hand_over_that_moves_nothing_is_refused(town: Town) -> None:
    settle(town)
    for old, new, unit, expected in (
        ("vanthu@phuong-d.example", MOI, None, ["handover.nothing"]),
        (AN, MOI, "xa-a", ["handover.nothing"]),
        (AN, AN, None, ["handover.same"]),
        ("ai@syt.example", "không phải", "xa-zz", ["people.unknown_near", "value.email", "option.unit_near"]),
    ):
        with pytest.raises(UserError) as error:
            hand_over(town.office, act("2026-10-02 09:00"), old, new, unit=unit)
        assert codes(error.value) == expected


def test_hand_over_to_someone_of_the_unit_leaves_one_place(town: Town) -> None:
    settle(town)
    hand_over(town.office, act("2026-10-02 09:00"), AN, BINH)
    town.tick(T15)
    assert told(town) == [(T15, AN, ["n-given"]), (T15, BINH, ["T-15"])]


# -- addresses that fail ----------------------------------------------------------------------------------------------


def test_refused_address_sends_its_stage_to_the_mailbox_and_tells_the_coordinator(town: Town) -> None:
    settle(town, units=WITH_BOX)
    town.box = Refusing(AN)
    town.ticks(T15, "2026-11-19 08:01")
    assert told(town) == [("2026-11-19 08:01", BOX, ["T-15"])]
    assert [(m.address, m.state) for m in town.log("failed")] == [(AN, "failed")]
    town.ticks("2026-11-23 08:00", T3)
    assert told(town)[1:] == [(T3, BOX, ["T-3wd"])]
    report, page = letters_to(town, COORDINATOR)  # at once, and on Monday
    assert f"1. Chuyên viên Sở Y tế (Sở Y tế), {AN}" in report
    assert "Lý do: địa chỉ không có hoặc không còn dùng" in report
    assert "ĐỊA CHỈ THƯ KHÔNG DÙNG ĐƯỢC (01)" in page
    assert f"{AN} - Sở Y tế: 5.1.1 no such user" in page
    assert "nhachan people reachable" in page
    reachable(town.office, act("2026-12-02 09:00"), AN)
    town.box = Box()
    town.tick(T0)
    assert told(town)[2:] == [(T0, AN, ["T0"])]
    with pytest.raises(UserError) as error:
        reachable(town.office, act("2026-12-02 09:00"), AN)
    assert codes(error.value) == ["people.reachable"]


def test_other_refusals_leave_the_address_alone(town: Town) -> None:
    settle(town, units=WITH_BOX)
    town.box.always = "refused"
    town.tick(T15)
    town.box.always = "sent"
    town.tick(T3)
    assert told(town) == [(T3, AN, ["T-3wd"])]


def test_unit_whose_every_address_fails_is_an_error_of_the_doctor(town: Town) -> None:
    settle(town, units=WITH_BOX)
    town.box = Refusing(AN, BOX, HEAD)
    town.ticks(T15, "2026-11-19 08:01", "2026-11-19 08:02", "2026-11-19 08:03")
    assert [m.address for m in town.log("failed")] == [AN, HEAD, BOX]
    with town.office.database.read() as tx:
        found = {f.code: f.params for f in examine(tx, town.office, local(T3), "scheduler", "maildir")}
    assert found["unit_unreachable"] == {"n": 1, "units": "Sở Y tế"}
    assert found["people_unreachable"]["n"] == 3
    town.tick("2026-11-23 08:00")
    first, page, second = letters_to(town, COORDINATOR)
    assert [report.count("Lý do: địa chỉ không có") for report in (first, second)] == [1, 2]
    assert "Đơn vị không còn địa chỉ nào nhận được thư - Sở Y tế" in page


def test_address_named_anew_is_tried_again(town: Town) -> None:
    settle(town, units=WITH_BOX)
    town.box = Refusing(AN)
    town.ticks(T15, "2026-11-19 08:01")
    load_text(town.office, local("2026-11-20 09:00"), WITH_BOX.replace(AN, MOI))
    load_text(town.office, local("2026-11-20 09:05"), WITH_BOX)
    with town.office.database.read() as tx:
        (an,) = [c for c in contacts(tx, date(2026, 11, 20)) if c.person.address == AN]
    assert an.person.unreachable_at is None


# -- January ----------------------------------------------------------------------------------------------------------


def test_first_digest_of_a_year_asks_once_whether_the_address_is_right(town: Town) -> None:
    settle(town, yearly(), once("{by: 20/01/2027}"), units=TWO_UNITS)
    town.tick(T0)
    town.box.next = ["deferred"]
    town.ticks("2027-01-05 08:00", "2027-01-05 08:01", "2027-01-15 08:00", "2027-01-20 08:00")
    asked = ["XIN KIỂM TRA THÔNG TIN LIÊN HỆ" in m for m in letters_to(town, AN)]
    assert asked == [False, True, False, False]
    assert "- Sở Y tế: chuyên viên, an@syt.example" in letters_to(town, AN)[1]


def test_question_in_a_mail_that_never_left_is_asked_in_the_next(town: Town) -> None:
    settle(town, yearly(), once("{by: 20/01/2027}"), units=TWO_UNITS)
    town.tick(T0)
    town.box.always = "down"
    town.tick("2027-01-05 08:00")
    town.box.always = "sent"
    town.ticks("2027-01-05 08:20", "2027-01-15 08:00")
    asked = ["XIN KIỂM TRA THÔNG TIN LIÊN HỆ" in m for m in letters_to(town, AN)]
    assert asked == [False, True, False]


@pytest.mark.parametrize("fate", ["refused", "deferred", "down"])
def test_question_in_a_mail_that_may_have_arrived_is_asked_again_only_when_it_did_not(town: Town, fate: Mood) -> None:
    settle(town, yearly(), once("{by: 20/01/2027}"), units=TWO_UNITS)
    town.tick(T0)
    town.box.always = "unknown"
    town.tick("2027-01-05 08:00")
    town.box.always = fate
    town.tick("2027-01-05 08:20")
    town.box.always = "sent"
    town.ticks("2027-01-05 09:00", "2027-01-15 08:00", "2027-01-20 08:00")
    asked = ["XIN KIỂM TRA THÔNG TIN LIÊN HỆ" in m for m in letters_to(town, AN)]
    # After a digest that failed the next of the day is an urgent mail, which asks nothing.
    assert asked == ([False, False, True, False] if fate == "refused" else [False, True, False, False])


def test_confirmed_contact_is_not_asked(town: Town) -> None:
    settle(town, once("{by: 20/01/2027}"), units=TWO_UNITS)
    assert confirm(town.office, act("2027-01-04 09:00"), unit="so-y-te") == [AN, HEAD]
    town.ticks("2027-01-05 08:00", "2027-01-15 08:00", "2027-01-20 08:00")
    assert letters_to(town, AN)
    assert not any("KIỂM TRA THÔNG TIN" in m for m in letters_to(town, AN))


def test_monday_page_of_january_counts_who_is_not_confirmed(town: Town) -> None:
    settle(town, once("{by: 31/12/2026}"), units=TWO_UNITS)
    town.tick("2027-01-04 08:00")
    confirm(town.office, act("2027-01-04 09:00"), [AN, COORDINATOR])
    town.ticks("2027-01-11 08:00", "2027-02-01 08:00")
    pages = [m for m in letters_to(town, COORDINATOR) if "BẢN TIN THỨ HAI" in m]
    said = [m.partition("còn ")[2][:2] if "chưa xác nhận thông tin" in m else "" for m in pages]
    assert said == ["05", "03", ""]
    with town.office.database.read() as tx:
        left = [c.person.address for c in contacts(tx, date(2027, 1, 11), unconfirmed=True)]
    assert left == ["giamdoc@snv.example", HEAD, "vanthu@ubnd.example"]


# -- preferences ------------------------------------------------------------------------------------------------------


def test_digest_waits_for_the_time_its_reader_chose_and_overdue_mail_does_not(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    set_preferences(town.office, act("2026-10-02 09:00"), AN, digest_at=time(10, 30))
    town.walk("2026-11-19", "2026-12-09", "08:00", "09:00", "10:30", "14:00")
    assert [m for m in told(town) if m[1] == AN] == [
        ("2026-11-19 10:30", AN, ["T-15"]),
        ("2026-12-01 10:30", AN, ["T-3wd"]),
        ("2026-12-04 10:30", AN, ["T0"]),
        ("2026-12-07 14:00", AN, ["T+1wd"]),
        ("2026-12-09 14:00", AN, ["T+3wd"]),
    ]


def test_coordinators_list_does_not_wait_for_the_digest(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    set_preferences(town.office, act("2026-10-02 09:00"), COORDINATOR, digest_at=time(13))
    town.tick("2026-12-07 08:00")
    assert [(m.kind, m.state) for m in town.log() if m.address == COORDINATOR] == [
        ("monday", "sent"),
        ("unrecorded", "sent"),
    ]


def test_rehearsal_wakes_when_digests_are_wanted(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    set_preferences(town.office, act("2026-10-02 09:00"), AN, digest_at=time(10, 30))
    found = rehearse(town.office, town.desk, date(2026, 11, 19), date(2026, 11, 20))
    assert [(m.address, m.sent_at) for m in found] == [(AN, local("2026-11-19 10:30"))]


def test_early_reminders_can_be_declined_and_stay_in_the_ledger_with_the_reason(town: Town) -> None:
    settle(town, units=TWO_UNITS)
    set_preferences(town.office, act("2026-10-02 09:00"), AN, upcoming="last")
    town.ticks(T15, T3, T0, "2026-12-07 08:00", "2026-12-07 14:00")
    assert [m for m in told(town) if m[1] == AN] == [(T0, AN, ["T0"]), ("2026-12-07 14:00", AN, ["T+1wd"])]
    declined = select(reminders.c.stage).where(reminders.c.state == "superseded", reminders.c.reason == "declined")
    with town.office.database.read() as tx:
        assert sorted(tx.scalars(declined)) == ["T-15", "T-3wd"]


@pytest.mark.parametrize("at", [time(7, 59), time(13, 1), time(14)])
def test_digest_can_wait_no_longer_than_until_the_overdue_mail(sqlite_town: Town, at: time) -> None:
    settle(sqlite_town)
    with pytest.raises(UserError) as error:
        set_preferences(sqlite_town.office, act("2026-10-02 09:00"), AN, digest_at=at, upcoming="none")
    assert codes(error.value) == ["people.digest_at", "people.upcoming"]


def test_preferences_can_be_taken_back(sqlite_town: Town) -> None:
    settle(sqlite_town)
    set_preferences(sqlite_town.office, act("2026-10-02 09:00"), AN, digest_at=time(10), upcoming="last")
    kept = set_preferences(sqlite_town.office, act("2026-10-02 09:01"), AN, digest_at=people.EARLIEST, upcoming="all")
    assert (kept.digest_at, kept.upcoming) == (None, "all")
    before = rows(sqlite_town.office.database, people_table)
    set_preferences(sqlite_town.office, act("2026-10-02 09:02"), AN, upcoming="all")
    assert rows(sqlite_town.office.database, people_table) == before


def test_deadline_with_an_hour_does_not_wait_for_a_late_digest(town: Town) -> None:
    """Due at 11:00: at 13:00 its last reminder would come too late to be sent at all."""
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(once("{by: 04/12/2026, time: 11:00}")))
    set_preferences(town.office, act("2026-10-02 09:00"), AN, digest_at=time(13), upcoming="last")
    town.walk("2026-11-10", "2026-12-04", "08:00", "13:00", "14:00")
    assert [(at, stages) for at, _, _, stages in town.sent(AN)] == [("2026-12-04 08:00", ["T0"])]
