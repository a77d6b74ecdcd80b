"""`submit`, `accept`, `return`, `extend`, `waive`, `close`: what coordinators do with obligations, audited."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from actions.adjusting import close, extend, reopen, waive
from actions.intake import Intake, receive_register
from actions.office import Act
from actions.receiving import Changed, Receipt, accept, send_back, submit
from plans.files.register import read_register
from plans.files.sheets import LARGEST
from plans.plan import Kind
from plans.problems import Place, Problem, UserError
from plans.rules import Operator
from scheduler.app import App, open_app
from scheduler.catching_up import catch_up
from scheduler.clock import Clock
from scheduler.commands.why import deadline_key
from scheduler.running import day, line_of
from scheduler.terminal import Terminal

ACTOR = "cli"


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        act = Act(ACTOR, app.clock(), parsed.reason)
        if parsed.command == "submit" and parsed.register:
            return _print_intake(_register(parsed, app, act), terminal, dry_run=parsed.dry_run)
        done = _ACTS[parsed.command](parsed, app, act)
        catch_up(app, terminal)
    return _print(done, terminal, _outcome(parsed), dry_run=parsed.dry_run)


def _outcome(parsed: argparse.Namespace) -> str:
    """What the act makes of an item, where that is more than a receipt: a code of the catalogue."""
    if parsed.command == "close":
        return "reopen" if parsed.reopen else "close"
    return str(parsed.command)


def _register(parsed: argparse.Namespace, app: App, act: Act) -> Intake:
    """The days and numbers stand in the register: said twice, they could differ."""
    given = [f"--{name}" for name in ("received", "number") if getattr(parsed, name)]
    if given:
        raise UserError([Problem("register.option", {"option": option}) for option in given])
    path = Path(parsed.register)
    if not path.is_file():
        raise UserError(Problem("file.missing", {}, Place(parsed.register)))
    with path.open("rb") as file:
        register = read_register(parsed.register, file.read(LARGEST + 1))
    key = deadline_key(parsed.deadline)
    return receive_register(app.office, act, key, register, skip=parsed.skip, dry_run=parsed.dry_run)


def _submit(parsed: argparse.Namespace, app: App, act: Act) -> list[Changed]:
    if parsed.skip:
        raise UserError(Problem("register.skip_alone"))
    received = day(parsed.received, "--received") if parsed.received else app.office.today(act.now)
    receipt = Receipt(received, parsed.number)
    key = deadline_key(parsed.deadline)
    return submit(app.office, act, key, parsed.unit, receipt, dry_run=parsed.dry_run)


def _accept(parsed: argparse.Namespace, app: App, act: Act) -> list[Changed]:
    received = day(parsed.received, "--received") if parsed.received else None
    return accept(app.office, act, deadline_key(parsed.deadline), parsed.unit, received, dry_run=parsed.dry_run)


def _return(parsed: argparse.Namespace, app: App, act: Act) -> list[Changed]:
    until = day(parsed.until, "--until") if parsed.until else None
    received = day(parsed.received, "--received") if parsed.received else None
    key = deadline_key(parsed.deadline)
    options = {"void": parsed.void, "dry_run": parsed.dry_run}
    return send_back(app.office, act, key, parsed.unit, until, received_on=received, **options)


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
    do = reopen if parsed.reopen else close
    return do(app.office, act, parsed.plan, parsed.period, dry_run=parsed.dry_run)


_ACTS: dict[str, Callable[[argparse.Namespace, App, Act], list[Changed]]] = {
    "submit": _submit,
    "accept": _accept,
    "return": _return,
    "extend": _extend,
    "waive": _waive,
    "close": _close,
}


def _print_intake(intake: Intake, terminal: Terminal, *, dry_run: bool) -> int:
    """As `_print`, and every row that was left out; a register that says nothing new is no fault."""
    code = _print(intake.done, terminal, "submit", dry_run=dry_run)
    for problem in (*intake.notes, *intake.problems):
        terminal.complain(line_of(problem, terminal.say))
    return code if intake.problems else 0


def _print(done: Sequence[Changed], terminal: Terminal, outcome: str, *, dry_run: bool) -> int:
    """One line per obligation; 0 unless nothing at all could be done."""
    for change in done:
        o = change.obligation
        if change.skipped:
            why = terminal.say(f"cli.skipped.{change.skipped}")
            terminal.line("cli.act.skipped", unit=o.unit_name, deadline=str(o.key), why=why)
        elif outcome == "close":
            state = "returned" if o.sent_back else "work" if o.kind is Kind.WORK else None
            said = terminal.say(f"status.missing.{state}" if state else "status.missing")
            terminal.line("cli.act.close", unit=o.unit_name, deadline=str(o.key), outcome=said)
        elif change.late is None:
            done_code = "cli.act.done_tried" if dry_run else "cli.act.done"
            code = f"cli.act.{outcome}" if terminal.say.has(f"cli.act.{outcome}") else done_code
            terminal.line(code, unit=o.unit_name, deadline=str(o.key), last_day=change.last_day)
        else:
            verdict = terminal.say("cli.act.late" if change.late else "cli.act.on_time")
            code = "cli.act.judged_tried" if dry_run else "cli.act.judged"
            terminal.line(code, unit=o.unit_name, deadline=str(o.key), verdict=verdict)
    changed = sum(1 for c in done if not c.skipped)
    terminal.line("cli.act.sum_tried" if dry_run else "cli.act.sum", n=changed, skipped=len(done) - changed)
    if dry_run:
        terminal.line("cli.dry_run.done")
    return 0 if changed or not done else 1
