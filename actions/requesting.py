"""What units ask of the coordinator, and its answers: a later date, to be left out, another contact.

A request changes nothing by itself, and reminders go on; they say that it has no answer yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection

from actions.adjusting import extend_in, waive_in
from actions.correcting import correct_contact
from actions.office import Act, Office
from actions.receiving import Changed
from plans.announcements import News
from plans.files import values
from plans.files.values import ValueFault
from plans.obligations import Obligation
from plans.people import posts_of
from plans.problems import Problem, UserError
from plans.requests import LONGEST_NAME, LONGEST_TEXT, Request, RequestKind, RequestState
from plans.status import OPEN_STATES
from store import requests as stored
from store.announcements import Concerned, announce
from store.answering import answers_for
from store.obligations import by_ids
from store.people import people_ids, read_people
from store.units import read_roster

_FURTHEST = timedelta(days=366)  # a year further is a slip of the pen


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the person whose link or account it is, and the name typed where somebody else holds it."""

    person: int
    name: str | None = None


def ask_extension(office: Office, act: Act, obligation: int, asker: Asker, until: date, text: str) -> int:
    """Ask for a later date, with the reason; the number of the request.

    Raises UserError for what is not open, for a day that is no later or too far, without a reason, for somebody who is
    not responsible, and while another one is open.
    """
    with office.database.write() as tx:
        o = _asked_of(tx, obligation, asker)
        problems = _of_texts(text, asker, needed=True)
        if until <= o.dates.last_day or until < office.today(act.now):
            problems.append(Problem("request.not_later", {"until": until, "last_day": o.dates.last_day}))
        elif until > max(o.dates.last_day, office.today(act.now)) + _FURTHEST:
            problems.append(Problem("request.far", {"until": until}))
        return _ask(tx, act, RequestKind.EXTENSION, o, asker, text, problems, until)


def ask_exemption(office: Office, act: Act, obligation: int, asker: Asker, text: str) -> int:
    """Say that the unit is not concerned ("không thuộc đối tượng"), with the reason; the number of the request.

    Raises UserError as `ask_extension` does.
    """
    with office.database.write() as tx:
        o = _asked_of(tx, obligation, asker)
        return _ask(tx, act, RequestKind.NOT_CONCERNED, o, asker, text, _of_texts(text, asker, needed=True))


def ask_contact_change(
    office: Office,
    act: Act,
    unit: str,
    asker: Asker,
    text: str | None = None,
    *,
    old: str | None = None,
    new: str | None = None,
    name: str | None = None,
    obligation: int | None = None,
) -> int:
    """Ask that a unit be written to elsewhere; the number of the request.

    `old` is the address on file (default: that of whoever asks), `new` and `name` what is right; without a new address
    the text says it. `obligation`: the task on whose page it was asked, through which a refusal is told. Raises
    UserError for an address that is none or not on file for the unit, and as `ask_extension` does.
    """
    with office.database.write() as tx:
        found = read_roster(tx).units.get(unit)
        if found is None:
            raise UserError(Problem("option.unit", {"name": unit}))
        asking = read_people(tx, [asker.person])[asker.person]
        held = old or asking.address
        problems = _of_texts(text, asker, needed=not (new or name))
        if held not in posts_of(found):
            problems.append(Problem("request.no_contact", {"address": held, "unit": found.name}))
        if name and len(name) > LONGEST_NAME:
            problems.append(Problem("request.name_long", {"limit": LONGEST_NAME}))
        detail = {"old": held} | ({"name": name.strip()} if name and name.strip() else {})
        try:
            detail |= {"new": values.address(new.strip())} if new else {}
        except ValueFault as fault:
            problems.append(Problem(fault.code, {"key": "email", **fault.params}))
        if problems:
            raise UserError(problems)
        number = stored.add_request(
            tx,
            RequestKind.CONTACT,
            unit,
            asker.person,
            act.now,
            obligation=obligation,
            asked_by=_plain(asker.name),
            text=_plain(text),
            detail=detail,
        )
        if number is None:
            raise UserError(Problem("request.open", {"unit": found.name}))
        act.note(tx, "ask_contact", f"people/{held}", request=number, unit=unit, declared_by=asker.name, **detail)
        return number


def withdraw(office: Office, act: Act, number: int, asker: Asker) -> None:
    """Take back what one has asked for. Raises UserError for a request of somebody else's or one that has an answer."""
    with office.database.write() as tx:
        found = {r.id: r for r in stored.requests_of(tx, [number])}
        person = read_people(tx, [asker.person]).get(asker.person)
        if number not in found or person is None or found[number].address != person.address:
            raise UserError(Problem("request.unknown", {"id": number}))
        if not stored.close_request(tx, number, RequestState.WITHDRAWN, act.now, act.actor, act.reason):
            raise UserError(Problem("request.answered", {"id": number}))
        act.note(tx, "withdraw_request", _subject(found[number]), request=number)


