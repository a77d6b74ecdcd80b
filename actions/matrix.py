"""How many working days late each answer of a matrix was, by today's calendar."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection

from actions.office import Office
from plans import judging
from store.matrix import Matrix, late_answers
from store.obligations import judging_dates
from store.submissions import submissions_by_obligation


def days_late(tx: Connection, office: Office, found: Matrix) -> dict[tuple[int, int], int]:
    """(unit, deadline) → working days between the dates that its answer was judged by and its first receipt.

    Of accepted answers that were late; 0 where it was by no whole working day.
    """
    late = late_answers(tx, found)
    numbers = [one.obligation for one in late]
    dates, handed_in = judging_dates(tx, numbers), submissions_by_obligation(tx, numbers)
    count = cache(office.calendar.count)
    return {
        (one.unit, one.deadline): max(
            0,
            count(
                dates[one.obligation].late_on,
                judging.first_received(handed_in.get(one.obligation, ()), one.received_on),
            ),
        )
        for one in late
    }
