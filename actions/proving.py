"""The proof of reminding: who was told of what and when, what the mail server answered, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from actions.office import Office
from actions.selecting import require_deadline
from notifications.titles import title_of
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation, Submission
from plans.words import Words
from reports.proof import COLUMNS, Proven, proof_csv
from store.mail_log import Logged, LoggedItem, log
from store.obligations import by_ids, of_deadline
from store.submissions import latest_submissions
from store.units import unit_names

_OWING = ("officers", "head")  # who was reminded of what their unit owed; lists for coordinators remind nobody


def proof(
    tx: Connection,
    office: Office,
    words: Words,
    *,
    key: DeadlineKey | None = None,
    unit: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    shown: Callable[[Obligation], bool] = lambda _: True,
) -> list[Proven]:
    """Every reminder about a deadline, or about what a unit owes, that came into a mail between two moments.

    By unit, deadline and moment. `shown`: which obligations a reader may know of. Raises UserError for a deadline that
    isn't there.
    """
    if key is not None:
        require_deadline(tx, key)
    chosen = None if key is None else [o.id for o in of_deadline(tx, key) if shown(o)]
    mails = [m for m in log(tx, obligations_in=chosen, unit=unit) if _within(m, since, until)]
    numbers = {i.obligation for m in mails for i in m.items}
    of = {o.id: o for o in by_ids(tx, numbers if chosen is None else numbers.intersection(chosen)) if shown(o)}
    names, handed_in = unit_names(tx), latest_submissions(tx, of)
    rows = [
        _proven(mail, item, of[item.obligation], handed_in.get(item.obligation), names, office, words)
        for mail in mails
        for item in mail.items
        if item.obligation in of and (unit is None or item.unit == unit) and _was_said(mail, item)
    ]
    return sorted(rows, key=lambda r: (r.unit, r.deadline, r.at, r.address))


def proof_file(words: Words, rows: Iterable[Proven]) -> bytes:
    """The same as a file for a spreadsheet."""
    return proof_csv([words(f"cli.proof.{name}") for name in COLUMNS], rows)


def _within(mail: Logged, since: datetime | None, until: datetime | None) -> bool:
    at = mail.sent_at or mail.at
    return (since is None or since <= at) and (until is None or at <= until)


def _was_said(mail: Logged, item: LoggedItem) -> bool:
    """What was not needed any more was not said, though its mail may have left with others."""
    return item.audience in _OWING and "superseded" not in (item.state, mail.state)


def _proven(
    mail: Logged,
    item: LoggedItem,
    o: Obligation,
    handed_in: Submission | None,
    names: Mapping[str, str],
    office: Office,
    words: Words,
) -> Proven:
    return Proven(
        unit=names.get(item.unit, item.unit),
        deadline=f"{title_of(o, words)} ({item.deadline})",
        stage=words.stage(item.stage),
        person=mail.person,
        address=mail.address,
        at=mail.sent_at or mail.at,
        sent_at=f"{mail.sent_at.astimezone(office.zone):%d/%m/%Y %H:%M}" if mail.sent_at else "",
        message_id=f"<{mail.ref}>",
        state=words(f"mail_state.{mail.state}"),
        answer=mail.said or "",
        received=f"{handed_in.received_on:%d/%m/%Y}" if handed_in else "",
        number=(handed_in.number or "") if handed_in else "",
    )
