from __future__ import annotations

import re
from datetime import date

from actions.people import absent
from actions.receiving import Receipt, accept, send_back, submit
from notifications.composing import compose_monday
from notifications.items import Contact, MondayPage
from notifications.monday import monday_pages, week_of
from plans.deadlines import DeadlineKey
from store.people import read_people
from store.results import Answer, mark_failed
from tests.actions.province import (
    AN,
    COORDINATOR,
    HEAD,
    ONCE,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Town,
    act,
    mail_of,
    once,
    plan,
    task,
    yearly,
)
from tests.conftest import load_text, local

WORK = task("viec", "{by: 30/11/2026}", "[so-y-te]", kind="work")
assert YEARLY is not None
assert ONCE is not None


def settle(town: Town, *tasks: str, units: str = TWO_UNITS) -> None:
    load_text(town.office, local("2026-10-01 09:00"), units, plan(*(tasks or [yearly()])))


def pages(town: Town, at: str) -> dict[str, MondayPage]:
    with town.office.database.read() as tx:
        found = monday_pages(tx, town.desk, local(at))
        people = read_people(tx, found)
        return {people[n].address: page for n, page in found.items()}


def mondays(town: Town) -> list[tuple[str, str]]:
    return [(at, who) for at, who, kind, _ in town.sent() if kind == "monday"]


def test_week_begins_on_its_monday() -> None:
    assert [week_of(date(2026, 12, d)) for d in (6, 7, 13, 14)] == [
        date(2026, 11, 30),
        date(2026, 12, 7),
        date(2026, 12, 7),
        date(2026, 12, 14),
    ]


def test_page_of_the_coordinator_holds_what_is_late_due_and_declared(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), once("{by: 11/12/2026}", "[cac-xa]"), WORK, units=UNITS)
    submit(town.office, act("2026-12-04 09:00"), YEARLY, ["xa-a"], Receipt(date(2026, 12, 4)), by_unit=True)
    submit(town.office, act("2026-12-04 09:00"), YEARLY, ["xa-b"], Receipt(date(2026, 12, 4)))
    submit(town.office, act("2026-12-04 09:00"), ONCE, ["xa-b"], Receipt(date(2026, 12, 4)))
    page = pages(town, "2026-12-09 08:00")[COORDINATOR]
    assert page.monday == date(2026, 12, 7)
    assert [(o.unit_name, o.last_day, o.days_late) for o in page.overdue] == [("Xã C", date(2026, 12, 4), 3)]
    assert [(o.unit_name, o.last_day) for o in page.due_this_week] == [
        ("Xã A", date(2026, 12, 11)),
        ("Xã C", date(2026, 12, 11)),
    ]
    assert [(o.unit_name, o.days_late) for o in page.to_confirm] == [("Xã A", 3)]
    accept(town.office, act("2026-12-09 09:00"), YEARLY, [], None)
    assert pages(town, "2026-12-09 10:00")[COORDINATOR].to_confirm == ()


