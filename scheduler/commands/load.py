"""`load`: reconcile unit, policy and plan files into the home, and say what that changes and how many mails follow."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from actions.loading import LoadReport, load
from actions.office import Act
from actions.policies import PolicyChange
from actions.reconciling import PlanLoad
from actions.succeeding import Fate, Succeeded
from plans.rules import MonthDay
from scheduler.app import open_app
from scheduler.catching_up import catch_up
from scheduler.clock import Clock
from scheduler.reading import UNITS, read_files
from scheduler.running import day, line_of
from scheduler.terminal import Terminal
from store.units import read_roster

ACTOR = "cli"
_DAYS = 8  # of mails that are listed
_ITEMS = 20  # obligations of ended units that are listed


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    track_from = day(parsed.track_from, "--track-from") if parsed.track_from else None
    with open_app(home, clock, parsed.lang) as app:
        names = list(parsed.files)
        with app.database.read() as tx:
            empty = not read_roster(tx).units
        found = read_files(names, home)
        if empty and not found.documents.rosters and (home / UNITS).is_file():
            found = read_files([str(home / UNITS), *names], home)
            terminal.line("cli.load.units_too", file=home / UNITS)
        report = load(
            app.office,
            Act(ACTOR, app.clock()),
            found.documents.rosters,
            found.documents.plans,
            found.documents.policies,
            track_from=track_from,
            roster_places=[file.places for file in found.documents.units],
            replace_newer=parsed.replace,
            dry_run=parsed.dry_run,
            problems=found.documents.problems,
        )
        catch_up(app, terminal)
    for warning in report.warnings:
        terminal.text(line_of(warning, terminal.say))
    print_report(report, terminal)
    if parsed.dry_run:
        terminal.line("cli.dry_run.done")
    return 0


def print_report(report: LoadReport, terminal: Terminal) -> None:
    """What a load did, for people."""
    roster = report.roster
    if not roster.empty:
        units = [slug for slug in roster.changed if ":" not in slug and slug != "overseers"]
        terminal.line("cli.load.roster", added=len(roster.added), changed=len(units))
    if roster.absent:
        terminal.line("cli.load.absent", units=", ".join(roster.absent))
    _print_policies(report.policies, terminal)
    for plan in report.plans:
        _print_plan(plan, terminal)
    print_succeeded(report.succeeded, terminal)
    if report.empty:
        terminal.line("cli.load.nothing")


def _print_policies(change: PolicyChange, terminal: Terminal) -> None:
    for policy in change.policies:
        code = "cli.load.policy_new" if policy.new else "cli.load.policy_changed"
        terminal.line(code, policy=policy.policy, stages=policy.stages, tasks=policy.tasks)
    if change.quiet is not None:
        days = [terminal.say("cli.load.quiet_tet")] if change.quiet.after_tet else []
        days += [f"{d.day:02}/{d.month:02}" if isinstance(d, MonthDay) else f"{d:%d/%m/%Y}" for d in change.quiet.days]
        terminal.line("cli.load.quiet", days=", ".join(days) or terminal.say("cli.load.quiet_none"))
    if not change.empty:
        terminal.line("cli.load.policy_mails", dropped=change.dropped, added=change.added)


def print_succeeded(done: Sequence[Succeeded], terminal: Terminal) -> None:
    """What became of the obligations of units that ended."""
    if not done:
        return
    fates = Counter(s.fate for s in done)
    terminal.line("cli.succession.sum", **{fate.value: fates[fate] for fate in Fate})
    for s in done[:_ITEMS]:
        terminal.line(f"cli.succession.{s.fate.value}", deadline=str(s.key), old=s.old, new=s.new)
    if len(done) > _ITEMS:
        terminal.line("cli.succession.more", n=len(done) - _ITEMS)


def _print_plan(plan: PlanLoad, terminal: Terminal) -> None:
    code = "cli.load.new" if plan.new else "cli.load.same" if plan.empty else "cli.load.changed"
    terminal.line(code, plan=plan.plan, title=plan.title, since=plan.track_from)
    difference = plan.difference
    if not plan.new:
        for name, old, new in difference.fields:
            terminal.line("cli.load.field", name=name, old=old or "–", new=new or "–")
        for task in difference.added:
            terminal.line("cli.load.task_added", task=task.slug, title=task.title)
        for change in difference.changed:
            terminal.line("cli.load.task_changed", task=change.new.slug, fields=", ".join(change.fields))
        for task in difference.removed:
            terminal.line("cli.load.task_removed", task=task.slug, title=task.title)
    for deadline, old_day, new_day in plan.moved:
        terminal.line("cli.load.moved", deadline=deadline, old=old_day, new=new_day)
    if plan.empty:
        return
    terminal.line(
        "cli.load.obligations",
        tasks=len(difference.added),
        deadlines=plan.deadlines_added,
        added=plan.obligations_added,
        cancelled=plan.obligations_cancelled,
    )
    for on, mails in plan.mails[:_DAYS]:
        terminal.line("cli.load.mails", day=on, n=mails)
    if len(plan.mails) > _DAYS:
        rest = plan.mails[_DAYS:]
        terminal.line("cli.load.more_mails", n=sum(n for _, n in rest), days=len(rest), last=rest[-1][0])
