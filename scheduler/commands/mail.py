"""`mail`: what was sent, what waits; the exact bytes of one; another try; a test letter; the proof of reminding."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

from actions.office import Act
from actions.sending_again import send_again
from plans.problems import Problem, UserError
from scheduler.app import App, open_app
from scheduler.clock import Clock
from scheduler.mail_lines import mail_object
from scheduler.mail_proof import prove
from scheduler.mail_trial import try_out
from scheduler.running import day
from scheduler.selecting import check_filter
from scheduler.terminal import Terminal, local
from store import mail_log
from store.outlets import outlet_down

ACTOR = "cli"
_LARGEST = 2**31 - 1  # number that a row can have: PostgreSQL and SQLite fail on larger ones, each at its own


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        acts = {"list": _list, "show": _show, "retry": _retry, "test": try_out, "proof": _proof}
        return acts[parsed.act](parsed, app, terminal)


def _list(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    office = app.office
    address = parsed.person.casefold() if parsed.person else None
    since, until = _span(parsed, app)
    with app.database.read() as tx:
        check_filter(tx, units=[parsed.unit] if parsed.unit else ())
        found = mail_log.log(tx, state=parsed.state, address=address, unit=parsed.unit, since=since, until=until)
        if parsed.state == "superseded":
            more = mail_log.never_mailed(tx, address=address, since=since, until=until)
            found += [m for m in more if parsed.unit is None or any(i.unit == parsed.unit for i in m.items)]
            found.sort(key=lambda m: (m.at, m.address, m.kind, m.id))
    if terminal.as_json:
        terminal.objects(mail_object(m, office.zone) for m in found)
    elif found:
        names = ("id", "at", "person", "state", "tries", "subject", "answer")
        rows = [
            (
                m.id or None,
                local(m.sent_at or m.at, office.zone),
                m.address,
                _state(m, app, terminal),
                m.attempts or None,
                _subject(m, terminal),
                # Of mail kept in a Maildir no server has said anything.
                m.said if m.code is not None or m.state != "sent" else None,
            )
            for m in found
        ]
        terminal.rows([f"cli.col.{name}" for name in names], rows)
    else:
        terminal.line("cli.mail.none")
    return 0


def _span(parsed: argparse.Namespace, app: App) -> tuple[datetime | None, datetime | None]:
    """The local days that were asked for; both None: all."""
    office = app.office
    first = day(parsed.first, "--from") if parsed.first else None
    last = day(parsed.last, "--to") if parsed.last else None
    if getattr(parsed, "on", None):
        first = last = day(parsed.on, "--on")
    if first is not None and last is not None and last < first:
        raise UserError(Problem("option.span", {"first": first, "last": last}))
    return office.start_of(first) if first else None, office.end_of(last) if last else None


def _state(mail: mail_log.Logged, app: App, terminal: Terminal) -> str:
    state = terminal.say(f"mail_state.{mail.state}")
    if mail.next_at is not None and mail.attempts:
        return f"{state} ({terminal.cell(local(mail.next_at, app.office.zone))})"
    return f"{state} ({terminal.say(f'reason.{mail.reason}')})" if mail.reason else state


def _subject(mail: mail_log.Logged, terminal: Terminal) -> str | None:
    """Of what never came into a mail: the stage it was for, and of which deadline."""
    if mail.subject is not None or mail.id or not mail.items:
        return mail.subject
    first, others = mail.items[0], len(mail.items) - 1
    said = f"{terminal.say.stage(first.stage)}: {first.deadline} ({first.unit})"
    return terminal.say("cli.mail.and_others", first=said, n=others) if others else said


def _show(parsed: argparse.Namespace, app: App, _terminal: Terminal) -> int:
    with app.database.read() as tx:
        content = mail_log.content_of(tx, parsed.id) if parsed.id <= _LARGEST else None
    if content is None:
        raise UserError(Problem("mail.no_content", {"id": parsed.id}))
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    return 0


def _retry(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    """What failed is queued anew, what may have arrived as it was; what a server put off is tried at once."""
    address = parsed.person.casefold() if parsed.person else None
    named = {n for n in parsed.ids if n <= _LARGEST}
    with app.database.read() as tx:
        found = [m.id for m in mail_log.log(tx, state=parsed.state, address=address)]
    ids = [n for n in found if n in named] if parsed.ids else found
    again = send_again(app.office, Act(ACTOR, app.clock()), ids)
    terminal.line("cli.mail.retried", n=len(again.numbers))
    with app.database.read() as tx:
        down = outlet_down(tx, app.desk.mail.outlet_name)
    if down:
        terminal.aside("cli.mail.retry_down")
    return 0


def _proof(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    since, until = _span(parsed, app)
    return prove(parsed, app, terminal, since, until)
