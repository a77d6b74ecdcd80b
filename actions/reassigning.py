"""Hand one task of a unit to a colleague ("Chuyển người phụ trách"), by whoever answers for it.

The coordinator need not confirm: the link says who did it, both are told, and the unit's other tasks stay as they are.
The link ends with that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from actions.events import recount_units
from actions.office import Act, Office
from actions.requesting import Asker
from actions.responsibility import Responsibility
from plans.files import values
from plans.files.values import ValueFault
from plans.people import OFFICERS, posts_of
from plans.plan import Task, TaskOfficer
from plans.problems import Problem, UserError
from plans.requests import LONGEST_NAME
from plans.status import OPEN_STATES
from store import plans as stored_plans
from store.absences import add_handovers
from store.answering import answers_for
from store.feed_members import settle_feeds
from store.moments import reopen_moments_of_units
from store.obligations import by_ids
from store.people import find_person, people_ids, read_people
from store.recipients import rebuild
from store.units import read_roster, unit_ids


def reassign_by_link(
    office: Office, act: Act, obligation: int, asker: Asker, new: str, name: str | None = None
) -> tuple[str, str]:
    """Have a colleague written to about this task of the unit instead of the asker; (old, new) address.

    Others who are written to about it stay; periods to come go over too. Raises UserError for an address that is none
    or the asker's own, somebody new without a name, and for somebody who is not responsible.
    """
    today = office.today(act.now)
    with suppress(ValueFault):  # is reported below
        new = values.address(new.strip())
    with office.database.write() as tx:
        found = by_ids(tx, [obligation], lock=True)
        if not found:
            raise UserError(Problem("obligation.unknown", {"id": obligation}))
        (o,) = found
        holder = read_people(tx, [asker.person])[asker.person]
        problems = _problems(new, holder.address, name)
        if o.state not in OPEN_STATES or not o.tracked:
            problems.append(Problem("request.closed", {"unit": o.unit_name, "deadline": str(o.key)}))
        if not answers_for(tx, asker.person, o.id):
            problems.append(Problem("request.not_responsible", {"unit": o.unit_name, "deadline": str(o.key)}))
        if problems:
            raise UserError(problems)
        known = find_person(tx, new)
        called = (name or "").strip() or (known.name if known else new.partition("@")[0])
        plan = stored_plans.read_plan(tx, o.key.plan)
        task = plan.plan.task(o.key.task) if plan else None
        if plan is None or task is None:  # removed since: nothing is open then
            raise UserError(Problem("request.closed", {"unit": o.unit_name, "deadline": str(o.key)}))
        roster, numbers = read_roster(tx), unit_ids(tx)
        before = Responsibility(tx, today)
        task_number = plan.task_ids[task.slug]
        told = [a.address for a in before.duty.of(task_number, numbers[o.unit], OFFICERS)]
        wanted = list(dict.fromkeys([new if a == holder.address else a for a in told if a != new] or [new]))
        if new not in wanted:  # the asker is a head, or stands in for somebody
            wanted.append(new)
        posts = {slug: posts_of(unit) for slug, unit in roster.units.items()}
        names = {a: p.name for a in wanted if (p := find_person(tx, a))} | {new: called}
        changed = named_for_unit(task, o.unit, posts, [(a, names.get(a, a)) for a in wanted])
        tasks = tuple(changed if t.slug == task.slug else t for t in plan.plan.tasks)
        coordinator = numbers[plan.plan.coordinator] if plan.plan.coordinator else None
        stored_plans.save_plan(tx, replace(plan.plan, tasks=tasks), coordinator, plan.track_from, act.now, plan)
        stored_plans.save_tasks(tx, plan.id, tasks, plan.track_from, act.now)
        rebuild(tx, today)
        recount_units(tx, office, act.now, settle_feeds(tx, act.now))
        ids = people_ids(tx, [holder.address, new])
        add_handovers(tx, {numbers[o.unit]}, ids[holder.address], ids[new], act.now)
        before.announce(tx, office, act.now)
        reopen_moments_of_units(tx, {numbers[o.unit]})
        said = {"from": holder.address, "to": new, "name": called, "declared_by": asker.name}
        act.note(tx, "reassign", f"{o.key.plan}/{o.key.task}", unit=o.unit, **said)
        return holder.address, new


def named_for_unit(
    task: Task, unit: str, posts: Mapping[str, Sequence[str]], wanted: Iterable[tuple[str, str]]
) -> Task:
    """The task with exactly these (address, name) as its own officers for a unit; those of other units stay.

    `posts`: unit → the addresses that have a post there, for which an officer named without a unit counts.
    """
    kept: list[TaskOfficer] = []
    for o in task.officers:
        if o.unit is not None:
            kept += [] if o.unit == unit else [o]
            continue
        homes = [slug for slug, held in posts.items() if o.address in held]
        if unit not in homes:
            kept.append(o)
        else:
            kept += [TaskOfficer(o.address, home, o.name or o.address) for home in homes if home != unit]
    return replace(task, officers=(*kept, *(TaskOfficer(address, unit, name) for address, name in wanted)))


def _problems(new: str, holder: str, name: str | None) -> list[Problem]:
    problems = []
    try:
        values.address(new)
    except ValueFault as fault:
        problems.append(Problem(fault.code, {"key": "email", **fault.params}))
    if new == holder:
        problems.append(Problem("handover.same", {"address": new}))
    if name and len(name) > LONGEST_NAME:
        problems.append(Problem("request.name_long", {"limit": LONGEST_NAME}))
    return problems
