"""Whose an obligation is to act on: those written to about it, and who would be if nobody were away.

By this a mailed link stays with whoever is responsible, and ends with the responsibility: with a hand-over, with an
officer whom a task names, with a successor.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, select

from plans.files.writing import task_from_mapping
from plans.people import HEAD, OFFICERS, addressees, named_addressees, posts_of
from store.recipients import is_told, named_for, read_posts
from store.schema import deadlines, obligations, people, tasks
from store.written_to import written_to

_ANY_DAY = date.min  # where no absence counts, the day does not


def answers_for(tx: Connection, person: int, obligation: int) -> bool:
    """Whether a person may act on an obligation: written to about it, or kept from that by nothing but an absence or
    an address that fails, which change nobody's responsibility.
    """
    if is_told(tx, person, obligation):
        return True
    query = (
        select(obligations.c.unit_id, tasks.c.body, people.c.address)
        .select_from(obligations)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(people, people.c.id == person)
        .where(obligations.c.id == obligation)
    )
    row = tx.execute(query).first()
    if row is None:
        return False
    unit = read_posts(tx, [row.unit_id])[row.unit_id]
    named = named_addressees(named_for(task_from_mapping(row.body).officers, unit), (), (), _ANY_DAY)
    of_unit = addressees(unit, (), (), _ANY_DAY)
    return any(a.address == row.address for a in (*(named or of_unit[OFFICERS]), *of_unit[HEAD]))


def who_answers(tx: Connection, person: int, obligation: int) -> tuple[str, ...]:
    """The names of those written to about an obligation, for a colleague who is not; empty for everybody else.

    Whoever has no place in the unit any more is not told who its people are.
    """
    query = select(obligations.c.unit_id, people.c.address).select_from(obligations).join(people, people.c.id == person)
    row = tx.execute(query.where(obligations.c.id == obligation)).first()
    if row is None or row.address not in posts_of(read_posts(tx, [row.unit_id])[row.unit_id]):
        return ()
    return written_to(tx, [obligation]).get(obligation, ())
