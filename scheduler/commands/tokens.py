"""`tokens`: which programs may ask in whose name, and taking that back."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.office import Act
from actions.tokens import revoke
from plans.problems import Problem, UserError
from scheduler.app import App, open_app
from scheduler.clock import Clock
from scheduler.commands.sessions import ACTOR, LARGEST, person_number
from scheduler.terminal import Terminal, local
from store.tokens import list_tokens


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        return {"list": _list, "revoke": _revoke}[parsed.act](parsed, app, terminal)


def _list(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    zone, now, say = app.office.zone, app.clock(), terminal.say
    with app.database.read() as tx:
        found = list_tokens(tx, now, person=person_number(tx, parsed.person))
    if terminal.as_json:
        terminal.objects(
            {
                "id": t.id,
                "person": t.address,
                "name": t.name,
                "writes": t.writes,
                "since": local(t.created_at, zone),
                "expires": local(t.expires_at, zone),
                "seen": local(t.seen_at, zone),
            }
            for t in found
        )
    elif found:
        rows = [
            (
                t.id,
                t.address,
                t.name[:40],
                say("cli.tokens.writes") if t.writes else say("cli.tokens.reads"),
                local(t.expires_at, zone),
                local(t.seen_at, zone),
            )
            for t in found
        ]
        terminal.rows([f"cli.col.{c}" for c in ("id", "person", "token_name", "rights", "expires", "seen")], rows)
    else:
        terminal.line("cli.tokens.none")
    return 0


def _revoke(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    if not (parsed.ids or parsed.person or parsed.all):
        raise UserError(Problem("tokens.which"))
    with app.database.read() as tx:
        person = person_number(tx, parsed.person)
    named = [n for n in parsed.ids if n <= LARGEST] if parsed.ids else None
    done = revoke(app.office, Act(ACTOR, app.clock()), numbers=named, person=person)
    terminal.line("cli.tokens.revoked", n=len(done))
    return 0
