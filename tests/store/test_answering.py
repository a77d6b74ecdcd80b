"""Whose an obligation is to act on, on both databases: it goes by who is told, and an absence takes nothing away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import update

from plans.plan import Plan, TaskOfficer
from plans.units import Role
from store.absences import add_absence
from store.answering import answers_for, who_answers
from store.database import Database
from store.people import ensure_people, mark_unreachable
from store.plans import save_tasks
from store.recipients import rebuild
from store.schema import obligations
from store.units import read_roster, save_roster
from tests.store.estate import NOW, ROSTER, TASK, TODAY, Estate, officer, person_id, settle, unit

EM = TaskOfficer("em@xa.example", "xa-a", "Em")
EVERYBODY = ("an", "chi", "chu-tich", "em", "dieu-phoi", "binh")


@pytest.fixture
def estate(database: Database) -> Estate:
    """xa-a has two officers and a head."""
    made = settle(database)
    with database.write() as tx:
        xa = unit("xa-a", officer("an"), officer("chi"), officer("chu-tich", Role.HEAD), mailbox="vt@xa.example")
        save_roster(tx, read_roster(tx), replace(ROSTER, units={**ROSTER.units, "xa-a": xa}), TODAY)
        ensure_people(tx, {EM.address: "Em"})
    return made


def name(estate: Estate, *named: TaskOfficer) -> None:
    """Give the task officers of its own."""
    with estate.database.write() as tx:
        save_tasks(
            tx, 1, Plan("ke-hoach", "Kế hoạch", tasks=(replace(TASK, officers=named),)).tasks, date(2026, 1, 1), NOW
        )
        rebuild(tx, TODAY)


def away(estate: Estate, who: str, deputy: str | None = None) -> None:
    with estate.database.write() as tx:
        add_absence(tx, person_id(tx, who), TODAY, None, person_id(tx, deputy) if deputy else None, None)
        rebuild(tx, TODAY)


def answering(estate: Estate, owing: str = "xa-a") -> list[str]:
    one = estate.obligations[owing]
    with estate.database.read() as tx:
        return [n for n in EVERYBODY if answers_for(tx, person_id(tx, n), one)]


def said_to(estate: Estate, who: str, owing: str = "xa-a") -> tuple[str, ...]:
    with estate.database.read() as tx:
        return who_answers(tx, person_id(tx, who), estate.obligations[owing])


def test_officers_and_head_of_the_unit_answer_and_nobody_else(estate: Estate) -> None:
    assert answering(estate) == ["an", "chi", "chu-tich"]
    assert answering(estate, "xa-b") == ["binh"]
    with estate.database.read() as tx:
        assert not answers_for(tx, person_id(tx, "an"), 999_999)
        assert not answers_for(tx, 999_999, estate.obligations["xa-a"])
        assert who_answers(tx, person_id(tx, "an"), 999_999) == ()


def test_officers_that_the_task_names_answer_instead_and_the_head_stays(estate: Estate) -> None:
    name(estate, EM)
    assert answering(estate) == ["chu-tich", "em"]
    assert said_to(estate, "an") == ("Em",)
    name(estate)
    assert answering(estate) == ["an", "chi", "chu-tich"]


def test_whoever_is_away_still_answers_beside_the_deputy(estate: Estate) -> None:
    away(estate, "an", "dieu-phoi")
    assert answering(estate) == ["an", "chi", "chu-tich", "dieu-phoi"]
    away(estate, "chu-tich")
    assert "chu-tich" in answering(estate)


def test_named_officer_who_is_away_answers_beside_those_told_instead(estate: Estate) -> None:
    name(estate, EM)
    away(estate, "em")
    assert answering(estate) == ["an", "chi", "chu-tich", "em"]  # the unit's are told, as nobody named is there


def test_named_officer_with_a_deputy_locks_nobody_out_who_is_named(estate: Estate) -> None:
    name(estate, EM)
    away(estate, "em", "an")
    assert answering(estate) == ["an", "chu-tich", "em"]


def test_address_that_fails_takes_no_responsibility(estate: Estate) -> None:
    with estate.database.write() as tx:
        mark_unreachable(tx, person_id(tx, "an"), NOW, "5.1.1 unknown")
        rebuild(tx, TODAY)
    assert answering(estate) == ["an", "chi", "chu-tich"]


def test_successor_answers_for_what_has_passed_to_it(estate: Estate) -> None:
    with estate.database.write() as tx:
        heir = estate.units["xa-b"]
        tx.execute(
            update(obligations)
            .where(obligations.c.id == estate.obligations["xa-b"])
            .values(unit_id=estate.units["so-noi-vu"])
        )
        tx.execute(update(obligations).where(obligations.c.id == estate.obligations["xa-a"]).values(unit_id=heir))
    assert answering(estate) == ["binh"]
    assert said_to(estate, "an") == ()  # who works there now is not for those who do not


def test_who_has_no_place_in_the_unit_is_told_no_names(estate: Estate) -> None:
    assert said_to(estate, "dieu-phoi") == ()
    assert said_to(estate, "em") == ()
    name(estate, EM)
    assert said_to(estate, "chi") == ("Em",)
    assert said_to(estate, "dieu-phoi") == ()
