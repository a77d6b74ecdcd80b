"""The proof of reminding: who was reminded of what, when, and what the mail server answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions.office import Office
from notifications.titles import title_of
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation
from plans.words import Words
from reports.proof import Proven, proof_csv
from store.mail_log import Logged, log
from store.obligations import by_ids, of_deadline
from store.units import unit_names

_OWING = ("officers", "head")  # who was reminded of what their unit owed; lists for coordinators remind nobody
_COLUMNS = ("unit", "deadline", "stage", "person", "address", "sent_at", "message_id", "state", "answer")


@dataclass(frozen=True, slots=True)
class Which:
    """Which reminders; None: all. A deadline or a unit is named, so that it is never all there are."""

    key: DeadlineKey | None = None
    unit: str | None = None  # slug
    plans: Collection[str] | None = None  # slugs
    since: datetime | None = None  # when they left, or were to
    until: datetime | None = None


def proven(tx: Connection, office: Office, say: Words, which: Which) -> list[Proven]:
    """By unit, deadline and moment; what was not needed any more was not said, though its mail may have left."""
    if which.key is None and which.unit is None:
        raise ValueError("of which deadline, or of which unit?")
    chosen = None if which.key is None else [o.id for o in of_deadline(tx, which.key)]
    mails = log(tx, obligations_in=chosen, unit=which.unit)
    numbers = {i.obligation for m in mails for i in m.items}
    of = {o.id: o for o in by_ids(tx, numbers if chosen is None else numbers.intersection(chosen))}
    if which.plans is not None:
        of = {number: o for number, o in of.items() if o.key.plan in which.plans}
    names = unit_names(tx)
    rows = [r for m in mails if _within(m, which) for r in _rows(m, of, names, which.unit, office, say)]
    return sorted(rows, key=lambda r: (r.unit, r.deadline, r.at, r.address))


def proof_file(rows: Iterable[Proven], say: Words) -> bytes:
    """The same as a CSV for a spreadsheet."""
    return proof_csv([say(f"cli.proof.{name}") for name in _COLUMNS], rows)


def _within(mail: Logged, which: Which) -> bool:
    at = mail.sent_at or mail.at
    return (which.since is None or which.since <= at) and (which.until is None or at <= which.until)


def _rows(
    mail: Logged, of: Mapping[int, Obligation], names: Mapping[str, str], unit: str | None, office: Office, say: Words
) -> Iterable[Proven]:
    for item in mail.items:
        wanted = item.obligation in of and (unit is None or item.unit == unit) and item.audience in _OWING
        if not wanted or "superseded" in (item.state, mail.state):
            continue
        yield Proven(
            unit=names.get(item.unit, item.unit),
            deadline=f"{title_of(of[item.obligation], say)} ({item.deadline})",
            stage=say.stage(item.stage),
            person=mail.person,
            address=mail.address,
            at=mail.sent_at or mail.at,
            sent_at=f"{mail.sent_at.astimezone(office.zone):%d/%m/%Y %H:%M}" if mail.sent_at else "",
            message_id=f"<{mail.ref}>",
            state=say(f"mail_state.{mail.state}"),
            answer=mail.said or "",
        )
