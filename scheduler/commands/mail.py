"""`mail`: what was sent, what waits; the exact bytes of one; another try; a test letter."""

from __future__ import annotations

import argparse
import asyncio
import sys
import uuid
from pathlib import Path

from notifications.items import Mail
from notifications.mime import message_bytes, new_message_id
from notifications.outlets import Letter, Outcome, OutletDown, deliver_one
from plans.problems import Problem, UserError
from scheduler.app import App, open_app
from scheduler.clock import Clock
from scheduler.mail_lines import mail_object
from scheduler.running import day
from scheduler.selecting import check_filter
from scheduler.terminal import Terminal, local
from store import mail_log
from store.results import retry

_LARGEST = 2**31 - 1  # number that a row can have: PostgreSQL and SQLite fail on larger ones, each at its own


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        acts = {"list": _list, "show": _show, "retry": _retry, "test": _test}
        return acts[parsed.act](parsed, app, terminal)


def _list(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    on = day(parsed.on, "--on") if parsed.on else None
    office = app.office
    address = parsed.person.casefold() if parsed.person else None
    since, until = (office.start_of(on), office.end_of(on)) if on else (None, None)
    with app.database.read() as tx:
        check_filter(tx, units=[parsed.unit] if parsed.unit else ())
        found = mail_log.log(tx, state=parsed.state, address=address, since=since, until=until)
        if parsed.state == "superseded":
            found += mail_log.never_mailed(tx, address=address, since=since, until=until)
            found.sort(key=lambda m: (m.at, m.address, m.kind, m.id))
    if parsed.unit:
        found = [m for m in found if any(i.unit == parsed.unit for i in m.items)]
    if terminal.as_json:
        terminal.objects(mail_object(m, office.zone) for m in found)
    elif found:
        headings = ("cli.col.id", "cli.col.at", "cli.col.person", "cli.col.state", "cli.col.subject")
        rows = [
            (m.id or None, local(m.sent_at or m.at, office.zone), m.address, _state(m, terminal), _subject(m, terminal))
            for m in found
        ]
        terminal.rows(headings, rows)
    else:
        terminal.line("cli.mail.none")
    return 0


def _state(mail: mail_log.Logged, terminal: Terminal) -> str:
    state = terminal.say(f"mail_state.{mail.state}")
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
    with app.database.write() as tx:
        ids = (
            [n for n in parsed.ids if n <= _LARGEST] if parsed.ids else [m.id for m in mail_log.log(tx, state="failed")]
        )
        terminal.line("cli.mail.retried", n=retry(tx, ids, app.clock()))
    return 0


def _test(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    """A letter that says that letters arrive."""
    settings, say, now = app.settings.mail, terminal.say, app.clock()
    if "@" not in parsed.address:
        raise UserError(Problem("settings.wants_address", {"key": say("cli.meta.address"), "value": parsed.address}))
    subject, text = say("cli.mail.test_subject"), say("cli.mail.test_text")
    mail = Mail(
        sender_name=settings.sender_name,
        sender=settings.sender,
        recipient_name="",
        recipient=parsed.address,
        subject=subject,
        text=f"{text}\n",
        html=f"<p>{text}</p>",
    )
    ref = new_message_id(settings.domain, "test", uuid.uuid4())
    content = message_bytes(mail, ref, now.astimezone(app.office.zone))
    try:
        outcome = asyncio.run(_send(app, Letter(ref, settings.sender, parsed.address, content)))
    except OutletDown as down:
        terminal.fault("cli.mail.test_failed", address=parsed.address, answer=down.fault.answer)
        return 3
    if outcome.kind == "sent":
        terminal.line("cli.mail.tested", address=parsed.address, answer=outcome.answer)
        return 0
    terminal.fault("cli.mail.test_failed", address=parsed.address, answer=outcome.answer)
    return 3


async def _send(app: App, letter: Letter) -> Outcome:
    async with app.outlet() as outlet:
        return await deliver_one(outlet, letter)