def test_who_has_not_completed_an_answer_is_not_said_to_have_sent_nothing(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    submit(town.office, act("2026-12-03 09:00"), YEARLY, ["xa-a", "xa-b"], Receipt(date(2026, 12, 3)))
    send_back(town.office, act("2026-12-03 10:00", "thiếu"), YEARLY, ["xa-a"], date(2026, 12, 10))
    page = pages(town, "2026-12-14 08:00")[COORDINATOR]
    mail = compose_monday(page, town.desk.words, town.desk.mail)
    assert "- Xã A: quá hạn 2 ngày làm việc, chưa gửi bản bổ sung\n" in mail.text
    assert "- Xã C: quá hạn 6 ngày làm việc\n" in mail.text
    assert "quá hạn 2 ngày làm việc</span>, chưa gửi bản bổ sung</li>" in mail.html
    assert mail.subject == "[Bản tin thứ Hai 14/12] 01 đơn vị chưa gửi, 01 đơn vị chưa gửi bản bổ sung"


def test_late_work_is_told_to_the_heads_of_its_lead_alone(town: Town) -> None:
    settle(town, WORK, task("viec-xa", "{by: 30/11/2026}", "[xa-b]", kind="work"), units=UNITS)
    found = pages(town, "2026-12-07 08:00")
    assert {who: [(o.title, o.days_late) for o in page.overdue] for who, page in found.items()} == {
        HEAD: [("Việc viec", 5)],
        "chi@xa.example": [("Việc viec-xa", 5)],  # a unit without a head on file
    }
    assert {page.contact for page in found.values()} == {Contact("Chuyên viên Ban TĐKT", COORDINATOR)}


def test_coordinator_is_not_sent_to_ask_itself(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    page = pages(town, "2026-12-07 08:00")[COORDINATOR]
    assert page.contact is None
    assert {line.link for line in page.overdue} == {f"{town.desk.base_url}/deadlines/{YEARLY}"}


def test_failed_mail_of_a_week_is_told_to_coordinators(town: Town) -> None:
    settle(town, yearly(), WORK)
    town.queue("2026-12-04 08:00")
    (queued,) = [m for m in town.log() if m.address == AN]
    with town.office.database.write() as tx:
        mark_failed(tx, queued.id, Answer(550, "no such user"), local("2026-11-19 08:00"))
    found = pages(town, "2026-12-07 08:00")
    assert {who: len(page.undeliverable) for who, page in found.items()} == {COORDINATOR: 1, HEAD: 0}
    assert [o.note for o in found[COORDINATOR].undeliverable] == [AN]
    assert pages(town, "2026-12-12 08:00")[COORDINATOR].undeliverable == ()


def test_page_leaves_once_on_the_first_working_day_of_a_week(town: Town) -> None:
    settle(town, yearly("[so-y-te]", "{yearly: {by: 31/12}}"))
    load_text(town.office, local("2026-01-02 09:00"), TWO_UNITS, plan(once("{by: 24/04/2026}"), slug="som"))
    for day in ("27", "28", "29", "30"):  # Monday 27/04/2026 is off: the day after Giỗ Tổ, a Sunday
        town.ticks(f"2026-04-{day} 08:00", f"2026-04-{day} 14:00")
    town.walk("2026-05-01", "2026-05-05")
    assert mondays(town) == [("2026-04-28 08:00", COORDINATOR), ("2026-05-04 08:00", COORDINATOR)]


def test_page_that_was_missed_is_not_made_up_for(town: Town) -> None:
    settle(town, once("{by: 13/11/2026}"))
    town.ticks("2026-11-17 08:00", "2026-11-20 08:00")
    assert mondays(town) == []
    town.tick("2026-11-23 16:59")
    assert mondays(town) == [("2026-11-23 16:59", COORDINATOR)]


def test_empty_page_is_not_sent(town: Town) -> None:
    settle(town)
    town.walk("2026-10-12", "2026-10-20", "08:00")
    assert mondays(town) == []


def test_page_that_has_become_empty_is_not_sent(town: Town) -> None:
    settle(town, once("{by: 13/11/2026}"))
    town.queue("2026-11-23 08:00")
    submit(town.office, act("2026-11-23 08:01"), ONCE, ["so-y-te"], Receipt(date(2026, 11, 13)))
    town.deliver("2026-11-23 08:02")
    assert [(m.kind, m.state, m.reason) for m in town.log() if m.kind == "monday"] == [
        ("monday", "superseded", "nothing_to_say")
    ]


def test_page_says_what_is_true_when_it_leaves(town: Town) -> None:
    settle(
        town,
        yearly(
            "[cac-xa]",
            "{before: 20/11/2026}",
        ),
        units=UNITS,
    )
    key = DeadlineKey.parse("ke-hoach/bao-cao-nam/once")
    assert key is not None
    town.queue("2026-11-23 08:00")
    submit(town.office, act("2026-11-23 08:01"), key, ["xa-a"], Receipt(date(2026, 11, 19)))
    town.deliver("2026-11-23 08:02")
    (mail,) = [m for m in town.box.accepted if "Bản tin" in mail_of(m)["Subject"]]
    assert mail_of(mail)["Subject"] == "[Bản tin thứ Hai 23/11] 02 đơn vị chưa gửi"


# -- deputies ---------------------------------------------------------------------------------------------------------

ALL = "Ông/Bà nhận thư này thay {} trong thời gian vắng mặt."
SOME = "Bản tin này có cả phần Ông/Bà nhận thay {} trong thời gian vắng mặt."


def away(town: Town, address: str, deputy: str) -> None:
    absent(town.office, act("2026-12-01 09:00"), address, date(2026, 12, 1), date(2026, 12, 31), deputy)


def said(town: Town, at: str) -> dict[str, str | None]:
    """Reader → what the page says of whom it is read instead of, in both of its forms."""
    found: dict[str, str | None] = {}
    for who, page in pages(town, at).items():
        mail = compose_monday(page, town.desk.words, town.desk.mail)
        (line,) = re.findall(r"(Ông/Bà nhận thư này|Bản tin này có)([^.]*\.)", " ".join(mail.text.split())) or [None]
        found[who] = "".join(line) if line else None
        assert ("trong thời gian vắng mặt" in mail.html) == (line is not None)
        assert found[who] is None or found[who] in mail.html
    return found


def test_page_of_a_deputy_says_whose_it_is(town: Town) -> None:
    settle(town, yearly(), WORK)
    assert said(town, "2026-12-07 08:00") == {COORDINATOR: None, HEAD: None}
    away(town, COORDINATOR, AN)
    assert said(town, "2026-12-07 08:00") == {AN: ALL.format("Chuyên viên Ban TĐKT"), HEAD: None}
    assert [o.title for o in pages(town, "2026-12-07 08:00")[AN].overdue] == ["Việc bao-cao-nam năm 2026"]


def test_page_says_that_only_a_part_of_it_is_another_ones(town: Town) -> None:
    settle(town, yearly(), WORK)
    away(town, HEAD, COORDINATOR)
    assert said(town, "2026-12-07 08:00") == {COORDINATOR: SOME.format("Giám đốc Sở Y tế")}


def test_page_for_two_absent_ones_names_both_and_a_post_without_lines_counts_for_nothing(town: Town) -> None:
    settle(town, yearly(), WORK)
    away(town, COORDINATOR, "vanthu@ubnd.example")
    away(town, HEAD, "vanthu@ubnd.example")
    away(town, "giamdoc@snv.example", "vanthu@ubnd.example")
    assert said(town, "2026-12-07 08:00") == {
        "vanthu@ubnd.example": ALL.format("Chuyên viên Ban TĐKT, Giám đốc Sở Y tế")
    }
