"""`sessions`: who is signed in, ending that, and what became of the links that people asked for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from actions.office import Act
from plans.problems import Problem, UserError
from scheduler.app import App, open_app
from scheduler.clock import Clock
from scheduler.terminal import Terminal, local
from store.people import find_person
from store.sessions import end_sessions, list_sessions
from store.sign_ins import Told, recent_links

ACTOR = "cli"
LARGEST = 2**31 - 1  # number that a row can have: PostgreSQL and SQLite fail on larger ones, each at its own


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        return {"list": _list, "end": _end, "links": _links}[parsed.act](parsed, app, terminal)


def _list(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    zone, now = app.office.zone, app.clock()
    with app.database.read() as tx:
        found = list_sessions(tx, now, person=person_number(tx, parsed.person))
    if terminal.as_json:
        terminal.objects(
            {
                "id": s.id,
                "person": s.address,
                "since": local(s.created_at, zone),
                "seen": local(s.seen_at, zone),
                "client": s.client,
            }
            for s in found
        )
    elif found:
        rows = [(s.id, s.address, local(s.created_at, zone), local(s.seen_at, zone), s.client[:60]) for s in found]
        terminal.rows([f"cli.col.{c}" for c in ("id", "person", "since", "seen", "client")], rows)
    else:
        terminal.line("cli.sessions.none")
    return 0


def _end(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    now = app.clock()
    if not (parsed.ids or parsed.person or parsed.all):
        raise UserError(Problem("sessions.which"))
    with app.database.write() as tx:
        named = [n for n in parsed.ids if n <= LARGEST] if parsed.ids else None
        ended = end_sessions(tx, now, numbers=named, person=person_number(tx, parsed.person))
        Act(ACTOR, now).note_all(tx, "sign_out", [(f"session/{number}", {}) for number in ended])
    terminal.line("cli.sessions.ended", n=len(ended))
    return 0


def _links(_parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    with app.database.read() as tx:
        found = recent_links(tx)
    rows = list(_told(found, app, terminal))
    if terminal.as_json:
        terminal.objects(dict(zip(("at", "address", "state", "answer", "used"), row, strict=True)) for row in rows)
    elif rows:
        terminal.rows([f"cli.col.{c}" for c in ("at", "address", "state", "answer", "used")], rows)
    else:
        terminal.line("cli.sessions.no_links")
    return 0


def _told(found: list[Told], app: App, terminal: Terminal) -> Iterator[tuple[object, ...]]:
    zone = app.office.zone
    for one in found:
        state = one.state if terminal.as_json else terminal.say(f"link_state.{one.state}")
        yield local(one.at, zone), one.address, state, one.answer, local(one.used_at, zone)


def person_number(tx: Connection, address: str | None) -> int | None:
    if address is None:
        return None
    found = find_person(tx, address.strip().lower())
    if found is None:
        raise UserError(Problem("people.unknown", {"name": address}))
    return found.id
