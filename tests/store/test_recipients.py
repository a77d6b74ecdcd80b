from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import event, select

from plans.plan import Plan, TaskOfficer
from plans.units import Role, Roster
from store import ledger as ledgers
from store import outbox
from store.absences import (
    Handover,
    add_absence,
    add_handovers,
    read_absences,
    read_handovers,
    turning,
    withdraw_absences,
)
from store.database import Database
from store.forecast import items_of_units, moments_of_plan
from store.people import ensure_people, mark_unreachable, read_people
from store.plans import save_tasks
from store.recipients import (
    contact_of,
    is_told,
    rebuild,
    recipients_of,
    silent_units,
    told_of_units,
    units_leaning_on,
    unreachable_people,
)
from store.schema import messages, recipients, reminders, task_recipients
from store.units import read_roster, save_roster
from tests.store.estate import NOW, T0, T_3, TASK, TODAY, Estate, ledger, message, officer, person_id, settle, unit

HEAD = officer("chu-tich", Role.HEAD)


def save(database: Database, roster: Roster) -> None:
    with database.write() as tx:
        save_roster(tx, read_roster(tx), roster, TODAY)


def own_officer(estate: Estate, *officers: TaskOfficer) -> None:
    """Give the task officers of its own."""
    with estate.database.write() as tx:
        task = replace(TASK, officers=officers)
        save_tasks(tx, 1, Plan("ke-hoach", "Kế hoạch", tasks=(task,)).tasks, date(2026, 1, 1), NOW)
        rebuild(tx, TODAY)


def away(estate: Estate, name: str, deputy: str | None, first: date = TODAY, last: date | None = None) -> set[int]:
    with estate.database.write() as tx:
        add_absence(tx, person_id(tx, name), first, last, person_id(tx, deputy) if deputy else None, None)
        return rebuild(tx, TODAY)


