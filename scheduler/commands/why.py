"""`why`: how a date was computed, and which sentence of which document says so."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from actions.chaining import Collected, chain_of
from actions.explaining import Explanation, why
from actions.explaining_units import UnitDates, dates_of_unit, units_with_own_dates
from plans.deadlines import Basis, DeadlineKey, DueDates, Step
from plans.problems import Problem, UserError
from plans.rules import recurs
from plans.words import Words
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.terminal import Terminal

_GRANTED = (Basis.EXTENSION, Basis.RESUBMISSION)
_GROUPS, _NAMES = 4, 3  # of units with other dates: lines, and names in one of them


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    key = deadline_key(parsed.deadline)
    with open_app(home, clock, parsed.lang) as app, app.database.read() as tx:
        found = why(tx, app.office, key)
        one = dates_of_unit(tx, key, parsed.unit) if parsed.unit and found.tracked is not None else None
        others = [] if parsed.unit else units_with_own_dates(tx, key)
        chain = chain_of(tx, app.office, key, found.task, found.dates)
    late = found.task.kind.can_be_late
    if terminal.as_json:
        of_unit = {"unit": _unit(one, late=late), "rule": _dates(found.dates, late=late)} if one else {}
        shown = replace(found, dates=one.dates) if one else found
        units = [_unit(other, late=late) for other in others]
        terminal.objects([{**_object(shown), **of_unit, "units": units, "collects": [_collected(c) for c in chain]}])
        return 0
    _print(found, terminal, terminal.say, one)
    _print_others(others, terminal, terminal.say)
    for collected in chain:
        _print_collected(collected, terminal, terminal.say)
    return 0


def deadline_key(text: str) -> DeadlineKey:
    """`<plan>/<task>/<period>`. Raises UserError that shows the form."""
    key = DeadlineKey.parse(text)
    if key is None:
        raise UserError(Problem("deadline.form", {"value": text}))
    return key


def _print(found: Explanation, terminal: Terminal, say: Words, one: UnitDates | None) -> None:
    """The dates and each step to them; of `one` unit its own, and what they stand for."""
    period = say.period(found.key.period)
    terminal.text(f"{found.task.title}{f' ({period})' if period else ''}")
    terminal.line("cli.why.plan", number=found.plan.number or found.plan.slug, title=found.plan.title)
    dates, late = one.dates if one else found.dates, found.task.kind.can_be_late
    granted = one is not None and one.obligation.basis in _GRANTED  # then no sentence of the document says so
    if one:
        terminal.line("cli.why.of_unit", unit=one.obligation.unit_name, basis=_basis(one, say))
    for name, day in (
        ("stated", dates.stated),
        ("last_day", dates.last_day),
        ("act_by", dates.act_by),
        ("late_after", dates.late_on),
    ):
        if name == "late_after" and not late:
            terminal.line("cli.why.never_late", kind=say(f"kind.{found.task.kind}"))
            continue
        at = f" {dates.at:%H:%M}" if dates.at and name in ("stated", "late_after") else ""
        label = "granted" if name == "stated" and granted else name
        terminal.text(f"  {say(f'cli.why.{label}'):<24}{say.full_date(day)}{at}")
    if one and one.obligation.basis is not Basis.RULE:
        terminal.line("cli.why.of_rule", stated=found.dates.stated, last_day=found.dates.last_day)
    if one and late and one.judged.late_at != dates.late_at:
        terminal.line("cli.why.judged", late_after=one.judged.late_on)
    source = found.task.source
    if source.quote and not granted:
        code = "cli.why.quote_line" if source.line else "cli.why.quote"
        terminal.line(code, quote=source.quote, line=source.line)
    for number, step in enumerate(_steps(dates, late=late), 1):
        terminal.text(f"  {number}. {say.step(step)}")
    if found.rrule and not granted and recurs(found.task.due):
        terminal.line("cli.why.rrule", rrule=found.rrule)
    if found.tracked is not True:
        terminal.line("cli.why.untracked" if found.tracked is False else "cli.why.not_made")


def _steps(dates: DueDates, *, late: bool) -> list[Step]:
    """Those to a lateness that is never counted would mislead."""
    return [step for step in dates.steps if late or not step.code.startswith("late_")]


def _basis(one: UnitDates, say: Words) -> str:
    """What a unit's dates rest on: "gia hạn theo 99/UBND-NC (mưa lũ)"."""
    basis = one.obligation.basis
    document = one.document if basis is Basis.EXTENSION else None
    code = f"cli.why.basis.{basis}{'_document' if document else ''}"
    said = say(code, document=document, event_day=one.event_day)
    reason = one.obligation.reason if basis in _GRANTED else None
    return f"{said} ({reason})" if reason else said


def _print_others(others: Sequence[UnitDates], terminal: Terminal, say: Words) -> None:
    """Which units have other dates, those alike together, in a few lines."""
    if not others:
        return
    alike: dict[tuple[date, str], list[UnitDates]] = {}
    for one in others:
        alike.setdefault((one.dates.last_day, _basis(one, say)), []).append(one)
    terminal.line("cli.why.others", n=len(others), deadline=str(others[0].obligation.key))
    groups = list(alike.items())
    for (last_day, basis), units in groups[:_GROUPS]:
        names = ", ".join(f"{one.obligation.unit_name} ({one.obligation.unit})" for one in units[:_NAMES])
        more = say("cli.why.others_and", n=len(units) - _NAMES) if len(units) > _NAMES else ""
        terminal.line("cli.why.other", last_day=last_day, units=names + more, basis=basis)
    rest = sum(len(units) for _, units in groups[_GROUPS:])
    if rest:
        terminal.line("cli.why.others_more", n=rest)


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
    late = found.task.kind.can_be_late
    return {
        "deadline": str(found.key),
        "title": found.task.title,
        **_dates(found.dates, late=late),
        "quote": found.task.source.quote,
        "line": found.task.source.line,
        "rrule": found.rrule,
        "tracked": found.tracked,
        "steps": [{"code": s.code, **s.params} for s in _steps(found.dates, late=late)],
    }


def _dates(dates: DueDates, *, late: bool) -> dict[str, object]:
    return {
        "stated": dates.stated,
        "operator": dates.operator.value,
        "last_day": dates.last_day,
        "act_by": dates.act_by,
        "late_after": dates.late_on if late else None,
        "late_at": dates.late_at.isoformat() if late else None,
        "time": f"{dates.at:%H:%M}" if dates.at else None,
    }


def _unit(one: UnitDates, *, late: bool) -> dict[str, object]:
    o = one.obligation
    return {
        "unit": o.unit,
        "unit_name": o.unit_name,
        "basis": o.basis.value,
        "event_day": one.event_day,
        "document": one.document,
        "reason": o.reason,
        **_dates(one.dates, late=late),
        "judged_late_after": one.judged.late_on if late else None,
    }
