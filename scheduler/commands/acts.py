"""`submit`, `accept`, `return`, `extend`, `waive`, `close`: what coordinators do with obligations, audited."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from actions.adjusting import close, extend, waive
from actions.office import Act
from actions.receiving import Changed, Receipt, accept, send_back, submit
from plans.rules import Operator
from scheduler.app import App, open_app
from scheduler.clock import Clock
from scheduler.commands.why import deadline_key
from scheduler.running import day
from scheduler.terminal import Terminal

ACTOR = "cli"


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        act = Act(ACTOR, app.clock(), parsed.reason)
        done = _ACTS[parsed.command](parsed, app, act)
    dry_run = getattr(parsed, "dry_run", False)
    return _print(done, terminal, dry_run=dry_run)


def _submit(parsed: argparse.Namespace, app: App, act: Act) -> list[Changed]:
    received = day(parsed.received, "--received") if parsed.received else app.office.today(act.now)
    receipt = Receipt(received, parsed.number)
    key = deadline_key(parsed.deadline)
    return submit(app.office, act, key, parsed.unit, receipt, dry_run=parsed.dry_run)


def _accept(parsed: argparse.Namespace, app: App, act: Act) -> list[Changed]:
    received = day(parsed.received, "--received") if parsed.received else None
    return accept(app.office, act, deadline_key(parsed.deadline), parsed.unit, received)


def _return(parsed: argparse.Namespace, app: App, act: Act) -> list[Changed]:
    until = day(parsed.until, "--until") if parsed.until else None
    return send_back(app.office, act, deadline_key(parsed.deadline), parsed.unit, until, void=parsed.void)


def _extend(parsed: argparse.Namespace, app: App, act: Act) -> list[Changed]:
    return extend(
        app.office,
        act,
        deadline_key(parsed.deadline),
        parsed.unit,
        day(parsed.until, "--until"),
        operator=Operator.BEFORE if parsed.before else Operator.BY,
        document=parsed.document,
        dry_run=parsed.dry_run,
    )


def _waive(parsed: argparse.Namespace, app: App, act: Act) -> list[Changed]:
    return waive(app.office, act, deadline_key(parsed.deadline), parsed.unit, dry_run=parsed.dry_run)


def _close(parsed: argparse.Namespace, app: App, act: Act) -> list[Changed]:
    return close(app.office, act, parsed.plan, parsed.period, dry_run=parsed.dry_run)


_ACTS: dict[str, Callable[[argparse.Namespace, App, Act], list[Changed]]] = {
    "submit": _submit,
    "accept": _accept,
    "return": _return,
    "extend": _extend,
    "waive": _waive,
    "close": _close,
}


def _print(done: Sequence[Changed], terminal: Terminal, *, dry_run: bool) -> int:
    """One line per obligation; 0 unless nothing at all could be done."""
    for change in done:
        o = change.obligation
        if change.skipped:
            why = terminal.say(f"cli.skipped.{change.skipped}")
            terminal.line("cli.act.skipped", unit=o.unit_name, deadline=str(o.key), why=why)
        elif change.late is None:
            terminal.line("cli.act.done", unit=o.unit_name, deadline=str(o.key))
        else:
            verdict = terminal.say("cli.act.late" if change.late else "cli.act.on_time")
            terminal.line("cli.act.judged", unit=o.unit_name, deadline=str(o.key), verdict=verdict)
    changed = sum(1 for c in done if not c.skipped)
    terminal.line("cli.act.sum", n=changed, skipped=len(done) - changed)
    if dry_run:
        terminal.line("cli.dry_run.done")
    return 0 if changed or not done else 1
