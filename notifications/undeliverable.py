"""What a coordinator is told of mail that could not be delivered: to whom, why, and what to do about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from notifications.desk import Desk
from notifications.items import Mail
from notifications.rendering import render_html, render_subject, render_text
from notifications.settings import MailSettings
from notifications.titles import plain
from plans.words import Words
from store.recipients import told_of_units
from store.undelivered import Failure, Report, failures, reports
from store.units import coordinating_units

LOOK_BACK = timedelta(days=30)  # what failed longer ago is not told any more
_SHOWN = 100  # lines; nobody reads more, and the board has all
_NAMED = 20  # numbers of messages on a command line that can still be copied
_NO_MAILBOX = (550, 551, 553)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One mail that did not arrive."""

    message: int
    name: str
    address: str
    units: str
    subject: str | None
    at: datetime  # local
    why: str  # a code, `undelivered.why.<code>`
    answer: str  # in the server's own words, with its number; or what went wrong in this program
    answered: bool  # by a server


@dataclass(frozen=True, slots=True)
class UndeliverablePage:
    """All that one person is told of at once."""

    name: str
    address: str
    lines: tuple[Undelivered, ...]
    board: str
    deputy_for: str | None = None  # names of the absent ones in whose place it is read


@dataclass(frozen=True, slots=True)
class Reader:
    """An officer of units that coordinate plans."""

    name: str
    address: str
    units: frozenset[str]  # slugs
    deputy_for: str | None


def readers(tx: Connection) -> dict[int, Reader]:
    """Person → who hears of undeliverable mail."""
    coordinators = coordinating_units(tx)
    units: dict[int, set[str]] = defaultdict(set)
    absent: dict[int, dict[str | None, None]] = defaultdict(dict)
    people = {}
    for t in told_of_units(tx):
        if t.unit in coordinators and t.audience != "head":
            people[t.person.id] = t.person
            units[t.person.id].add(t.unit)
            absent[t.person.id][t.instead_of] = None
    return {
        n: Reader(
            p.name,
            p.address,
            frozenset(units[n]),
            ", ".join(name for name in absent[n] if name) if None not in absent[n] else None,
        )
        for n, p in people.items()
    }


def concerning(found: Iterable[Failure], person: int, units: frozenset[str]) -> list[Failure]:
    """Of what failed the part that concerns a coordinator's officer; mail to oneself one can't be told of by mail."""
    return [f for f in found if f.person != person and (not f.coordinators or f.coordinators & units)]


def window(report: int, until: datetime, all_of_person: Iterable[Report]) -> tuple[datetime, datetime] | None:
    """From when to when a report tells of failures: since the last that may have arrived; None: a later one has."""
    given = [r for r in all_of_person if r.id != report and r.given_away]
    if any(r.until >= until for r in given):
        return None
    return max([r.until for r in given] + [until - LOOK_BACK]), until


def undeliverable_pages(
    tx: Connection, desk: Desk, claimed: Mapping[int, tuple[int, datetime]]
) -> dict[int, UndeliverablePage]:
    """Person → page, for reports given as person → (number, moment up to which it tells); empty ones are left out."""
    people = {n: r for n, r in readers(tx).items() if n in claimed} if claimed else {}
    if not people:
        return {}
    oldest = min(until for _, until in claimed.values()) - LOOK_BACK
    past = reports(tx, people, oldest)
    spans = {n: span for n in people if (span := window(*claimed[n], past.get(n, ())))}
    if not spans:
        return {}
    found = failures(tx, min(s for s, _ in spans.values()), max(u for _, u in spans.values()))
    pages = {}
    for n, (since, until) in spans.items():
        mine = concerning((f for f in found if since < f.at <= until), n, people[n].units)
        if mine:
            lines = tuple(_line(f, desk) for f in mine)
            r = people[n]
            pages[n] = UndeliverablePage(r.name, r.address, lines, f"{desk.base_url}/#thu-khong-gui-duoc", r.deputy_for)
    return pages


def _line(f: Failure, desk: Desk) -> Undelivered:
    said = " ".join(str(part) for part in (f.code, f.answer) if part)
    units = "; ".join(f.units)
    return Undelivered(
        f.message, f.name, f.address, units, f.subject, f.at.astimezone(desk.zone), why(f), said, f.code is not None
    )


def why(f: Failure) -> str:
    """The plain reason, of the status codes of RFC 3463 and RFC 5321: address, full, too_long, policy and so on."""
    if f.code is None:
        return "address" if f.unreachable else "unwritten"
    if f.code < 500:
        return "gave_up"
    if f.enhanced is not None:
        _, subject, detail = f.enhanced.split(".")
        if (subject, detail) == ("2", "2"):
            return "full"
        if (subject, detail) in (("2", "3"), ("3", "4")):
            return "too_long"
        if subject in ("1", "2") and f.unreachable:
            return "address"
        return "policy" if subject == "7" else "other"
    if f.code == 552:
        return "full"
    return "address" if f.code in _NO_MAILBOX and f.unreachable else "other"


def compose_undeliverable(page: UndeliverablePage, words: Words, settings: MailSettings) -> Mail:
    """The mail of a page. Raises ValueError for an empty one, which is not sent."""
    if not page.lines:
        raise ValueError("an empty report is not sent")
    n = len(page.lines)
    first = page.lines[0]
    others = len({line.address for line in page.lines}) - 1
    title = plain(f"{first.name} ({first.units})" if first.units and first.units != first.name else first.name)
    subject = render_subject("undeliverable", words, title, n=n, others=others)
    context = {"page": page, "lines": page.lines[:_SHOWN], "more": max(0, n - _SHOWN), "steps": _steps(page, words)}
    return Mail(
        sender_name=settings.sender_name,
        sender=settings.sender,
        recipient_name=page.name,
        recipient=page.address,
        subject=subject,
        text=render_text("undeliverable", words, **context),
        html=render_html("undeliverable", words, **context),
    )


def _steps(page: UndeliverablePage, words: Words) -> list[str]:
    """What to do, in the order in which it is done: what is wrong first, then the mail anew, then the telephone."""
    reasons = {line.why for line in page.lines}
    numbers = [line.message for line in page.lines]
    named = " ".join(map(str, sorted(numbers))) if len(numbers) <= _NAMED else "--state failed"
    codes = [c for c in ("address", "full", "too_long", "policy", "gave_up", "other", "unwritten") if c in reasons]
    return [
        *(words(f"undelivered.do.{c}") for c in codes),
        words("undelivered.do.retry", command=f"nhachan mail retry {named}"),
        words("undelivered.do.phone"),
    ]
