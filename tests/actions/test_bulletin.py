"""The page of a Monday says what its mail says, to everyone who is mailed one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection

from actions.adjusting import extend
from actions.people import absent
from actions.receiving import Receipt, send_back, submit
from notifications.bulletin import Group, part_of, read_bulletin
from notifications.items import Line
from notifications.monday import monday_pages
from notifications.subjects import counts
from plans.access import Rights, Visitor
from plans.plan import Kind
from store.people import read_people
from store.recipients import recipients_of
from tests.actions.province import AN, COORDINATOR, HEAD, UNITS, YEARLY, Town, act, once, plan, task, yearly
from tests.conftest import load_text, local

assert YEARLY is not None
TASKS = (
    yearly("[moi-don-vi]"),
    once("{by: 30/11/2026}", "[so-y-te, xa-a]"),
    task("viec", "{by: 30/11/2026}", "[so-y-te, xa-a]", kind="work"),
    task("thang", "{monthly: {by: 10}}", "[cac-xa]"),
)


def settle(town: Town) -> None:
    office = town.office
    load_text(office, local("2026-10-01 09:00"), UNITS, plan(*TASKS))
    submit(office, act("2026-11-27 10:00"), YEARLY, ["xa-a"], Receipt(date(2026, 11, 26)))
    for unit, day in (("xa-b", 3), ("so-y-te", 8)):
        submit(office, act("2026-12-08 10:00"), YEARLY, [unit], Receipt(date(2026, 12, day)), by_unit=True)
    send_back(office, act("2026-12-08 11:00", "Thiếu biểu"), YEARLY, ["so-y-te"], date(2026, 12, 10))
    extend(office, act("2026-12-08 11:00", "Chia tách"), YEARLY, ["xa-c"], date(2026, 12, 16))


def visitor(tx: Connection, number: int, rights: Rights = Rights()) -> Visitor:  # noqa: B008 - it is frozen
    person = read_people(tx, [number])[number]
    return Visitor(number, person.address, person.name, rights)


def told(found: Iterable[Line]) -> Counter[object]:
    """The units of a section of a mail, with how many of each are late by how much."""
    return Counter((line.title, line.document, line.last_day, line.kind, line.unit_name) for line in found)


def lines(found: Iterable[Group]) -> Counter[object]:
    return Counter((g.title, g.document, g.last_day, g.kind, unit) for g in found for unit in g.units)


def test_page_has_the_numbers_of_the_mail(town: Town) -> None:
    settle(town)
    absent(town.office, act("2026-12-08 12:00"), HEAD, date(2026, 12, 8), date(2026, 12, 31), AN)
    seen: Counter[str] = Counter()
    for at in ("2026-11-16 08:00", "2026-12-07 08:00", "2026-12-14 08:00", "2026-12-15 14:30"):
        now = local(at)
        with town.office.database.read() as tx:
            for number, mail in monday_pages(tx, town.desk, now).items():
                part = part_of(tx, visitor(tx, number))
                assert part is not None
                page = read_bulletin(tx, town.desk, part, now)
                seen[mail.address] += 1
                assert page.is_mailed
                assert page.monday == mail.monday
                assert lines(page.overdue) == told(mail.overdue)
                assert lines(page.due) == told(mail.due_this_week)
                assert lines(page.to_confirm) == told(mail.to_confirm)
                assert (page.requests, page.undeliverable, page.unreachable) == (
                    mail.requests,
                    mail.undeliverable,
                    mail.unreachable,
                )
                assert (page.open_plans, page.unconfirmed) == (mail.open_plans, mail.unconfirmed)
                said = counts(mail)
                assert (page.late_units, page.returned_units, page.late_work) == tuple(
                    said.get(name, 0) for name in ("units", "returned", "work")
                )
    assert seen == {COORDINATOR: 4, AN: 3, "binh@syt.example": 3, "chutich@xa-a.example": 3}


def test_leader_reads_of_all_and_a_council_member_of_its_units(town: Town) -> None:
    settle(town)
    now = local("2026-12-14 08:00")
    with town.office.database.read() as tx:
        (number,) = [p.id for p in recipients_of(tx, "so-y-te") if p.address == "binh@syt.example"]

        def late(rights: Rights) -> set[tuple[str, tuple[str, ...]]] | None:
            part = part_of(tx, visitor(tx, number, rights))
            if part is None:
                return None
            page = read_bulletin(tx, town.desk, part, now)
            assert not page.is_mailed
            assert all(group.kind is Kind.REPORT for group in page.overdue)
            return {(group.key.task, group.units) for group in page.overdue}

        assert late(Rights(reads_all=True)) == {
            ("bao-cao-nam", ("Phường D",)),
            ("bao-cao-nam", ("Sở Y tế",)),
            ("mot-lan", ("Sở Y tế", "Xã A")),
            ("thang", ("Xã A", "Xã B", "Xã C")),
        }
        assert late(Rights(oversees=frozenset({"xa-b", "phuong-d"}))) == {
            ("bao-cao-nam", ("Phường D",)),
            ("thang", ("Xã B",)),
        }
        assert late(Rights(acts_for=frozenset({"so-y-te"}))) is None
