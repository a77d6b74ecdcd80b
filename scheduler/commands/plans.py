"""`plans`: how long each plan goes on, and what people say of it each November."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.keeping import end, keep
from actions.office import Act
from scheduler.app import App, open_app
from scheduler.clock import Clock
from scheduler.commands.load import ACTOR, print_report
from scheduler.running import day
from scheduler.selecting import check_filter
from scheduler.terminal import Terminal
from store.plans import StandingPlan, standing_plans

_SHOWN = 20  # deadlines that are cancelled


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        if parsed.act == "list":
            with app.database.read() as tx:
                _list(standing_plans(tx), terminal)
            return 0
        with app.database.read() as tx:
            check_filter(tx, plan=parsed.plan)
        _keep(parsed, app, terminal) if parsed.act == "keep" else _end(parsed, app, terminal)
    return 0


def _keep(parsed: argparse.Namespace, app: App, terminal: Terminal) -> None:
    kept = keep(app.office, Act(ACTOR, app.clock(), parsed.reason), parsed.plan, parsed.year)
    terminal.line("cli.plans.kept", plan=kept.slug, year=kept.kept_through)


def _end(parsed: argparse.Namespace, app: App, terminal: Terminal) -> None:
    until = day(parsed.until, "--until")
    act = Act(ACTOR, app.clock(), parsed.reason)
    report = end(app.office, act, parsed.plan, until, dry_run=parsed.dry_run)
    print_report(report, terminal)
    ended = [one for plan in report.plans if plan.plan == parsed.plan for one in plan.ended]
    for deadline, last_day, still_open in ended[:_SHOWN]:
        terminal.line("cli.plans.cancels", deadline=deadline, last_day=last_day, n=still_open)
    if len(ended) > _SHOWN:
        terminal.line("cli.plans.cancels_more", n=len(ended) - _SHOWN)
    if parsed.dry_run:
        terminal.line("cli.dry_run.done")
    elif not report.empty:
        terminal.line("cli.plans.ended", plan=parsed.plan, until=until)


def _list(found: list[StandingPlan], terminal: Terminal) -> None:
    if terminal.as_json:
        terminal.objects(_object(plan) for plan in found)
        return
    headings = ("cli.col.plan", "cli.col.number", "cli.col.track_from", "cli.col.end", "cli.col.kept_through")
    terminal.rows(headings, [(p.slug, p.number, p.track_from, _end_of(p, terminal), p.kept_through) for p in found])


def _end_of(plan: StandingPlan, terminal: Terminal) -> object:
    if plan.replaced_by:
        return terminal.say("cli.plans.replaced_by", plan=plan.replaced_by)
    return plan.until or (terminal.say("cli.plans.open_ended") if plan.open_ended else None)


def _object(plan: StandingPlan) -> dict[str, object]:
    return {
        "plan": plan.slug,
        "title": plan.title,
        "number": plan.number,
        "coordinator": plan.coordinator,
        "track_from": plan.track_from,
        "until": plan.until,
        "replaced_by": plan.replaced_by,
        "kept_through": plan.kept_through,
        "open_ended": plan.open_ended,
    }
