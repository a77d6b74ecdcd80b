from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from plans.filtering import Filter
from plans.paging import Count
from store import board, mail_pages
from store import ledger as ledgers
from store import trail as audit_trail
from store.database import Database
from store.mail_pages import Sought as Mails
from store.mail_pages import mail_page, people_called, read_posted
from store.marks import AuditEntry, record
from store.months import leaving_between
from store.records import YearRecord, seen_to_by
from store.schema import message_bodies, messages, reminders, task_recipients
from store.statuses import coming
from store.trail import Sought as Entries
from store.trail import audit_page, task_titles
from tests.store.estate import NOW, T0, T_3, TODAY, At, Estate, message, person_id, settle

HEAD = At("T0-head", NOW + timedelta(hours=6), 3, to="head", urgent=True)
LIST = At("list", NOW + timedelta(days=4), 4, to="coordinator", kind="unrecorded")


def people(tx: object, *names: str) -> frozenset[int]:
    return frozenset(person_id(tx, name) for name in names)  # type: ignore[arg-type]


def test_month_tells_which_stages_leave_and_whom_they_reach(database: Database) -> None:
    settle(database, [T_3, T0, HEAD, LIST])
    with database.read() as tx:
        found = leaving_between(tx, Filter(), NOW, NOW + timedelta(days=30), TODAY)
        assert [(g.at, g.stage, g.kind, str(g.key), g.units, g.people) for g in found] == [
            (NOW, "T0", "digest", "ke-hoach/bao-cao/2026", 2, people(tx, "an", "binh")),
            (HEAD.at, "T0-head", "digest", "ke-hoach/bao-cao/2026", 2, people(tx, "chu-tich")),
            (LIST.at, "list", "unrecorded", "ke-hoach/bao-cao/2026", 2, people(tx, "dieu-phoi")),
        ]
        assert leaving_between(tx, Filter(plan="x"), NOW, NOW + timedelta(days=30), TODAY) == []


def test_month_of_some_units_is_of_their_own_people(database: Database) -> None:
    estate = settle(database, [T0, HEAD, LIST])
    name_binh(database, estate)
    mine = Filter(units=frozenset({estate.units["xa-a"]}))
    with database.read() as tx:
        found = leaving_between(tx, mine, NOW, NOW + timedelta(days=30), TODAY)
        assert [(g.stage, g.units, g.people) for g in found] == [
            ("T0", 1, people(tx, "binh")),
            ("T0-head", 1, people(tx, "chu-tich")),
        ]


def name_binh(database: Database, estate: Estate) -> None:
    """The task names another officer for xa-a."""
    with database.write() as tx:
        row = {"task_id": estate.task, "unit_id": estate.units["xa-a"], "person_id": person_id(tx, "binh")}
        tx.execute(task_recipients.insert().values(row))


def test_person_sees_to_what_it_is_written_to_about(database: Database) -> None:
    estate = settle(database)

    def units(name: str) -> list[tuple[str, tuple[str, ...]]]:
        with database.read() as tx:
            page = board.page_of(tx, seen_to_by(tx, f"{name}@xa.example"), coming(NOW))
            return [(line.obligation.unit, line.officers) for line in page.rows]

    assert units("an") == [("xa-a", ("an",))]
    assert units("chu-tich") == [("xa-a", ("an",))]
    assert units("binh") == [("xa-b", ("binh",))]
    name_binh(database, estate)
    assert units("an") == []
    assert units("chu-tich") == [("xa-a", ("binh",))]
    assert units("binh") == [("xa-a", ("binh",)), ("xa-b", ("binh",))]
    assert units("khong-ai") == []


