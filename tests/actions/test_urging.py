"""Urging: one mail for each person, at most one a day about an item, in office hours, and only while it is open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from actions.adjusting import extend, waive
from actions.people import absent, hand_over
from actions.receiving import Receipt, submit
from actions.urging import Urging, urge
from plans.deadlines import DeadlineKey
from plans.problems import UserError
from store.marks import trail
from store.people import find_person, mark_unreachable
from store.recipients import rebuild
from tests.actions.province import AN, CHI, TWO_UNITS, UNITS, YEARLY, Town, act, everything, mail_of, once, plan, yearly
from tests.conftest import load_text, local

BINH = "binh@syt.example"
assert YEARLY is not None
KEY: DeadlineKey = YEARLY
ONCE = DeadlineKey.parse("ke-hoach/mot-lan/once")


def settle(town: Town, *tasks: str, units: str = TWO_UNITS) -> None:
    load_text(town.office, local("2026-12-01 09:00"), units, plan(*(tasks or [yearly()])))


def ask(town: Town, at: str, *units: str, note: str | None = None, dry_run: bool = False) -> Urging:
    numbers = [town.one(YEARLY, unit).id for unit in units or ("so-y-te",)]
    return urge(town.office, act(at), numbers, note, dry_run=dry_run)


def told(urging: Urging) -> list[tuple[str, tuple[str, ...], str | None]]:
    return [(u.obligation.unit, u.to, u.skipped) for u in urging.done]


def urges(town: Town, address: str | None = None) -> list[tuple[str, str]]:
    return [(at, who) for at, who, kind, _ in town.sent(address) if kind == "urge"]


def test_one_mail_for_each_person_with_all_items(town: Town) -> None:
    settle(town, yearly("[so-y-te, cac-xa]"), units=UNITS)
    urging = ask(town, "2026-12-09 10:00", "so-y-te", "xa-a", "xa-b", "xa-c", note="Gửi trước 16 giờ hôm nay")
    assert told(urging) == [
        ("so-y-te", (AN, BINH), None),
        ("xa-a", (CHI,), None),
        ("xa-b", (CHI,), None),
        ("xa-c", (CHI,), None),
    ]
    assert urging.people == (AN, BINH, CHI)
    town.tick("2026-12-09 10:01")
    assert urges(town) == [("2026-12-09 10:01", a) for a in (AN, BINH, CHI)]
    (letter,) = (x for x in town.box.accepted if x.recipient == CHI and "[Đôn đốc]" in mail_of(x)["Subject"])
    mail = mail_of(letter)
    assert mail["Subject"].startswith("[Đôn đốc] Việc bao-cao-nam năm 2026, hạn trước ngày 05/12/2026: chưa ghi nhận")
    assert mail["Subject"].endswith("và 2 việc khác")
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().count("Lời nhắn của đầu mối: “Gửi trước 16 giờ hôm nay”") == 1
    with town.office.database.read() as tx:
        (entry,) = trail(tx, f"{YEARLY}/xa-a")[:1]
    assert (entry.actor, entry.action, entry.detail["stage"]) == ("tester", "urge", "urge-2026-12-09")


def test_twice_the_same_day_is_one_mail_and_the_next_day_another(town: Town) -> None:
    settle(town)
    ask(town, "2026-12-09 10:00")
    town.tick("2026-12-09 10:01")
    assert told(ask(town, "2026-12-09 11:00")) == [("so-y-te", (), "urged_today")]
    # A date moved since is another key of the ledger: still the same day.
    extend(town.office, act("2026-12-09 11:30"), KEY, ["so-y-te"], date(2026, 12, 20))
    assert told(ask(town, "2026-12-09 12:00")) == [("so-y-te", (), "urged_today")]
    town.ticks("2026-12-09 14:00", "2026-12-09 16:00")
    assert urges(town) == [("2026-12-09 10:01", AN)]
    ask(town, "2026-12-10 09:00")
    town.tick("2026-12-10 09:01")
    assert urges(town) == [("2026-12-09 10:01", AN), ("2026-12-10 09:01", AN)]


def test_another_item_after_the_mail_of_the_day_waits_for_the_next(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town, yearly(), once("{by: 04/12/2026}"))
    ask(town, "2026-12-09 10:00")
    town.tick("2026-12-09 10:01")
    urge(town.office, act("2026-12-09 11:00"), [town.one(ONCE).id])
    town.tick("2026-12-09 11:01")
    assert urges(town) == [("2026-12-09 10:01", AN)]
    town.tick("2026-12-10 08:00")
    assert urges(town) == [("2026-12-09 10:01", AN), ("2026-12-10 08:00", AN)]


def test_two_at_once_queue_one_mail(town: Town) -> None:
    settle(town)
    numbers = [town.one(YEARLY).id]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: urge(town.office, act("2026-12-09 10:00"), numbers), range(4)))
    assert sorted(told(u)[0][2] or "" for u in found) == ["", *["urged_today"] * 3]
    town.tick("2026-12-09 10:01")
    town.tick("2026-12-09 10:02")
    assert urges(town) == [("2026-12-09 10:01", AN)]


def test_asked_on_a_saturday_it_leaves_on_monday_once(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town)
    first = ask(town, "2026-12-12 20:00")
    assert first.at == local("2026-12-14 08:00")
    town.tick("2026-12-12 20:01")
    assert urges(town) == []
    town.tick("2026-12-14 08:00")
    assert told(ask(town, "2026-12-14 09:00")) == [("so-y-te", (), "urged_today")]
    town.tick("2026-12-14 09:01")
    assert urges(town) == [("2026-12-14 08:00", AN)]


def test_what_was_handed_in_meanwhile_is_dropped_when_its_turn_comes(town: Town) -> None:
    settle(town)
    ask(town, "2026-12-09 10:00")
    town.queue("2026-12-09 10:01")
    submit(town.office, act("2026-12-09 10:02"), KEY, ["so-y-te"], Receipt(date(2026, 12, 4)), by_unit=True)
    town.deliver("2026-12-09 10:03")
    assert urges(town) == []
    assert ("ke-hoach/bao-cao-nam/2026", "so-y-te", "urge-2026-12-09", "submitted") in town.items(AN)
    assert told(ask(town, "2026-12-09 11:00")) == [("so-y-te", (), "is_submitted")]


def test_before_the_date_is_late_it_is_told_as_it_stands(sqlite_town: Town) -> None:
    """Asked on the last Friday and put off by the mail server, it leaves when it is late, in words that are true."""
    town = sqlite_town
    load_text(town.office, local("2026-11-20 09:00"), TWO_UNITS, plan(yearly()))
    ask(town, "2026-12-04 16:30")
    town.box.always = "deferred"
    town.tick("2026-12-04 16:31")
    town.box.always = "sent"
    town.tick("2026-12-07 08:00")
    assert urges(town) == [("2026-12-07 08:00", AN)]
    subjects = [mail_of(x)["Subject"] for x in town.box.accepted if "[Đôn đốc]" in mail_of(x)["Subject"]]
    assert subjects == [
        "[Đôn đốc] Việc bao-cao-nam năm 2026, hạn trước ngày 05/12/2026: chưa ghi nhận, đã qua hạn 1 ngày làm việc"
    ]


def test_whoever_is_responsible_when_it_leaves_is_urged(town: Town) -> None:
    settle(town)
    ask(town, "2026-12-09 10:00")
    town.queue("2026-12-09 10:01")
    hand_over(town.office, act("2026-12-09 10:02"), AN, "moi@syt.example", name="Chuyên viên mới")
    town.deliver("2026-12-09 10:03")
    town.tick("2026-12-09 10:04")
    assert urges(town) == [("2026-12-09 10:04", "moi@syt.example")]


def test_deputy_of_somebody_absent_is_urged_and_not_both(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town, units=UNITS)
    ask(town, "2026-12-09 10:00")
    absent(town.office, act("2026-12-09 10:01"), AN, date(2026, 12, 9), None, "chi@xa.example")
    assert told(ask(town, "2026-12-09 10:02")) == [("so-y-te", (), "urged_today")]
    absent(town.office, act("2026-12-10 08:30"), BINH, date(2026, 12, 10))
    assert told(ask(town, "2026-12-10 09:00")) == [("so-y-te", (CHI,), None)]


def test_whom_it_leaves_out_is_told_with_the_reason(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town, yearly("[so-y-te, cac-xa, phuong-d]"), once("{by: 31/12/2026}", kind="milestone"), units=UNITS)
    waive(town.office, act("2026-12-09 09:00", "đã giải thể"), KEY, ["xa-a"])
    submit(town.office, act("2026-12-09 09:00"), KEY, ["xa-b"], Receipt(date(2026, 12, 4)))
    with town.office.database.write() as tx:
        person = find_person(tx, "vanthu@phuong-d.example")
        assert person is not None
        mark_unreachable(tx, person.id, local("2026-12-09 09:00"), "550 no such user")
        rebuild(tx, date(2026, 12, 9))
    found = told(ask(town, "2026-12-09 10:00", "xa-a", "xa-b", "xa-c", "phuong-d"))
    assert found == [
        ("phuong-d", (), "unreachable"),
        ("xa-a", (), "is_waived"),
        ("xa-b", (), "is_accepted"),
        ("xa-c", (CHI,), None),
    ]
    milestone = urge(town.office, act("2026-12-09 10:00"), [town.one(ONCE).id])
    assert told(milestone) == [("so-y-te", (), "cannot_be_late")]


def test_trial_and_faults_change_nothing(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town)
    before = everything(town.office.database)
    assert ask(town, "2026-12-09 10:00", dry_run=True).people == (AN,)
    with pytest.raises(UserError) as caught:
        urge(town.office, act("2026-12-09 10:00"), [town.one(YEARLY).id, 999])
    assert [p.code for p in caught.value.problems] == ["obligation.unknown"]
    with pytest.raises(UserError) as caught:
        ask(town, "2026-12-09 10:00", note="x" * 1001)
    assert [p.code for p in caught.value.problems] == ["urge.note_long"]
    assert everything(town.office.database) == before
