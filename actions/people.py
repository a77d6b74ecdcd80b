"""People: away and back, hand-over, addresses that fail or are confirmed, preferences; all of it audited."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlalchemy import Connection

from actions.access import rights_of
from actions.events import recount_units
from actions.office import Act, Office
from actions.responsibility import Duty, Responsibility, duty_on
from plans.access import Granted
from plans.audiences import resolve
from plans.files import values
from plans.files.values import ValueFault
from plans.people import HEAD, OFFICERS, Addressee
from plans.plan import Plan, Task, TaskOfficer
from plans.problems import Problem, UserError
from plans.units import Officer, Roster, Unit
from store import plans as stored_plans
from store.absences import add_absence, add_handovers, read_absences, withdraw_absences
from store.feed_members import settle_feeds
from store.forecast import Item, items_of_units
from store.moments import reopen_moments_of_units
from store.people import UPCOMING, Standing, change_person, find_person, on_file, people_ids
from store.recipients import rebuild, units_leaning_on
from store.units import read_roster, save_roster, unit_ids

EARLIEST, LATEST = time(8), time(13)  # of a digest: what may leave at 14:00 is not put off


@dataclass(frozen=True, slots=True)
class Coming:
    """An open item that an act concerns: the stages still to come, and who will be written to."""

    item: Item
    stages: tuple[tuple[datetime, str], ...]
    to: tuple[Addressee, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What a hand-over moved, and what follows."""

    posts: tuple[tuple[str, str], ...]  # unit, role
    tasks: tuple[str, ...]  # plan/task
    coming: tuple[Coming, ...]


def absent(
    office: Office,
    act: Act,
    address: str,
    first: date,
    last: date | None = None,
    deputy: str | None = None,
    *,
    by_link: Granted | None = None,
    dry_run: bool = False,
) -> list[Coming]:
    """Note that a person is away, both days included (`last` None: until further notice); what others get meanwhile.

    `by_link`: whoever says so holds a mailed link of the person, which is no key to all that the person may do: the
    deputy must gain nothing. Raises UserError for people who aren't on file, days in the wrong order or past, and a
    second absence at a time.
    """
    today = office.today(act.now)
    with office.database.trial() if dry_run else office.database.write() as tx:
        known = on_file(tx)
        problems = _unknown(known, [address, *([deputy] if deputy else [])])
        if last is not None and last < first:
            problems.append(Problem("absence.span", {"first": first, "last": last}))
        elif last is not None and last < today:
            problems.append(Problem("absence.past", {"last": last}))
        if deputy == address:
            problems.append(Problem("absence.own_deputy", {"address": address}))
        elif by_link is not None and deputy in known:
            passing = replace(by_link, administrators=frozenset())  # an administrator's rights pass to nobody
            theirs, gained = (rights_of(tx, who, today, passing) for who in (deputy, address))
            if not theirs.covers(gained):
                problems.append(Problem("absence.gains", {"address": deputy}))
        for other in read_absences(tx, first):
            if other.address == address and (last is None or other.first <= last):
                params = {"address": address, "first": other.first, "last": other.last or "…"}
                problems.append(Problem("absence.twice", params))
        if problems:
            raise UserError(problems)
        begins = max(first, today)
        before = duty_on(tx, begins)
        add_absence(tx, known[address].id, first, last, known[deputy].id if deputy else None, act.reason)
        days = {"first": first.isoformat(), "last": last.isoformat() if last else None}
        act.note(tx, "absent", f"people/{address}", deputy=deputy, **days)
        concerned = units_leaning_on(tx, today, [address])
        if first <= today:
            rebuild(tx, today, concerned)
        until = office.end_of(last) if last else None
        items = items_of_units(tx, concerned, max(act.now, office.start_of(begins)), until)
        return [c for c in coming_items(items, before, duty_on(tx, begins), address) if c.stages]


def back(office: Office, act: Act, address: str) -> list[tuple[date, date | None]]:
    """End a person's absence, and take back those still to come; their days. UserError where there is none."""
    today = office.today(act.now)
    with office.database.write() as tx:
        person = _person(tx, address)
        ended = withdraw_absences(tx, person.id, today, act.now)
        if not ended:
            raise UserError(Problem("absence.none", {"address": address}))
        days = [[first.isoformat(), last.isoformat() if last else None] for first, last in ended]
        act.note(tx, "back", f"people/{address}", ended=days)
        rebuild(tx, today, units_leaning_on(tx, today, [address]))
        return ended