def told(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as tx:
        return [(t.unit, t.audience, t.person.address.partition("@")[0]) for t in told_of_units(tx)]


def test_recipients_follow_the_roster(database: Database) -> None:
    save(database, Roster({"xa-a": unit("xa-a", HEAD, mailbox="vt@xa.example")}))
    assert told(database) == [("xa-a", "head", "chu-tich"), ("xa-a", "officers", "vt")]
    save(database, Roster({"xa-a": unit("xa-a", HEAD)}))
    assert told(database) == [("xa-a", "officers", "chu-tich")]
    with database.read() as tx:
        assert [p.address for p in recipients_of(tx, "xa-a")] == [HEAD.address]
        assert recipients_of(tx, "xa-a", "head") == []


def test_rebuilding_writes_what_differs_alone(database: Database) -> None:
    estate = settle(database)
    assert away(estate, "an", "binh") == {estate.units["xa-a"]}
    assert told(database) == [
        ("so-noi-vu", "officers", "dieu-phoi"),
        ("xa-a", "head", "chu-tich"),
        ("xa-a", "officers", "binh"),
        ("xa-b", "officers", "binh"),
    ]
    with database.read() as tx:
        stood_for = select(recipients.c.unit_id, recipients.c.instead_of).where(recipients.c.instead_of.is_not(None))
        assert [tuple(r) for r in tx.execute(stood_for)] == [(estate.units["xa-a"], person_id(tx, "an"))]
    with database.write() as tx:
        said: list[str] = []
        event.listen(tx, "before_cursor_execute", lambda *a: said.append(a[2].split()[0]))
        assert rebuild(tx, TODAY) == set()
        assert set(said) == {"SELECT"}


def test_units_lean_on_their_officers_and_on_deputies_of_deputies(database: Database) -> None:
    estate = settle(database)
    away(estate, "an", "binh", TODAY + timedelta(days=3))
    away(estate, "binh", "dieu-phoi")
    with database.read() as tx:
        assert units_leaning_on(tx, TODAY, ["dieu-phoi@xa.example"]) == set(estate.units.values())
        assert units_leaning_on(tx, TODAY, ["an@xa.example"]) == {estate.units["xa-a"]}
        assert units_leaning_on(tx, TODAY, ["nobody@xa.example"]) == set()


def test_own_officers_of_a_task_replace_the_units_in_everything_that_sends(database: Database) -> None:
    estate = settle(database, [T_3, replace(T0, at=NOW + timedelta(days=1))])
    own_officer(estate, TaskOfficer("rieng@xa.example", "xa-a", "Riêng"))
    with database.read() as tx:
        people = {person_id(tx, "rieng"), person_id(tx, "binh")}
        assert list(moments_of_plan(tx, "ke-hoach").values()) == [people, people]
        one = estate.obligations["xa-a"]
        assert [is_told(tx, person_id(tx, n), one) for n in ("rieng", "chu-tich", "binh")] == [True, True, False]
    with database.write() as tx:
        ledgers.insert_due(tx, NOW)
    assert ledger(database) == [("binh", "T-3wd", "waiting", None), ("rieng", "T-3wd", "waiting", None)]
    with database.write() as tx:
        (number,) = ledgers.add_messages(tx, [message(tx, "rieng")], NOW).values()
        ledgers.attach(tx, TODAY, NOW)
    with database.write() as tx:
        (held,) = outbox.claim(tx, NOW, 9).claimed[0].held
        assert held.still_told
    own_officer(estate)
    with database.write() as tx:
        tx.execute(messages.update().where(messages.c.id == number).values(state="queued"))
        (held,) = outbox.claim(tx, NOW, 9).claimed[0].held
        assert not held.still_told
        assert tx.execute(select(task_recipients)).all() == []


def test_own_officer_by_address_is_told_for_the_units_that_have_it(database: Database) -> None:
    estate = settle(database, [T_3])
    own_officer(estate, TaskOfficer(HEAD.address))
    with database.write() as tx:
        ledgers.insert_due(tx, NOW)
    assert ledger(database) == [("binh", "T-3wd", "waiting", None), ("chu-tich", "T-3wd", "waiting", None)]


def test_deputy_is_not_told_what_the_absent_one_has_been_told(database: Database) -> None:
    estate = settle(database, [T_3], owing=["xa-a"])
    with database.write() as tx:
        ledgers.insert_due(tx, NOW)
        tx.execute(reminders.update().values(state="sent"))
        outbox.requeue_stages(tx, [i for (i,) in tx.execute(select(reminders.c.id))])
    away(estate, "an", "binh")
    with database.write() as tx:
        assert ledgers.insert_due(tx, NOW) == 0
        tx.execute(reminders.update().values(state="failed"))
        outbox.requeue_stages(tx, [i for (i,) in tx.execute(select(reminders.c.id))])
        assert ledgers.insert_due(tx, NOW) == 1
    assert ledger(database) == [("an", "T-3wd", "failed", None), ("binh", "T-3wd", "waiting", None)]
    with database.read() as tx:
        row = tx.execute(
            select(reminders.c.person_id, reminders.c.instead_of).where(reminders.c.state == "waiting")
        ).one()
        assert tuple(row) == (person_id(tx, "binh"), person_id(tx, "an"))


def test_items_of_units_come_with_their_stages_by_audience(database: Database) -> None:
    estate = settle(database, [T_3, T0, replace(T0, code="T0-head", to="head", at=NOW + timedelta(hours=6))])
    with database.read() as tx:
        found = items_of_units(tx, [estate.units["xa-a"]], NOW)
        assert [(str(i.key), i.unit_name, [(s, a) for _, s, a in i.stages]) for i in found] == [
            ("ke-hoach/bao-cao/2026", "Xa-A", [("T0", "officers"), ("T0-head", "head")])
        ]
        (none,) = items_of_units(tx, [estate.units["xa-a"]], NOW + timedelta(days=9))
        assert none.stages == ()


def test_unreachable_people_are_left_out_and_listed(database: Database) -> None:
    settle(database)
    with database.write() as tx:
        assert mark_unreachable(tx, person_id(tx, "binh"), NOW, "5.1.1 unknown")
        assert not mark_unreachable(tx, person_id(tx, "binh"), NOW, "again")
        rebuild(tx, TODAY)
        assert recipients_of(tx, "xa-b") == []
        assert silent_units(tx, TODAY) == ["Xa-B"]
        ((binh, units),) = unreachable_people(tx)
        assert (binh.address, binh.since, binh.answer, units) == ("binh@xa.example", NOW, "5.1.1 unknown", ["Xa-B"])
        assert contact_of(tx, "xa-b") is None


def test_contact_is_the_mailbox_that_works_else_whoever_is_told(database: Database) -> None:
    save(database, Roster({"xa-b": unit("xa-b", officer("binh"), mailbox="vt@xa-b.example")}))
    with database.write() as tx:
        assert contact_of(tx, "xa-b") == ("Xa-B", "vt@xa-b.example")
        mark_unreachable(tx, ensure_people(tx, {"vt@xa-b.example": "Xa-B"})["vt@xa-b.example"], NOW, "no")
        rebuild(tx, TODAY)
        assert contact_of(tx, "xa-b") == ("binh", "binh@xa.example")
        assert contact_of(tx, "none") is None


def test_ensure_people_adds_new_ones_and_renames(database: Database) -> None:
    with database.write() as tx:
        first = ensure_people(tx, {"a@x.example": "A"})
        both = ensure_people(tx, {"a@x.example": "B", "c@x.example": "C"})
        assert both["a@x.example"] == first["a@x.example"]
        ensure_people(tx, {"c@x.example": "D"}, rename=False)
        found = read_people(tx, both.values())
        assert {(p.address, p.name, p.link_version) for p in found.values()} == {
            ("a@x.example", "B", 1),
            ("c@x.example", "C", 1),
        }
        assert ensure_people(tx, {}) == {}


def test_absences_in_force_or_to_come_until_withdrawn(database: Database) -> None:
    estate = settle(database)
    day = timedelta(days=1)
    away(estate, "an", None, TODAY - 9 * day, TODAY - day)
    away(estate, "an", "binh", TODAY, TODAY + day)
    away(estate, "binh", None, TODAY + 3 * day)
    with database.write() as tx:
        assert [(a.address[:2], a.first, a.last, a.deputy) for a in read_absences(tx, TODAY)] == [
            ("an", TODAY, TODAY + day, "binh@xa.example"),
            ("bi", TODAY + 3 * day, None, None),
        ]
        assert withdraw_absences(tx, person_id(tx, "an"), TODAY, NOW) == [(TODAY, TODAY + day)]
        assert [a.address for a in read_absences(tx, TODAY)] == ["binh@xa.example"]


def test_who_turns_between_two_days(database: Database) -> None:
    estate = settle(database)
    day = timedelta(days=1)
    away(estate, "an", None, TODAY, TODAY + 2 * day)
    with database.read() as tx:
        turned = {n: turning(tx, TODAY + (n - 1) * day, TODAY + n * day) for n in range(-1, 6)}
        assert [n for n, who in turned.items() if who] == [0, 3]
        assert turning(tx, TODAY + 3 * day, TODAY + 2 * day) == {"an@xa.example"}
        assert turning(tx, None, TODAY) == {"an@xa.example"}
        assert turning(tx, TODAY - day, TODAY + 9 * day) == {"an@xa.example"}


def test_handovers_come_back_in_their_order(database: Database) -> None:
    estate = settle(database)
    with database.write() as tx:
        an, binh = person_id(tx, "an"), person_id(tx, "binh")
        add_handovers(tx, [estate.units["xa-a"]], an, binh, NOW)
        add_handovers(tx, [estate.units["xa-a"]], binh, an, NOW + timedelta(days=1))
        assert read_handovers(tx) == [
            Handover("xa-a", "an@xa.example", "binh@xa.example", NOW),
            Handover("xa-a", "binh@xa.example", "an@xa.example", NOW + timedelta(days=1)),
        ]