@pytest.mark.parametrize("little", [0, 5_000], ids=["much", "little"])
def test_audit_is_read_page_by_page_and_chosen(
    database: Database, little: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_trail, "_LITTLE", little)
    settle(database)
    day = timedelta(days=1)
    entries = [
        AuditEntry(NOW + n // 2 * day, f"nguoi-{n % 2}", "submit" if n < 4 else "waive", subject, None, {"n": n})
        for n, subject in enumerate(("ke/viec/2026", "ke/viec", "ke/viec/2026/xa-a", "ke/viec-hai/2026", "ke", "khac"))
    ]
    with database.write() as tx:
        record(tx, entries)

    def found(sought: Entries) -> list[object]:
        rows: list[object] = []
        after: str | None = None
        with database.read() as tx:
            while True:
                page = audit_page(tx, sought, size=2, after=after)
                rows += [e.detail["n"] for e in page.rows]
                if (after := page.after) is None:
                    return rows

    with database.read() as tx:
        named = {("ke-hoach", "bao-cao"), ("ke-hoach", "khac"), ("khac", "bao-cao")}
        assert task_titles(tx, named) == {("ke-hoach", "bao-cao"): ("Báo cáo năm", "report")}
    assert found(Entries()) == [5, 4, 3, 2, 1, 0]
    assert found(Entries(actors=("nguoi-1",))) == [5, 3, 1]
    assert found(Entries(actors=("nguoi-1", "khong-ai", "nguoi-0"))) == [5, 4, 3, 2, 1, 0]
    assert found(Entries(actors=())) == found(Entries(subjects=frozenset())) == []
    assert found(Entries(action="waive")) == [5, 4]
    assert found(Entries(subjects=frozenset({"ke/viec", "khac", "x"}))) == [5, 2, 1, 0]
    assert found(Entries(subjects=frozenset({"ke/viec"}))) == [2, 1, 0]
    assert found(Entries(since=NOW + day)) == [5, 4, 3, 2]
    assert found(Entries(since=NOW, before=NOW + day)) == [1, 0]
    assert found(Entries(actors=("nguoi-0",), subjects=frozenset({"ke"}), action="submit")) == [2, 0]


def test_mail_is_read_page_by_page_and_chosen(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    estate = settle(database)
    numbers = []
    for hours, (name, state) in enumerate((("an", "sent"), ("binh", "failed"), ("chu-tich", "sent"))):
        reminder = estate.insert(hours, name)
        with database.write() as tx:
            (number,) = ledgers.add_messages(tx, [message(tx, name)], NOW).values()
            changed = {"at": NOW + timedelta(hours=hours), "state": state, "failed_at": NOW}
            tx.execute(update(messages).where(messages.c.id == number).values(changed))
            row = update(reminders).where(reminders.c.id == reminder)
            tx.execute(row.values(state=state, message_id=number))
        numbers.append(number)
    one, two, three = numbers

    def found(sought: Mails) -> list[int]:
        rows: list[int] = []
        after: str | None = None
        with database.read() as tx:
            while True:
                page = mail_page(tx, sought, size=1, after=after)
                rows += [m.id for m in page.rows]
                if (after := page.after) is None:
                    return rows

    xa_a, xa_b = (frozenset({estate.units[u]}) for u in ("xa-a", "xa-b"))
    with database.read() as tx:
        binh = people_called(tx, "Binh@xa.example")
        assert people_called(tx, "BÌNH") == binh == people(tx, "binh")
        assert people_called(tx, "@xa.example") > binh
        assert people_called(tx, "khong-ai@xa.example") == people_called(tx, " ") == frozenset()
    assert found(Mails()) == [three, two, one]
    assert found(Mails(state="sent")) == [three, one]
    assert found(Mails(state="failed", kind="digest")) == [two]
    assert found(Mails(kind="monday")) == []
    assert found(Mails(people=binh)) == [two]
    assert found(Mails(people=frozenset())) == []
    assert found(Mails(plans=frozenset({"ke-hoach"}))) == [three, two, one]
    assert found(Mails(plans=frozenset({"khac"}))) == found(Mails(plans=frozenset())) == []
    with database.write() as tx:
        tx.execute(message_bodies.insert().values(message_id=two, content=b"x" * 1234))
    with database.read() as tx:
        posted = read_posted(tx, two)
        assert posted is not None
        assert (posted.mail.id, posted.address_now, posted.size) == (two, "binh@xa.example", 1234)
        assert (posted.failed_at, posted.unreachable_at, posted.mail.state) == (NOW, None, "failed")
        assert read_posted(tx, one + two + three) is None
    # Where a page looks at few, others follow it until all were looked at.
    monkeypatch.setattr(mail_pages, "_LOOKED_AT", 1)
    assert found(Mails(units=xa_a, state="sent")) == [three, one]
    assert found(Mails(units=xa_b)) == []
    with database.read() as tx:
        assert mail_page(tx, Mails(units=xa_b)).after is not None
    assert found(Mails(units=xa_a)) == [three, two, one]
    assert found(Mails(units=xa_b)) == []
    assert found(Mails(since=NOW + timedelta(hours=1), before=NOW + timedelta(hours=2))) == [two]
    with database.read() as tx:
        assert board.numbers(tx, Filter(), NOW, TODAY).undeliverable == Count(1)
        assert board.numbers(tx, Filter(units=xa_a), NOW, TODAY).undeliverable == Count(1)
        assert board.numbers(tx, Filter(units=xa_b), NOW, TODAY).undeliverable == Count(0)


def test_rate_is_of_what_was_judged() -> None:
    assert YearRecord(0, 0, 0, 0).rate is None
    assert YearRecord(on_time=3, late=1, missing=0, overdue=2).rate == 0.5
