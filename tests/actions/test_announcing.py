"""What has changed is told inside a digest: to whoever knew it otherwise, once, and in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from actions.adjusting import extend, waive
from actions.announcing import announce_ended, announce_moved, announce_taken
from actions.office import Act
from actions.people import absent, back, hand_over, set_preferences
from notifications.deciding import Tally
from notifications.outlets import Letter, Outcome
from plans.announcements import before_detail
from plans.deadlines import DueDates
from store.obligations import by_ids
from store.schema import people, reminders
from tests.actions.province import (
    AN,
    CHI,
    COORDINATOR,
    HEAD,
    ONCE,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Box,
    Town,
    act,
    once,
    plan,
    yearly,
)
from tests.conftest import load_text, local

BINH = "binh@syt.example"
OCTOBER = local("2026-10-01 09:00")
LATER = "{yearly: {by: 18/12}}"


class Refusing(Box):
    """Refuses one address for good."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def answer(self, letter: Letter) -> Outcome:
        if letter.recipient == self.address:
            return Outcome("refused", 550, "no such user", bad_address=True)
        return super().answer(letter)


def person(town: Town, address: str) -> int:
    with town.office.database.read() as tx:
        return int(tx.execute(select(people.c.id).where(people.c.address == address)).scalar_one())


def news(town: Town, prefix: str) -> list[tuple[str, str | None]]:
    """State and reason of every announcement of a kind, in the order they were made."""
    c = reminders.c
    query = select(c.state, c.reason).where(c.stage.startswith(prefix)).order_by(c.id)
    with town.office.database.read() as tx:
        return [(s, r) for s, r in tx.execute(query)]


def text_to(town: Town, address: str) -> str:
    """The text part of the last mail to an address, on one line."""
    found = [letter for letter in town.box.accepted if letter.recipient == address][-1]
    body = message_from_bytes(found.content, policy=policy.default).get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def subject_to(town: Town, address: str) -> str:
    found = [letter for letter in town.box.accepted if letter.recipient == address][-1]
    return str(message_from_bytes(found.content, policy=policy.default)["Subject"])


# -- another date -----------------------------------------------------------------------------------------------------


def test_moved_date_is_told_before_anyone_acts_on_the_old_one(town: Town) -> None:
    """T-15 of the new date comes after the old one: who was reminded of that hears of it the same day."""
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(yearly(due="{yearly: {by: 31/12}}")))
    town.tick("2026-11-20 10:00")
    assert town.sent(AN) == [
        ("2026-11-19 08:00", AN, "digest", ["T-15"]),
        ("2026-11-20 10:00", AN, "digest", ["n-moved"]),
    ]
    assert subject_to(town, AN) == "[Thời hạn thay đổi] Việc bao-cao-nam năm 2026: nay chậm nhất ngày 31/12/2026"
    assert "Trước đây: trước ngày 05/12/2026" in text_to(town, AN)


def test_moved_date_waits_for_a_stage_that_comes_in_time(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(yearly(due=LATER)))
    town.ticks("2026-11-20 10:00", "2026-12-03 08:00", "2026-12-04 08:00")
    assert town.sent(AN)[1:] == [("2026-12-03 08:00", AN, "digest", ["T-15", "n-moved"])]
    text = text_to(town, AN)
    assert "Thời hạn: chậm nhất ngày 18/12/2026 Trước đây: trước ngày 05/12/2026" in text
    assert text.count("Việc bao-cao-nam năm 2026") == 1


def test_moved_date_joins_a_digest_that_is_made_earlier(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(), once("{by: 10/12/2026}")))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(yearly(due=LATER), once("{by: 10/12/2026}")))
    town.ticks("2026-11-25 08:00", "2026-12-03 08:00")
    assert [stages for _, _, _, stages in town.sent(AN)][1:] == [["n-moved", "T-15"], ["T-15"]]


