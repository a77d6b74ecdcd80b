"""`why`: how a date was computed, and which sentence of which document says so."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.chaining import Collected, chain_of
from actions.explaining import Explanation, why
from plans.deadlines import DeadlineKey
from plans.problems import Problem, UserError
from plans.rules import recurs
from plans.words import Words
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.terminal import Terminal


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    key = deadline_key(parsed.deadline)
    with open_app(home, clock, parsed.lang) as app, app.database.read() as tx:
        found = why(tx, app.office, key)
        chain = chain_of(tx, app.office, key, found.task, found.dates)
    if terminal.as_json:
        terminal.objects([{**_object(found), "collects": [_collected(c) for c in chain]}])
        return 0
    _print(found, terminal, terminal.say)
    for collected in chain:
        _print_collected(collected, terminal, terminal.say)
    return 0


def deadline_key(text: str) -> DeadlineKey:
    """`<plan>/<task>/<period>`. Raises UserError that shows the form."""
    key = DeadlineKey.parse(text)
    if key is None:
        raise UserError(Problem("deadline.form", {"value": text}))
    return key


def _print(found: Explanation, terminal: Terminal, say: Words) -> None:
    period = say.period(found.key.period)
    terminal.text(f"{found.task.title}{f' ({period})' if period else ''}")
    terminal.line("cli.why.plan", number=found.plan.number or found.plan.slug, title=found.plan.title)
    dates = found.dates
    for name, day in (
        ("stated", dates.stated),
        ("last_day", dates.last_day),
        ("act_by", dates.act_by),
        ("late_after", dates.late_on),
    ):
        at = f" {dates.at:%H:%M}" if dates.at and name in ("stated", "late_after") else ""
        never = name == "late_after" and not found.task.kind.can_be_late
        told = say("cli.why.never_late") if never else f"{say.full_date(day)}{at}"
        terminal.text(f"  {say(f'cli.why.{name}'):<24}{told}")
    source = found.task.source
    if source.quote:
        code = "cli.why.quote_line" if source.line else "cli.why.quote"
        terminal.line(code, quote=source.quote, line=source.line)
    steps = [s for s in dates.steps if found.task.kind.can_be_late or not s.code.startswith("late_")]
    for number, step in enumerate(steps, 1):
        terminal.text(f"  {number}. {say.step(step)}")
    if found.rrule and recurs(found.task.due):
        terminal.line("cli.why.rrule", rrule=found.rrule)
    if found.tracked is not True:
        terminal.line("cli.why.untracked" if found.tracked is False else "cli.why.not_made")


def _print_collected(found: Collected, terminal: Terminal, say: Words) -> None:
    """How many of the reports that this one sums up are in, and the date that they ought to have."""
    periods = [say.period(period) for period in found.periods]
    numbers = {"title": found.title, "done": found.done, "owing": found.owing}
    if not periods:
        terminal.line("cli.why.collects_none", title=found.title)
    elif len(periods) > 1:
        terminal.line("cli.why.collects_many", n=len(periods), first=periods[0], last=periods[-1], **numbers)
    elif periods[0]:
        terminal.line("cli.why.collects", period=periods[0], **numbers)
    else:
        terminal.line("cli.why.collects_once", **numbers)
    if found.proposed is not None:
        terminal.line("cli.why.propose", day=found.proposed, ahead=found.ahead)


def _collected(found: Collected) -> dict[str, object]:
    return {
        "task": found.name,
        "title": found.title,
        "periods": [str(period) for period in found.periods],
        "done": found.done,
        "owing": found.owing,
        "ahead": found.ahead,
        "proposed": found.proposed,
    }


def _object(found: Explanation) -> dict[str, object]:
    dates = found.dates
    return {
        "deadline": str(found.key),
        "title": found.task.title,
        "stated": dates.stated,
        "operator": dates.operator.value,
        "last_day": dates.last_day,
        "act_by": dates.act_by,
        "late_after": dates.late_on,
        "late_at": dates.late_at.isoformat(),
        "time": f"{dates.at:%H:%M}" if dates.at else None,
        "quote": found.task.source.quote,
        "line": found.task.source.line,
        "rrule": found.rrule,
        "tracked": found.tracked,
        "steps": [{"code": s.code, **s.params} for s in dates.steps],
    }