def decide(
    office: Office,
    act: Act,
    numbers: Iterable[int],
    *,
    grant: bool,
    until: date | None = None,
    document: str | None = None,
    dry_run: bool = False,
) -> list[Request]:
    """Grant or refuse requests, all or none; granting does what was asked for in the same transaction.

    `until`: another day than the one asked for; `document`: that approves a later date. The reason, which a refusal
    needs, is told to who asked; a grant without one rests on the reason of the request. Raises UserError with
    everything that cannot be done.
    """
    wanted = sorted(set(numbers))
    problems = [] if grant or act.reason else [Problem("request.reason")]
    if until is not None and not grant:
        problems.append(Problem("request.until_refused"))
    if problems:
        raise UserError(problems)
    with office.database.trial() if dry_run else office.database.write() as tx:
        concerned = [r.obligation for r in stored.requests_of(tx, wanted) if r.obligation is not None]
        owed = {o.id: o for o in by_ids(tx, concerned, lock=True)}  # before the requests: as every other act does
        found = stored.requests_of(tx, wanted)
        problems += [Problem("request.unknown", {"id": n}) for n in sorted(set(wanted) - {r.id for r in found})]
        for request in found:
            if request.state is not RequestState.OPEN:
                problems.append(Problem("request.answered", {"id": request.id}))
                continue
            try:
                given = _Answer(grant, until, document)
                _decide(tx, office, act, request, owed.get(request.obligation or 0), given)
            except UserError as error:
                problems += error.problems
        if problems:
            raise UserError(problems)
        if not grant:
            _tell_refusals(tx, act, found, owed)
        return stored.requests_of(tx, wanted)


@dataclass(frozen=True, slots=True)
class _Answer:
    grant: bool
    until: date | None
    document: str | None


def _decide(tx: Connection, office: Office, act: Act, request: Request, o: Obligation | None, answer: _Answer) -> None:
    state = RequestState.GRANTED if answer.grant else RequestState.REFUSED
    stored.close_request(tx, request.id, state, act.now, act.actor, act.reason)
    said = {"request": request.id, "asked": request.kind.value}
    act.note(tx, "grant_request" if answer.grant else "refuse_request", _subject(request), **said)
    if not answer.grant:
        return
    granting = replace(act, reason=act.reason or request.text)
    if request.kind is RequestKind.CONTACT:
        if request.detail.get("new") or request.detail.get("name"):
            correct_contact(tx, office, granting, request.unit, **_contact(request))
        return
    if o is None:  # the obligation of a request is never deleted
        raise UserError(Problem("request.unknown", {"id": request.id}))
    if request.kind is RequestKind.EXTENSION:
        day = answer.until or request.until or o.dates.last_day
        changed = extend_in(tx, office, granting, [o], day, document=answer.document)
    else:
        changed = waive_in(tx, office, granting, [o])
    if problems := cannot(changed):
        raise UserError(problems)


def cannot(changed: Iterable[Changed]) -> list[Problem]:
    """What an act would have left as it is, as problems of an act that does all or nothing."""
    return [
        Problem(f"act.{c.skipped}", {"unit": c.obligation.unit_name, "deadline": str(c.obligation.key)})
        for c in changed
        if c.skipped
    ]


def _contact(request: Request) -> dict[str, str | None]:
    d = request.detail
    return {"old": d.get("old", request.address), "new": d.get("new"), "name": d.get("name")}


def _tell_refusals(tx: Connection, act: Act, refused: Iterable[Request], owed: Mapping[int, Obligation]) -> None:
    """Who asked is told once of each obligation, whatever was asked about it."""
    kinds: dict[tuple[int, str], list[str]] = defaultdict(list)
    for r in refused:
        if r.obligation is not None and owed[r.obligation].state in OPEN_STATES:
            kinds[r.obligation, r.address].append(r.kind.value)
    persons = people_ids(tx, {address for _, address in kinds})
    for (number, address), some in kinds.items():
        detail = {"refused": some, "reason": act.reason}
        announce(tx, News.REFUSED, [Concerned(number, act.now, detail)], act.now, persons=[persons[address]])


def _asked_of(tx: Connection, obligation: int, asker: Asker) -> Obligation:
    found = by_ids(tx, [obligation], lock=True)
    if not found:
        raise UserError(Problem("obligation.unknown", {"id": obligation}))
    (o,) = found
    if o.state not in OPEN_STATES or not o.tracked or not o.kind.can_be_late:
        raise UserError(Problem("request.closed", {"unit": o.unit_name, "deadline": str(o.key)}))
    if not answers_for(tx, asker.person, o.id):
        raise UserError(Problem("request.not_responsible", {"unit": o.unit_name, "deadline": str(o.key)}))
    return o


def _of_texts(text: str | None, asker: Asker, *, needed: bool) -> list[Problem]:
    problems = []
    if needed and not _plain(text):
        problems.append(Problem("request.text"))
    if text and len(text) > LONGEST_TEXT:
        problems.append(Problem("request.text_long", {"limit": LONGEST_TEXT}))
    if asker.name and len(asker.name) > LONGEST_NAME:
        problems.append(Problem("request.name_long", {"limit": LONGEST_NAME}))
    return problems


def _ask(
    tx: Connection,
    act: Act,
    kind: RequestKind,
    o: Obligation,
    asker: Asker,
    text: str,
    problems: list[Problem],
    until: date | None = None,
) -> int:
    if problems:
        raise UserError(problems)
    number = stored.add_request(
        tx,
        kind,
        o.unit,
        asker.person,
        act.now,
        obligation=o.id,
        asked_by=_plain(asker.name),
        text=_plain(text),
        until=until,
    )
    if number is None:
        raise UserError(Problem("request.open", {"unit": o.unit_name}))
    said = {"request": number, "note": _plain(text), "declared_by": _plain(asker.name)}
    said |= {"asked_until": until.isoformat()} if until else {}
    act.note(tx, f"ask_{kind}", f"{o.key}/{o.unit}", **said)
    return number


def _plain(text: str | None) -> str | None:
    return (text or "").strip() or None


def _subject(request: Request) -> str:
    if request.key is not None and request.kind is not RequestKind.CONTACT:
        return f"{request.key}/{request.unit}"
    return f"people/{request.detail.get('old', request.address)}"
