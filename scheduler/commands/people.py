"""`people`: who is written to; away and back, hand-over, addresses that fail or are confirmed, preferences."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from actions import people
from actions.contacts import Contact, contacts
from actions.office import Act
from actions.people import Coming
from plans.files import values
from plans.files.values import ValueFault
from plans.problems import Problem, UserError
from scheduler.app import App, open_app
from scheduler.catching_up import catch_up
from scheduler.clock import Clock
from scheduler.running import day
from scheduler.selecting import check_filter
from scheduler.terminal import Terminal, local

ACTOR = "cli"
_SHOWN = 20  # items of a preview


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    acts = {
        "list": _list,
        "absent": _absent,
        "back": _back,
        "hand-over": _hand_over,
        "reachable": _reachable,
        "confirm": _confirm,
        "set": _set,
    }
    with open_app(home, clock, parsed.lang) as app:
        code = acts[parsed.act](parsed, app, terminal)
        catch_up(app, terminal)
        return code


def _act(parsed: argparse.Namespace, app: App) -> Act:
    return Act(ACTOR, app.clock(), getattr(parsed, "reason", None))


def _list(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    today = app.office.today(app.clock())
    with app.database.read() as tx:
        check_filter(tx, units=[parsed.unit] if parsed.unit else ())
        found = contacts(tx, today, parsed.unit, unconfirmed=parsed.unconfirmed)
    if terminal.as_json:
        terminal.objects(_object(c, app.office.zone) for c in found)
    elif found:
        headings = ("cli.col.address", "cli.col.name", "cli.col.posts", "cli.col.remarks")
        rows = [
            (
                c.person.address,
                c.person.name,
                _posts(c, terminal) or None,
                "; ".join(_remarks(c, app, terminal)) or None,
            )
            for c in found
        ]
        terminal.rows(headings, rows)
        terminal.line("cli.people.sum", n=len(found))
    else:
        terminal.line("cli.people.none")
    return 0


def _posts(c: Contact, terminal: Terminal) -> str:
    return "; ".join(f"{terminal.say(f'role.{role}')} {name}" for _, name, role in c.posts)


def _remarks(c: Contact, app: App, terminal: Terminal) -> Iterable[str]:
    p, say = c.person, terminal.say
    if p.unreachable_at:
        since = local(p.unreachable_at, app.office.zone)
        yield say("cli.people.unreachable", since=since.date() if since else "", answer=p.unreachable_answer or "")
    if c.absence:
        yield say("cli.people.away", first=c.absence.first, last=c.absence.last or "…", deputy=c.absence.deputy or "–")
    if c.stands_in_for:
        yield say("cli.people.stands_in", names=", ".join(c.stands_in_for))
    if p.digest_at:
        yield say("cli.people.digest_at", at=f"{p.digest_at:%H:%M}")
    if p.upcoming != "all":
        yield say(f"cli.people.upcoming_{p.upcoming}")
    if c.posts and p.confirmed_on:
        yield say("cli.people.confirmed", day=p.confirmed_on)
    elif c.posts:
        yield say("cli.people.unconfirmed")


def _object(c: Contact, zone: ZoneInfo) -> dict[str, object]:
    p, away = c.person, c.absence
    since = local(p.unreachable_at, zone)
    return {
        "address": p.address,
        "name": p.name,
        "posts": [{"unit": slug, "unit_name": name, "role": role} for slug, name, role in c.posts],
        "absent": {"from": str(away.first), "to": away.last and str(away.last), "deputy": away.deputy}
        if away
        else None,
        "stands_in_for": list(c.stands_in_for),
        "unreachable_since": since.isoformat() if since else None,
        "unreachable_answer": p.unreachable_answer,
        "confirmed_on": p.confirmed_on,
        "asked_on": p.asked_on,
        "digest_at": f"{p.digest_at:%H:%M}" if p.digest_at else None,
        "upcoming": p.upcoming,
    }


def _absent(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    first, last = day(parsed.first, "--from"), day(parsed.last, "--to") if parsed.last else None
    who, deputy = parsed.address.casefold(), parsed.deputy.casefold() if parsed.deputy else None
    found = people.absent(app.office, _act(parsed, app), who, first, last, deputy, dry_run=parsed.dry_run)
    terminal.line("cli.people.absent", address=who, first=first, last=last or "…", deputy=deputy or "–")
    _print_coming(found, app, terminal)
    return _end(parsed, terminal)


def _back(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    who = parsed.address.casefold()
    for first, last in people.back(app.office, _act(parsed, app), who):
        terminal.line("cli.people.back", address=who, first=first, last=last or "…")
    return 0


def _hand_over(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    old, new = parsed.old.casefold(), parsed.new.casefold()
    done = people.hand_over(
        app.office, _act(parsed, app), old, new, name=parsed.name, unit=parsed.unit, dry_run=parsed.dry_run
    )
    for unit, role in done.posts:
        terminal.line("cli.people.moved", unit=unit, role=terminal.say(f"role.{role}"), old=old, new=new)
    for task in done.tasks:
        terminal.line("cli.people.moved_task", task=task, old=old, new=new)
    _print_coming(done.coming, app, terminal)
    if not parsed.dry_run:
        terminal.line("cli.people.file_too", old=old, new=new)
    return _end(parsed, terminal)


def _reachable(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    people.reachable(app.office, _act(parsed, app), parsed.address.casefold())
    terminal.line("cli.people.reachable", address=parsed.address.casefold())
    return 0


def _confirm(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    if not parsed.addresses and not parsed.unit:
        raise UserError(Problem("people.confirm_what"))
    named = [a.casefold() for a in parsed.addresses]
    for address in people.confirm(app.office, _act(parsed, app), named, parsed.unit):
        terminal.line("cli.people.confirmed_now", address=address)
    return 0


def _set(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    try:
        at = values.time_of_day(parsed.digest_at) if parsed.digest_at else None
    except ValueFault as fault:
        raise UserError(Problem(fault.code, {"key": "--digest-at", **fault.params})) from fault
    if at is None and parsed.upcoming is None:
        raise UserError(Problem("people.set_what"))
    who = parsed.address.casefold()
    kept = people.set_preferences(app.office, _act(parsed, app), who, digest_at=at, upcoming=parsed.upcoming)
    at = kept.digest_at or people.EARLIEST
    wanted = terminal.say(f"cli.people.wants_{kept.upcoming}")
    terminal.line("cli.people.preferred", address=who, at=f"{at:%H:%M}", upcoming=wanted)
    return 0


def _print_coming(found: Iterable[Coming], app: App, terminal: Terminal) -> None:
    """Which open items, which of their stages, and to whom they go."""
    some = list(found)
    for c in some[:_SHOWN]:
        stages = "; ".join(
            f"{terminal.say.stage(stage)} {local(at, app.office.zone):%d/%m/%Y %H:%M}" for at, stage in c.stages
        )
        to = ", ".join(a.address for a in c.to)
        params = {"deadline": str(c.item.key), "unit": c.item.unit_name, "stages": stages or "–", "to": to or "–"}
        terminal.line("cli.people.coming", **params)
    if len(some) > _SHOWN:
        terminal.line("cli.people.more", n=len(some) - _SHOWN)
    if not some:
        terminal.line("cli.people.nothing_coming")


def _end(parsed: argparse.Namespace, terminal: Terminal) -> int:
    if parsed.dry_run:
        terminal.line("cli.dry_run.done")
    return 0
