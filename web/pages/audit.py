"""The audit trail: who did what to which thing, when and why; and the same as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from actions.office import Office
from plans.access import Rights
from plans.paging import Page
from plans.unicode_forms import composed
from plans.words import Words
from reports.cells import Cell
from reports.tables import csv_pieces, workbook_pieces
from store.marks import AuditEntry
from store.plans import PlanSummary, plan_summaries
from store.trail import Sought, audit_page, task_titles
from store.units import unit_names
from web.access import SEES_OPERATIONS
from web.auditing import TOPICS, About, Known, Told, about, tell_entry
from web.downloads import CSV, XLSX, download
from web.site import Site
from web.typed_days import day_of
from web.visits import Visit

MOST = 50_000  # rows of a file
_AT_ONCE = 1_000  # entries read together for one
_LONGEST = 200  # characters of a value of the address
SYSTEM = {"he-thong": "clock", "dong-lenh": "cli"}  # who is no person
_CHOICE = ("people", "units", "workdays", "events", "feeds", "policies", "mail", "session")
# fmt: off
ACTIONS = (
    "submit", "accept", "return", "extend", "waive", "close", "reopen", "judge", "urge",
    "ask_extension", "ask_not_concerned", "ask_contact", "withdraw_request", "grant_request", "refuse_request",
    "load", "change", "keep_plan", "add", "cancel", "move", "coordinate", "succeed", "event", "workdays",
    "load_units", "load_policies", "absent", "back", "hand_over", "take_over", "reassign", "correct_contact",
    "confirm", "prefer", "reachable", "rotate_feed", "revoke_feed", "sign_in", "sign_out", "login_link",
    "token_create", "token_revoke", "correct_declaration", "take_back", "retry_mail", "download_mail", "test_mail",
)
# fmt: on
_COLUMNS = ("at", "actor", "action", "about", "unit", "said", "reason", "subject")
_WIDTHS = (17, 34, 24, 50, 30, 60, 40, 50)

Reads = Annotated[Visit, Depends(SEES_OPERATIONS.guard)]


@dataclass(frozen=True, slots=True)
class AuditAsked:
    """What an address asks for; "" and None leave a question open."""

    person: str = ""  # address
    system: str = ""  # a key of SYSTEM
    action: str = ""
    about: str = ""  # a subject
    first: date | None = None
    last: date | None = None

    @property
    def query(self) -> str:
        """The query of the address that asks for this."""
        said = {
            "nguoi": self.person,
            "boi": self.system,
            "viec": self.action,
            "ve": self.about,
            "tu": f"{self.first:%d/%m/%Y}" if self.first else "",
            "den": f"{self.last:%d/%m/%Y}" if self.last else "",
        }
        return urlencode({key: value for key, value in said.items() if value}, safe="/@")


def audit_asked(pairs: Iterable[tuple[str, str]]) -> AuditAsked:
    said = {key: " ".join(composed(value).split())[:_LONGEST] for key, value in pairs}
    action = said.get("viec", "")
    return AuditAsked(
        said.get("nguoi", "").lower(),
        said.get("boi", "") if said.get("boi") in SYSTEM else "",
        action if action in ACTIONS else "",
        said.get("ve", "").strip("/"),
        day_of(said.get("tu", "")),
        day_of(said.get("den", "")),
    )


def sought(office: Office, rights: Rights, asked: AuditAsked) -> Sought:
    """What is looked for in the store, and no more than the visitor may see: all, or what concerns one's own plans."""
    # A plan called like a topic is one's own, what is under the topic is not.
    own = frozenset(rights.coordinates.difference(TOPICS))
    subjects = None if rights.reads_all else own
    if asked.about and (rights.reads_all or asked.about.split("/", 1)[0] in own):
        subjects = frozenset({asked.about})
    elif asked.about:
        subjects = frozenset()
    actors: tuple[str, ...] | None = None
    if asked.person:
        actors = (f"person:{asked.person}", f"link:{asked.person}")
    elif asked.system:
        actors = (SYSTEM[asked.system],)
    return Sought(
        actors,
        asked.action or None,
        subjects,
        office.start_of(asked.first) if asked.first else None,
        office.start_of(asked.last + timedelta(days=1)) if asked.last else None,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as people read it."""

    told: Told
    about: About
    unit: str | None  # name
    subject: str


def lines_of(tx: Connection, entries: Iterable[AuditEntry], words: Words) -> list[Line]:
    found = list(entries)
    named = {(p[0], p[1]) for e in found if len(p := e.subject.split("/")) > 1 and p[0] not in TOPICS}
    plans = {p.slug: p.number or p.title for p in plan_summaries(tx)}
    known = Known(unit_names(tx), task_titles(tx, named) if named else {}, plans)
    lines = []
    for entry in found:
        shown = about(entry.subject, words, known)
        slug = shown.unit or _unit_in(entry)
        told = tell_entry(entry, entry.subject, words, known.units)
        lines.append(Line(told, shown, known.units.get(slug, slug) if slug else None, entry.subject))
    return lines


def _unit_in(entry: AuditEntry) -> str | None:
    unit = entry.detail.get("unit")
    return unit if isinstance(unit, str) else None


def rows_of(site: Site, wanted: Sought, words: Words) -> Iterator[tuple[Cell, ...]]:
    """The rows of a file, read some at a time: entries are only ever added, so nothing moves meanwhile."""
    after, left = None, MOST
    while left:
        with site.office.database.read() as tx:
            page = audit_page(tx, wanted, size=min(_AT_ONCE, left), after=after)
            lines = lines_of(tx, page.rows, words)
        for line in lines:
            at, told = line.told.at.astimezone(site.office.zone).replace(tzinfo=None), line.told
            yield (
                at,
                told.actor,
                told.action,
                line.about.text,
                line.unit,
                "; ".join(told.said),
                told.reason,
                line.subject,
            )
        left -= len(lines)
        after = page.after
        if after is None:
            return
    yield (words("audit.cut", n=MOST),)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Everything that the page shows."""

    lines: tuple[Line, ...]
    page: Page[AuditEntry]
    plans: tuple[PlanSummary, ...]


def audit_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def asked_of(request: Request, visit: Visit) -> tuple[AuditAsked, Sought]:
        asked = audit_asked(request.query_params.multi_items())
        return asked, sought(site.office, visit.rights, asked)

    @router.api_route("/nhat-ky", methods=["GET", "HEAD"])
    def audit(request: Request, visit: Reads, sau: str | None = None) -> HTMLResponse:
        now, rights = site.clock(), visit.rights
        asked, wanted = asked_of(request, visit)
        with site.office.database.read() as tx:
            page = audit_page(tx, wanted, after=sau)
            lines = lines_of(tx, page.rows, site.words)
            plans = [p for p in plan_summaries(tx) if rights.may_read_whole_plan(p.slug)]
        shown = AuditPage(tuple(lines), page, tuple(plans))
        return site.page(
            "audit.html",
            now,
            visit=visit,
            page=shown,
            asked_for=asked,
            first=not sau,
            actions=[action for action in ACTIONS if site.words.has(f"audit.{action}")],
            topics=_CHOICE if rights.reads_all else (),
            systems=list(SYSTEM.items()),
        )

    @router.api_route("/nhat-ky.csv", methods=["GET", "HEAD"])
    def as_csv(request: Request, visit: Reads) -> Response:
        words, (_, wanted) = site.words, asked_of(request, visit)
        pieces = csv_pieces([words(f"audit.col.{c}") for c in _COLUMNS], rows_of(site, wanted, words))
        return download(f"{words('audit.file')}.csv", CSV, pieces)

    @router.api_route("/nhat-ky.xlsx", methods=["GET", "HEAD"])
    def as_workbook(request: Request, visit: Reads) -> Response:
        words, (_, wanted) = site.words, asked_of(request, visit)
        headings = [words(f"audit.col.{c}") for c in _COLUMNS]
        pieces = workbook_pieces(words("audit.file"), headings, rows_of(site, wanted, words), _WIDTHS)
        return download(f"{words('audit.file')}.xlsx", XLSX, pieces)

    return router
