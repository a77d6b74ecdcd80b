"""Links to sign in by: mailed at once to those who asked for one, whatever the hour, or handed over by an operator.

They are kept apart from the messages of reminders: no office hours, no digest that absorbs them, no retry for days, and
no copy of what was sent, because it holds a secret. What became of each is in `store.sign_ins`.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions.access import rights_of
from actions.office import Act, Office
from notifications.desk import Desk
from notifications.mime import message_bytes, new_message_id
from notifications.outlets import UNTRIED, Letter, Outcome, Outlet
from notifications.sign_in import compose_sign_in
from plans.access import Granted
from plans.problems import Problem, UserError
from store import sign_ins
from store.hashing import hashed, new_secret
from store.people import ensure_people, read_people

log = logging.getLogger(__name__)

_BATCH = 50  # written together, and sent over one line
_OFFERS = 2  # of a letter that an idle connection lost before anything was said of it
_STATES = {"sent": "sent", "unknown": "unknown", "refused": "failed"}  # the rest waits


@dataclass(frozen=True, slots=True)
class _Written:
    """A letter whose row says `sending`."""

    number: int
    letter: Letter


async def mail_sign_ins(
    office: Office, desk: Desk, outlet: Outlet, granted: Granted, clock: Callable[[], datetime]
) -> Counter[str]:
    """Mail the links that were asked for; how many by what became of them. Raises OutletDown once that is recorded."""
    with office.database.read() as tx:
        if not sign_ins.waiting(tx, clock(), 1):
            return Counter()
    written = deque(await asyncio.to_thread(_write, office, desk, granted, clock()))
    by_ref = {w.letter.message_id: w.number for w in written}
    outcomes = {w.number: UNTRIED for w in written}
    offers: Counter[int] = Counter()

    def take() -> Letter | None:
        if not written:
            return None
        one = written.popleft()
        offers[one.number] += 1
        return one.letter

    def done(letter: Letter, outcome: Outcome) -> None:
        number = by_ref[letter.message_id]
        if outcome.kind == "untried" and offers[number] < _OFFERS:
            written.append(_Written(number, letter))
        else:
            outcomes[number] = outcome

    try:
        if written:
            await outlet.deliver(take, done)
    finally:
        await asyncio.to_thread(_record, office, outcomes)
    return Counter(_STATES.get(o.kind, "waiting") for o in outcomes.values())


def _write(office: Office, desk: Desk, granted: Granted, now: datetime) -> list[_Written]:
    """Claim what waits and write its mails; who has no right gets none."""
    found = []
    today = office.today(now)
    with office.database.write() as tx:
        for asked in sign_ins.waiting(tx, now, _BATCH):
            if not rights_of(tx, asked.address, today, granted).any:
                sign_ins.pass_over(tx, asked.id)
                continue
            person = _person(tx, asked.address)
            token = new_secret()
            if not sign_ins.claim(tx, asked.id, person, hashed(token)):
                continue
            try:
                found.append(_Written(asked.id, _letter(tx, office, desk, asked, person, token, now)))
            except Exception:  # one that cannot be written stops nobody else
                log.exception("a link to sign in cannot be written")
                sign_ins.finish(tx, asked.id, "failed", "")
    return found


def _letter(
    tx: Connection, office: Office, desk: Desk, asked: sign_ins.Asked, person: int, token: str, now: datetime
) -> Letter:
    mail = compose_sign_in(
        read_people(tx, [person])[person].name,
        asked.address,
        link_of(office, token),
        asked.expires_at.astimezone(office.zone),
        int(sign_ins.VALID / timedelta(minutes=1)),
        desk.words,
        desk.mail,
    )
    ref = new_message_id(desk.mail.domain, "sign-in", uuid.uuid4())
    return Letter(ref, desk.mail.sender, asked.address, message_bytes(mail, ref, now.astimezone(office.zone)))


def _record(office: Office, outcomes: dict[int, Outcome]) -> None:
    with office.database.write() as tx:
        for number, outcome in outcomes.items():
            said = " ".join(str(part) for part in (outcome.code, outcome.answer) if part)
            sign_ins.finish(tx, number, _STATES.get(outcome.kind, "waiting"), said)
            if outcome.kind == "refused":
                log.warning("a link to sign in was refused: %s", said)


def print_link(
    office: Office, act: Act, address: str, granted: Granted, valid: timedelta = sign_ins.VALID, back: str = "/"
) -> str:
    """A link for somebody whom no mail reaches, good in any browser, once. Raises UserError for who has no right."""
    with office.database.write() as tx:
        if not rights_of(tx, address, office.today(act.now), granted).any:
            raise UserError(Problem("people.unknown", {"name": address}))
        token = new_secret()
        sign_ins.print_link(tx, address, _person(tx, address), hashed(token), act.now, valid, back)
        act.note(tx, "login_link", f"person/{address}", minutes=int(valid / timedelta(minutes=1)))
    return link_of(office, token)


def link_of(office: Office, token: str) -> str:
    return f"{office.base_url}/dang-nhap/{token}"


def _person(tx: Connection, address: str) -> int:
    """The number of a person; an administrator may be in the settings file alone."""
    return ensure_people(tx, {address: address}, rename=False)[address]