def hand_over(
    office: Office,
    act: Act,
    old: str,
    new: str,
    *,
    name: str | None = None,
    unit: str | None = None,
    dry_run: bool = False,
) -> HandedOver:
    """Move a person's posts (of all units, or of one) and places as a task's own officer to another address.

    Role and position are kept. The new one is told of what is open and gets the latest stage of each item; nobody else
    gets anything twice. `name`: of someone new, who has no place yet; without it the name of the post stays.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        return hand_over_in(tx, office, act, old, new, name=name, unit=unit)


def hand_over_in(
    tx: Connection, office: Office, act: Act, old: str, new: str, *, name: str | None = None, unit: str | None = None
) -> HandedOver:
    """As `hand_over`, inside a transaction."""
    today = office.today(act.now)
    with suppress(ValueFault):  # is reported below
        new = values.address(new)
    roster = read_roster(tx)
    _check_handover(tx, roster, old, new, unit)
    known = find_person(tx, new)
    called = kept_name(roster, new) or name or (known.name if known else None)
    before = Responsibility(tx, today)
    moved = {s: _moved(u, old, new, called) for s, u in roster.units.items() if unit in (None, s)}
    changed = {s: u for s, u in moved.items() if u != roster.units[s]}
    after = replace(roster, units={**roster.units, **changed})
    save_roster(tx, roster, after, today)
    tasks, of_tasks = _move_tasks(tx, office, act, after, old, new, called, unit)
    if not changed and not tasks:
        raise UserError(Problem("handover.nothing", {"address": old, "unit": unit or "–"}))
    numbers = unit_ids(tx)
    concerned = {numbers[s] for s in (*changed, *of_tasks)}
    if tasks:
        rebuild(tx, today)
    recount_units(tx, office, act.now, settle_feeds(tx, act.now))
    ids = people_ids(tx, [old, new])
    add_handovers(tx, concerned, ids[old], ids[new], act.now)
    before.announce(tx, office, act.now)
    reopen_moments_of_units(tx, concerned)
    act.note(tx, "hand_over", f"people/{old}", to=new, units=sorted(changed), tasks=tasks)
    act.note(tx, "take_over", f"people/{new}", given_by=old, units=sorted(changed), tasks=tasks)
    items = items_of_units(tx, concerned, act.now)
    posts = tuple((s, o.role.value) for s in changed for o in roster.units[s].officers if o.address == old)
    return HandedOver(posts, tuple(tasks), tuple(coming_items(items, before.duty, duty_on(tx, today), old)))


def kept_name(roster: Roster, address: str) -> str | None:
    """What somebody is called who has a place already; nobody is renamed by being given another, or a mailbox."""
    watching = (o.name for o in (*roster.overseers, *roster.leaders) if o.address == address)
    return next(
        (o.name for u in roster.units.values() for o in u.officers if o.address == address), next(watching, None)
    )


def reachable(office: Office, act: Act, address: str) -> None:
    """An address that a server refused works again: it is written to from now on."""
    with office.database.write() as tx:
        person = _person(tx, address)
        if person.unreachable_at is None:
            raise UserError(Problem("people.reachable", {"address": address}))
        change_person(tx, person.id, unreachable_at=None, unreachable_answer=None)
        act.note(tx, "reachable", f"people/{address}", answer=person.unreachable_answer)
        today = office.today(act.now)
        rebuild(tx, today, units_leaning_on(tx, today, [address]))


def confirm(office: Office, act: Act, addresses: Iterable[str] = (), unit: str | None = None) -> list[str]:
    """Note that these addresses, or all of a unit's, are right today; returns them."""
    with office.database.write() as tx:
        known = on_file(tx)
        wanted = list(dict.fromkeys(addresses))
        problems = _unknown(known, wanted)
        if unit is not None:
            found = read_roster(tx).units.get(unit)
            problems += [] if found else [Problem("option.unit", {"name": unit})]
            wanted += [o.address for o in found.officers] + ([found.mailbox] if found.mailbox else []) if found else []
        if problems:
            raise UserError(problems)
        wanted = list(dict.fromkeys(wanted))
        for address in wanted:
            change_person(tx, known[address].id, confirmed_on=office.today(act.now))
            act.note(tx, "confirm", f"people/{address}")
        return wanted


def set_preferences(
    office: Office, act: Act, address: str, *, digest_at: time | None = None, upcoming: str | None = None
) -> Standing:
    """A later time of day for a person's digest, or only the last reminder before a date; None leaves it as it is.

    Mail about what is overdue can't be declined. Raises UserError for a time outside `EARLIEST` to `LATEST`.
    """
    problems = []
    if digest_at is not None and not EARLIEST <= digest_at <= LATEST:
        params = {"at": f"{digest_at:%H:%M}", "first": f"{EARLIEST:%H:%M}", "last": f"{LATEST:%H:%M}"}
        problems.append(Problem("people.digest_at", params))
    if upcoming is not None and upcoming not in UPCOMING:
        problems.append(Problem("people.upcoming", {"value": upcoming, "choices": ", ".join(UPCOMING)}))
    if problems:
        raise UserError(problems)
    with office.database.write() as tx:
        person = _person(tx, address)
        chosen = person.digest_at if digest_at is None else None if digest_at == EARLIEST else digest_at
        preferring = replace(person, digest_at=chosen, upcoming=upcoming or person.upcoming)
        wanted = {"digest_at": preferring.digest_at, "upcoming": preferring.upcoming}
        changed = {key: value for key, value in wanted.items() if getattr(person, key) != value}
        if changed:
            change_person(tx, person.id, **changed)
            said = {k: f"{v:%H:%M}" if isinstance(v, time) else v for k, v in changed.items()}
            act.note(tx, "prefer", f"people/{address}", **said)
        return preferring


