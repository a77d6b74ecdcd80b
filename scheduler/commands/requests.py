"""`requests`: what units ask for, and the coordinator's answers."""

from __future__ import annotations

import argparse
from pathlib import Path
from zoneinfo import ZoneInfo

from actions.office import Act
from actions.requesting import decide
from plans.requests import Request
from scheduler.app import App, open_app
from scheduler.clock import Clock
from scheduler.commands.acts import ACTOR
from scheduler.running import day
from scheduler.terminal import Terminal, local
from store.requests import all_requests, open_requests


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        return _answer(parsed, app, terminal) if parsed.act else _list(parsed, app, terminal)


def _list(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    with app.database.read() as tx:
        found = all_requests(tx) if parsed.all else open_requests(tx)
    zone = app.office.zone
    if terminal.as_json:
        terminal.objects(_object(r, zone) for r in found)
    elif found:
        headings = ["cli.col.request", "cli.col.asked_at", "cli.col.unit", "cli.col.deadline", "cli.col.request_what"]
        rows = [
            [r.id, local(r.asked_at, zone), r.unit_name, r.key and str(r.key), terminal.say.request(r)] for r in found
        ]
        if parsed.all:
            headings.append("cli.col.request_state")
            for row, r in zip(rows, found, strict=True):
                row.append(terminal.say(f"request_state.{r.state}"))
        terminal.rows(headings, rows)
        terminal.line("cli.requests.sum", n=len(found))
    else:
        terminal.line("cli.requests.none")
    return 0


def _answer(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    grant = parsed.act == "grant"
    until = day(parsed.until, "--until") if grant and parsed.until else None
    act = Act(ACTOR, app.clock(), parsed.reason)
    for r in decide(app.office, act, parsed.ids, grant=grant, until=until, dry_run=parsed.dry_run):
        state, what = terminal.say(f"request_state.{r.state}"), terminal.say.request(r)
        terminal.line("cli.requests.done", id=r.id, unit=r.unit_name, state=state, what=what)
    if parsed.dry_run:
        terminal.line("cli.dry_run.done")
    return 0


def _object(r: Request, zone: ZoneInfo) -> dict[str, object]:
    asked, decided = local(r.asked_at, zone), local(r.decided_at, zone)
    return {
        "id": r.id,
        "kind": r.kind.value,
        "unit": r.unit,
        "unit_name": r.unit_name,
        "deadline": str(r.key) if r.key else None,
        "address": r.address,
        "asked_by": r.asked_by,
        "asked_at": asked.isoformat() if asked else None,
        "until": r.until,
        "text": r.text,
        "detail": dict(r.detail),
        "state": r.state.value,
        "decided_at": decided.isoformat() if decided else None,
        "decided_by": r.decided_by,
        "reason": r.reason,
    }
