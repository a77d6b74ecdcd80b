"""`mail proof`: who was reminded of what, when, and what the mail server answered, as a file for a spreadsheet."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from actions.selecting import require_deadline
from notifications.titles import title_of
from plans.obligations import Obligation
from plans.problems import Problem, UserError
from reports.proof import Proven, proof_csv
from scheduler.app import App
from scheduler.commands.why import deadline_key
from scheduler.selecting import check_filter
from scheduler.terminal import Terminal, local
from store.mail_log import Logged, log
from store.obligations import by_ids, of_deadline
from store.units import unit_names

_OWING = ("officers", "head")  # who was reminded of what their unit owed; lists for coordinators remind nobody
_COLUMNS = ("unit", "deadline", "stage", "person", "address", "sent_at", "message_id", "state", "answer")


def prove(
    parsed: argparse.Namespace, app: App, terminal: Terminal, since: datetime | None, until: datetime | None
) -> int:
    """Write the file, or print it."""
    if not parsed.deadline and not parsed.unit:
        raise UserError(Problem("proof.of_what"))
    out = Path(parsed.out) if parsed.out else None
    if out is not None and out.exists():
        raise UserError(Problem("roll_over.exists", {"file": str(out)}))
    key = deadline_key(parsed.deadline) if parsed.deadline else None
    with app.database.read() as tx:
        check_filter(tx, units=[parsed.unit] if parsed.unit else ())
        if key is not None:
            require_deadline(tx, key)
        chosen = None if key is None else [o.id for o in of_deadline(tx, key)]
        mails = log(tx, obligations_in=chosen, unit=parsed.unit)
        numbers = {i.obligation for m in mails for i in m.items}
        of = {o.id: o for o in by_ids(tx, numbers if chosen is None else numbers.intersection(chosen))}
        names = unit_names(tx)
    rows = [r for m in mails if _within(m, since, until) for r in _rows(m, of, names, parsed.unit, app, terminal)]
    rows.sort(key=lambda r: (r.unit, r.deadline, r.at, r.address))
    content = proof_csv([terminal.say(f"cli.proof.{name}") for name in _COLUMNS], rows)
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        with out.open("xb") as file:
            file.write(content)
        terminal.aside("cli.proof.written", file=out, n=len(rows))
    return 0


def _within(mail: Logged, since: datetime | None, until: datetime | None) -> bool:
    at = mail.sent_at or mail.at
    return (since is None or since <= at) and (until is None or at <= until)


def _rows(
    mail: Logged, of: Mapping[int, Obligation], names: Mapping[str, str], unit: str | None, app: App, terminal: Terminal
) -> Iterable[Proven]:
    say = terminal.say
    for item in mail.items:
        # What was not needed any more was not said, though its mail may have left with others.
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
            sent_at=terminal.cell(local(mail.sent_at, app.office.zone)) if mail.sent_at else "",
            message_id=f"<{mail.ref}>",
            state=say(f"mail_state.{mail.state}"),
            answer=mail.said or "",
        )