# -- looking up ------------------------------------------------------------------------------------------------------


def _person(tx: Connection, address: str) -> Standing:
    known = on_file(tx)
    problems = _unknown(known, [address])
    if problems:
        raise UserError(problems)
    return known[address]


def _unknown(known: Iterable[str], addresses: Iterable[str]) -> list[Problem]:
    known = list(known)
    found = []
    for address in addresses:
        if address not in known:
            near = difflib.get_close_matches(address, known, 1)
            params = {"name": address, **({"nearest": near[0]} if near else {})}
            found.append(Problem("people.unknown_near" if near else "people.unknown", params))
    return found


def coming_items(items: Iterable[Item], before: Duty, after: Duty, address: str) -> list[Coming]:
    """The items about which a person was to be written to, and to whom their stages go instead."""
    found = []
    for item in items:
        for audience in (OFFICERS, HEAD):
            if all(a.address != address for a in before.of(item.task, item.unit, audience)):
                continue
            stages = tuple((at, stage) for at, stage, to in item.stages if to == audience)
            if stages or audience == OFFICERS:
                found.append(Coming(item, stages, after.of(item.task, item.unit, audience)))
    return found


# -- handing over ----------------------------------------------------------------------------------------------------


def _check_handover(tx: Connection, roster: Roster, old: str, new: str, unit: str | None) -> None:
    problems = _unknown(on_file(tx), [old])
    try:
        values.address(new)
    except ValueFault as fault:
        problems.append(Problem(fault.code, {"key": "NEW", **fault.params}))
    if old == new:
        problems.append(Problem("handover.same", {"address": old}))
    if unit is not None and unit not in roster.units:
        near = difflib.get_close_matches(unit, list(roster.units), 1)
        code = "option.unit_near" if near else "option.unit"
        problems.append(Problem(code, {"name": unit, **({"nearest": near[0]} if near else {})}))
    if problems:
        raise UserError(problems)


def _moved(unit: Unit, old: str, new: str, name: str | None) -> Unit:
    """The unit with `new` in the place of `old`; where `new` has the same role there already, `old` only leaves."""
    held = {o.role for o in unit.officers if o.address == new}
    officers: list[Officer] = []
    for o in unit.officers:
        if o.address != old:
            officers.append(o)
        elif o.role not in held:
            officers.append(Officer(name or o.name, new, o.role))
    return replace(unit, officers=tuple(officers))


def _move_tasks(
    tx: Connection, office: Office, act: Act, roster: Roster, old: str, new: str, name: str | None, unit: str | None
) -> tuple[list[str], set[str]]:
    """The same in the tasks that name `old`; returns the tasks, and the units for which someone was named."""
    today = office.today(act.now)
    still = any(o.address == old for u in roster.units.values() for o in u.officers)
    moved: list[str] = []
    of_units: set[str] = set()
    for slug in stored_plans.plan_slugs(tx):
        stored = stored_plans.read_plan(tx, slug)
        if stored is None:
            continue
        owes = {t.slug: unit is None or unit in resolve(t.owed_by, roster, today) for t in stored.plan.tasks}
        tasks = tuple(
            _moved_task(t, old, new, name, unit, still=still) if owes[t.slug] else t for t in stored.plan.tasks
        )
        changed = [t for t, before in zip(tasks, stored.plan.tasks, strict=True) if t != before]
        if not changed:
            continue
        plan: Plan = replace(stored.plan, tasks=tasks)
        coordinator = unit_ids(tx)[plan.coordinator] if plan.coordinator else None
        stored_plans.save_plan(tx, plan, coordinator, stored.track_from, act.now, stored)
        stored_plans.save_tasks(tx, stored.id, tasks, stored.track_from, act.now)
        act.note(tx, "change", slug, changed=[[t.slug, "officers"] for t in changed])
        moved += [f"{slug}/{t.slug}" for t in changed]
        of_units |= {o.unit for t in changed for o in t.officers if o.unit and o.address == new}
    return moved, of_units


def _moved_task(task: Task, old: str, new: str, name: str | None, unit: str | None, *, still: bool) -> Task:
    officers: dict[tuple[str, str | None], TaskOfficer] = {}
    for o in task.officers:
        mine = o.address == old and (unit is None or o.unit in (None, unit))
        if not mine or (o.unit is None and still):  # who has a post elsewhere still is that unit's officer of the task
            officers[o.address, o.unit] = o
        if mine:
            officers[new, o.unit] = TaskOfficer(new, o.unit, (name or o.name) if o.unit else None)
    return replace(task, officers=tuple(officers.values()))