def test_who_was_never_told_of_a_date_needs_no_correction(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    load_text(town.office, local("2026-11-18 09:00"), TWO_UNITS, plan(yearly(due=LATER)))
    assert news(town, "n-moved") == []


def test_move_that_is_taken_back_before_it_left_is_not_told(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 18:00"), TWO_UNITS, plan(yearly(due="{yearly: {by: 31/12}}")))
    load_text(town.office, local("2026-11-20 19:00"), TWO_UNITS, plan(yearly()))
    town.ticks("2026-11-23 08:00", "2026-12-01 08:00")
    assert [stages for _, _, _, stages in town.sent(AN)] == [["T-15"], ["T-3wd"]]
    assert news(town, "n-moved") == [("superseded", "later_stage")]


def test_mail_of_which_all_was_taken_back_is_not_needed_any_more(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(yearly(due="{yearly: {by: 31/12}}")))
    town.queue("2026-11-20 10:00")
    load_text(town.office, local("2026-11-20 10:30"), TWO_UNITS, plan(yearly()))
    assert town.tick("2026-11-20 11:00") == Tally(superseded=1)
    assert [(m.state, m.reason) for m in town.log()] == [("sent", None), ("superseded", "nothing_to_say")]


def test_move_of_a_move_is_told_once_from_what_people_knew(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 18:00"), TWO_UNITS, plan(yearly(due="{yearly: {by: 30/12}}")))
    load_text(town.office, local("2026-11-20 19:00"), TWO_UNITS, plan(yearly(due="{yearly: {by: 31/12}}")))
    town.tick("2026-11-23 08:00")
    assert town.sent(AN)[1:] == [("2026-11-23 08:00", AN, "digest", ["n-moved"])]
    assert "chậm nhất ngày 31/12/2026 Trước đây: trước ngày 05/12/2026" in text_to(town, AN)


def test_second_move_is_told_as_well(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(yearly(due="{yearly: {by: 30/12}}")))
    town.tick("2026-11-20 10:00")
    load_text(town.office, local("2026-11-23 09:00"), TWO_UNITS, plan(yearly(due="{yearly: {by: 31/12}}")))
    town.ticks("2026-11-23 10:00", "2026-12-16 08:00")
    assert [(at, s) for at, _, _, s in town.sent(AN)][1:] == [
        ("2026-11-20 10:00", ["n-moved"]),
        ("2026-12-16 08:00", ["T-15", "n-moved"]),
    ]
    assert "Trước đây: chậm nhất ngày 30/12/2026" in text_to(town, AN)


def test_moved_date_of_finished_work_is_nobodys_news(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 18:00"), TWO_UNITS, plan(yearly(due="{yearly: {by: 31/12}}")))
    waive(town.office, Act("test", local("2026-11-20 19:00"), "vì"), YEARLY, ["so-y-te"])
    town.tick("2026-11-23 08:00")
    assert ("superseded", "waived") in news(town, "n-moved")


def test_move_that_is_taken_back_is_told_to_who_was_told_of_it(town: Town) -> None:
    """One reads mail at 13:00 and hears of nothing; the other was told at 08:00 that it is later."""
    load_text(town.office, OCTOBER, UNITS, plan(yearly()))
    town.tick("2026-11-30 08:00")
    town.tick("2026-12-01 08:00")
    set_preferences(town.office, act("2026-12-01 09:00"), BINH, digest_at=time(13))
    load_text(town.office, local("2026-12-01 15:00"), UNITS, plan(yearly(due="{yearly: {before: 26/12}}")))
    town.tick("2026-12-02 08:00")
    load_text(town.office, local("2026-12-02 09:00"), UNITS, plan(yearly()))
    town.ticks("2026-12-02 13:00", "2026-12-03 08:00", "2026-12-03 13:00")
    told = [[(at, s) for at, _, _, s in town.sent(who) if "n-moved" in s] for who in (AN, BINH)]
    assert told == [[("2026-12-02 08:00", ["n-moved"]), ("2026-12-03 08:00", ["n-moved"])], []]
    assert "Trước đây: trước ngày 26/12/2026" in text_to(town, AN)


def test_changed_date_that_may_have_been_told_is_not_told_again_after_another_change(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.ticks("2026-11-19 08:00", "2026-12-01 08:00")
    load_text(town.office, local("2026-12-01 15:00"), TWO_UNITS, plan(yearly(due="{yearly: {before: 26/12}}")))
    town.box.next = ["unknown"]
    town.tick("2026-12-02 08:00")
    load_text(town.office, local("2026-12-02 09:00"), TWO_UNITS, plan(yearly(due="{yearly: {before: 06/12}}")))
    tried = len(town.box.tried)
    town.tick("2026-12-02 09:05")
    assert len(town.box.tried) == tried
    assert news(town, "n-moved")[0] == ("unknown", None)
    town.tick("2026-12-03 08:00")
    assert town.sent(AN)[-1] == ("2026-12-03 08:00", AN, "digest", ["T-3wd", "n-moved"])
    assert "Thời hạn: trước ngày 06/12/2026 Trước đây: trước ngày 26/12/2026" in text_to(town, AN)


def test_news_of_what_is_late_goes_along_with_the_overdue_mail(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(once("{by: 04/12/2026}")))
    town.walk("2026-11-19", "2026-12-03", "08:00")
    before = len(town.sent(AN))
    with town.office.database.read() as tx:
        dates = {o.id: replace(o.dates, act_by=date(2026, 12, 3)) for o in by_ids(tx, [town.one(ONCE).id])}
    with town.office.database.write() as tx:
        announce_moved(tx, town.office, local("2026-12-05 07:00"), dates)
    town.ticks("2026-12-07 08:00", "2026-12-07 14:00", "2026-12-08 08:00")
    assert [(at, s) for at, _, _, s in town.sent(AN)][before:] == [("2026-12-07 14:00", ["T+1wd", "n-moved"])]


# -- new, cancelled ---------------------------------------------------------------------------------------------------


def test_new_task_is_told_with_another_mail_only(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(), once("{by: 15/06/2027}")))
    town.walk("2026-10-01", "2026-11-19", "08:00")
    assert town.sent(AN) == [("2026-11-19 08:00", AN, "digest", ["T-15", "n-new"])]
    text = text_to(town, AN)
    assert "VIỆC MỚI GIAO 2. Việc mot-lan Đơn vị: Sở Y tế Thời hạn: chậm nhất ngày 15/06/2027" in text
    assert "Xin nhắc Ông/Bà 01 việc cần thực hiện." in text


def test_new_task_is_not_told_apart_from_its_own_reminder(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    assert town.sent(AN) == [("2026-11-19 08:00", AN, "digest", ["T-15"])]
    assert ("superseded", "later_stage") in news(town, "n-new")


def test_long_list_of_new_tasks_is_shortened(town: Town) -> None:
    many = [once(f"{{by: {n:02}/06/2027}}").replace("mot-lan", f"viec-{n}") for n in range(1, 15)]
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(), *many))
    town.tick("2026-11-19 08:00")
    text = text_to(town, AN)
    assert "… và 4 việc khác." in text
    assert "Việc viec-10 " in text
    assert "Việc viec-11 " not in text


def test_cancelled_task_is_told_to_who_was_reminded_of_it(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan())
    town.tick("2026-11-20 10:00")
    assert town.sent(AN)[1:] == [("2026-11-20 10:00", AN, "digest", ["n-cancelled"])]
    assert subject_to(town, AN) == "[Không phải thực hiện nữa] Việc bao-cao-nam năm 2026"
    text = text_to(town, AN)
    assert "Xin thông báo tới Ông/Bà thay đổi về 01 việc dưới đây." in text
    assert "Tình trạng" not in text


def test_cancellation_that_is_undone_is_not_told(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-20 18:00"), TWO_UNITS, plan())
    load_text(town.office, local("2026-11-20 19:00"), TWO_UNITS, plan(yearly()))
    town.tick("2026-11-23 08:00")
    assert news(town, "n-cancelled") == [("superseded", "undone")]
    assert len(town.sent(AN)) == 1


def test_who_was_told_that_it_is_cancelled_is_told_that_it_is_required_again(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-19 18:00"), TWO_UNITS, plan())
    town.tick("2026-11-20 08:00")
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(yearly()))
    town.ticks("2026-11-20 09:30", "2026-11-23 08:00")
    assert [(at, s) for at, _, _, s in town.sent(AN)][1:] == [
        ("2026-11-20 08:00", ["n-cancelled"]),
        ("2026-11-20 09:30", ["n-restored"]),
    ]
    assert subject_to(town, AN) == "[Lại phải thực hiện] Việc bao-cao-nam năm 2026: trước ngày 05/12/2026"
    assert "LẠI PHẢI THỰC HIỆN 1. Việc bao-cao-nam" in text_to(town, AN)
    load_text(town.office, local("2026-11-23 09:00"), TWO_UNITS, plan())
    load_text(town.office, local("2026-11-23 09:05"), TWO_UNITS, plan(yearly()))
    assert news(town, "n-restored") == [("sent", None)]


# -- people away, and addresses that fail --------------------------------------------------------------------------


def test_deputy_and_on_return_who_was_away_learn_what_concerns_what_they_were_told(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    absent(town.office, act("2026-11-20 09:00"), AN, date(2026, 11, 20), date(2026, 11, 30), HEAD)
    waive(town.office, act("2026-11-23 09:00", "không thuộc"), YEARLY, ["so-y-te"])
    town.walk("2026-11-23", "2026-12-02", "10:00")
    assert town.sent(HEAD) == [("2026-11-23 10:00", HEAD, "digest", ["n-cancelled"])]
    assert town.sent(AN)[1:] == [("2026-12-01 10:00", AN, "digest", ["n-cancelled"])]


def test_news_already_on_its_way_goes_to_the_deputy_too(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-19 18:00"), TWO_UNITS, plan())
    absent(town.office, act("2026-11-19 19:00"), AN, date(2026, 11, 19), None, HEAD)
    town.walk("2026-11-20", "2026-11-24", "08:00")
    assert town.sent(HEAD) == [("2026-11-20 08:00", HEAD, "digest", ["n-cancelled"])]
    back(town.office, act("2026-11-25 09:00"), AN)
    town.tick("2026-11-25 10:00")
    assert town.sent(AN)[1:] == [("2026-11-25 10:00", AN, "digest", ["n-cancelled"])]


def test_news_to_an_address_that_fails_goes_to_those_written_to_instead(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    town.tick("2026-11-19 08:00")
    load_text(town.office, local("2026-11-19 18:00"), TWO_UNITS, plan())
    town.box = Refusing(AN)
    town.ticks("2026-11-20 08:00", "2026-11-20 09:00")
    assert news(town, "n-cancelled") == [("failed", None), ("sent", None)]
    assert town.sent(HEAD) == [("2026-11-20 09:00", HEAD, "digest", ["n-cancelled"])]


# -- other people -----------------------------------------------------------------------------------------------------


def test_who_has_become_responsible_and_who_no_longer_is(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly("[so-y-te]", "{yearly: {before: 12/12}}")))
    town.tick("2026-11-26 08:00")
    assert town.sent(AN) == [("2026-11-26 08:00", AN, "digest", ["T-15"])]
    hand_over(town.office, Act("test", local("2026-11-27 09:00")), AN, "moi@syt.example", name="Chuyên viên mới")
    town.tick("2026-11-27 10:00")
    assert town.sent(AN)[1:] == [("2026-11-27 10:00", AN, "digest", ["n-given"])]
    assert [s for _, _, _, s in town.sent("moi@syt.example")] == [["T-15", "n-taken"]]
    assert subject_to(town, AN) == "[Thôi phụ trách] Việc bao-cao-nam năm 2026"
    letter = [letter for letter in town.box.accepted if letter.recipient == AN][-1]
    attached = message_from_bytes(letter.content, policy=policy.default)
    assert [a.get_filename() for a in attached.iter_attachments()] == []
    assert "/feeds/" not in text_to(town, AN)


def test_work_handed_over_and_back_before_the_mail_is_nobodys_news(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly("[so-y-te]", "{yearly: {before: 12/12}}")))
    town.tick("2026-11-26 08:00")
    new = "moi@syt.example"
    hand_over(town.office, Act("test", local("2026-11-27 18:00")), AN, new, name="Chuyên viên mới")
    hand_over(town.office, Act("test", local("2026-11-27 19:00")), new, AN)
    town.tick("2026-11-30 08:00")
    assert town.sent(AN)[1:] == []
    assert town.sent(new) == []


def test_what_lies_a_quarter_ahead_comes_with_its_own_reminders(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(once("{by: 15/06/2027}")))
    number = town.one(ONCE).id
    with town.office.database.write() as tx:
        assert announce_taken(tx, town.office, local("2026-11-16 09:00"), [number], [person(town, CHI)]) == 0


def test_coordinator_is_asked_who_succeeds(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly("[so-y-te]")))
    now = local("2026-11-17 09:00")
    waive(town.office, Act("test", now, "không còn đơn vị"), YEARLY, ["so-y-te"])
    with town.office.database.write() as tx:
        announce_ended(tx, now, [town.one().id])
    town.tick("2026-11-17 10:00")
    assert town.sent(COORDINATOR) == [("2026-11-17 10:00", COORDINATOR, "digest", ["n-ended"])]
    assert subject_to(town, COORDINATOR) == "[Cần đơn vị tiếp nhận] Việc bao-cao-nam năm 2026: Sở Y tế"


@pytest.mark.parametrize("days", [1, 20])
def test_announcement_counts_from_what_was_in_force(town: Town, days: int) -> None:
    """An extension moves one unit alone; its words name the dates until now."""
    load_text(town.office, OCTOBER, UNITS, plan(yearly("[cac-xa]")))
    town.tick("2026-11-19 08:00")
    before: dict[int, DueDates] = {}
    with town.office.database.read() as tx:
        before = {o.id: o.dates for o in by_ids(tx, [town.one(YEARLY, "xa-a").id])}
    now = local("2026-11-20 09:00")
    extend(town.office, Act("test", now, "vì"), YEARLY, ["xa-a"], date(2026, 12, 4 + days))
    with town.office.database.write() as tx:
        announce_moved(tx, town.office, now, before)
    with town.office.database.read() as tx:
        found = tx.execute(select(reminders.c.detail).where(reminders.c.stage.startswith("n-moved"))).scalars().all()
    assert found == [before_detail(next(iter(before.values())))]
