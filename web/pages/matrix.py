"""The matrix of a plan's year: units × deadlines, as a page and as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup, escape
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.matrix import days_late
from notifications.titles import cut, plain, titled
from plans.access import Rights
from plans.filtering import Filter, filter_from, pairs_of
from plans.plan import Kind
from plans.status import Status
from plans.words import Words
from reports.cells import Cell as Value
from reports.matrix import NOTHING, Saying, Share, matrix_csv, matrix_xlsx, share, shares, table
from store.matrix import Column, Matrix, PlanOffer, UnitRow, plan_offer, read_matrix
from web.access import READS_PLAN
from web.downloads import CSV, XLSX, download
from web.kinds import kind_options, kind_value
from web.site import Site
from web.visits import Visit

_HEADING = 70  # characters of a column's title
_FEW = 14  # columns that a sheet of A4 holds
# A class of one letter for each status: there are thousands of cells.
LETTERS = {
    Status.ON_TIME: "o",
    Status.LATE: "l",
    Status.OVERDUE: "v",
    Status.MISSING: "m",
    Status.SUBMITTED: "c",
    Status.RETURNED: "r",
    Status.DUE_TODAY: "t",
    Status.DUE_SOON: "s",
    Status.PENDING: "p",
    Status.WAIVED: "w",
    Status.UNTRACKED: "u",
    Status.CANCELLED: "x",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a column."""

    column: Column
    period: str  # of a report, in words
    title: str  # shortened
    share: Share


@dataclass(frozen=True, slots=True)
class GroupLine:
    """How the units of a group stand, deadline by deadline."""

    name: str
    units: int
    shares: tuple[Share, ...]
    whole: Share


@dataclass(frozen=True, slots=True)
class MatrixPage:
    """Everything that the page shows."""

    plan: PlanOffer
    which: Filter
    matrix: Matrix
    headings: tuple[Heading, ...]
    body: Markup  # the rows of units
    groups: tuple[GroupLine, ...]
    whole: Share
    statuses: tuple[tuple[str, Status, int], ...]  # letter, status and how many there are, for the legend
    query: str  # of its address

    @property
    def is_narrow(self) -> bool:
        """Whether a sheet of A4 holds it."""
        return len(self.headings) <= _FEW


@dataclass(frozen=True, slots=True)
class _Asked:
    offer: PlanOffer
    which: Filter

    @property
    def query(self) -> str:
        return urlencode([pair for pair in pairs_of(self.which) if pair[0] != "kehoach"])


def asked_matrix(tx: Connection, slug: str, asked: Sequence[tuple[str, str]], rights: Rights, year: int) -> _Asked:
    """The filter that an address asks for; of no year, the nearest one that has deadlines."""
    offer = plan_offer(tx, slug)
    if offer is None:
        raise HTTPException(404)
    said = filter_from(asked)
    usual = min(offer.years, key=lambda y: (abs(y - year), -y), default=year)
    which = Filter(plan=slug, group=said.group, task_kind=said.task_kind, year=said.year or usual, reader=rights)
    return _Asked(offer, which)


def _page(site: Site, asked: _Asked, found: Matrix, saying: Saying) -> MatrixPage:
    words = site.words
    by_column = shares(found, found.rows)
    headings = tuple(
        Heading(
            c,
            words.period(c.key.period) if c.kind is Kind.REPORT else "",
            cut(plain(c.title).rstrip(" .;:"), _HEADING),
            one,
        )
        for c, one in zip(found.columns, by_column, strict=True)
    )
    groups = tuple(_group(g.name, found, [r for r in found.rows if g.slug in r.groups]) for g in found.groups)
    shown = [(letter, status, found.counts[status]) for status, letter in LETTERS.items() if status in found.counts]
    return MatrixPage(
        asked.offer,
        asked.which,
        found,
        headings,
        body_of(found, saying),
        groups,
        _sum(by_column),
        tuple(shown),
        asked.query,
    )


def _title(c: Column, words: Words) -> str:
    return titled(c.title, c.key.period, words) if c.kind is Kind.REPORT else plain(c.title).rstrip(" .;:")


def _group(name: str, found: Matrix, rows: list[UnitRow]) -> GroupLine:
    by_column = shares(found, rows)
    return GroupLine(name, len(rows), by_column, _sum(by_column))


def _sum(some: Sequence[Share]) -> Share:
    return Share(sum(s.done for s in some), sum(s.owing for s in some))


def body_of(found: Matrix, saying: Saying) -> Markup:
    """The rows of units, put together by hand: a template takes ten times as long for thousands of cells."""
    links = [f'"><a href="{escape(quote(f"/deadlines/{c.key}"))}#don-vi-' for c in found.columns]
    nothing = f'<td class="n">{NOTHING}'
    lines = []
    for row in found.rows:
        unit, parts = escape(quote(row.slug)), []
        for column, link, cell in zip(found.columns, links, row.cells, strict=True):
            if cell is None:
                parts.append(nothing)
            else:
                said = escape(saying(row.id, column, cell))
                parts.append(f'<td class="{LETTERS[cell.status]}{link}{unit}">{said}</a>')
        name = f'<th scope="row"><a href="/units/{unit}">{escape(plain(row.name))}</a></th>'
        lines.append(f"<tr>{name}{''.join(parts)}<td>{share(row.cells)}</tr>\n")
    return Markup("".join(lines))


def matrix_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def read(slug: str, request: Request, visit: Visit, now: datetime) -> tuple[_Asked, Matrix, Saying]:
        today = site.office.today(now)
        with site.office.database.read() as tx:
            asked = asked_matrix(tx, slug, request.query_params.multi_items(), visit.rights, today.year)
            found = read_matrix(tx, asked.which, now, today)
            late = days_late(tx, site.office, found)
        return asked, found, Saying(site.words, late, site.office.calendar.count, today)

    @router.api_route("/plans/{slug}/ma-tran", methods=["GET", "HEAD"])
    def matrix(slug: str, request: Request, visit: Annotated[Visit, Depends(READS_PLAN.guard)]) -> HTMLResponse:
        now = site.clock()
        page = _page(site, *read(slug, request, visit, now))
        kinds, chosen = kind_options(site.words), kind_value(page.which.task_kind)
        years = [(str(year), str(year)) for year in sorted({*page.plan.years, page.which.year or 0}, reverse=True)]
        return site.page("matrix.html", now, visit=visit, page=page, kinds=kinds, kind=chosen, years=years)

    def file(ending: str, media_type: str, content: Callable[[Iterator[list[Value]], Matrix], bytes]) -> None:
        @router.api_route(f"/plans/{{slug}}/ma-tran.{ending}", methods=["GET", "HEAD"])
        def as_file(slug: str, request: Request, visit: Annotated[Visit, Depends(READS_PLAN.guard)]) -> Response:
            asked, found, saying = read(slug, request, visit, site.clock())
            titles = [_title(c, site.words) for c in found.columns]
            rows = table(found, titles, saying, site.words)
            return download(f"{slug}-{asked.which.year}.{ending}", media_type, content(rows, found))

    file("xlsx", XLSX, lambda rows, found: matrix_xlsx(rows, found, site.words("matrix.sheet")))
    file("csv", CSV, lambda rows, _: matrix_csv(rows))
    return router
