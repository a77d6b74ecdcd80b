"""Units: those whose page the caller may open."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.exceptions import HTTPException

from actions.access import readable_units
from plans.paging import read_number
from plans.succession import has_ended
from plans.units import Unit, valid
from store.listing import unit_page
from store.units import read_roster
from web.api.access import ANYBODY, READS_UNIT, Caller
from web.api.lists import check_after, next_page, said
from web.api.models import Answer, Listing, Paged, Slug, told
from web.site import Site


class UnitLine(Answer):
    """A unit in the list; keys as in `nhachan units list --json`."""

    unit: str = told("unit", "so-cong-thuong")
    name: str = told("unit_name", "Sở Công Thương")
    kind: str = told("unit_kind", "so-nganh")
    since: date | None = told("unit_since", None, serialization_alias="from")
    until: date | None = told("unit_until", None)
    ended: bool = told("ended", False)
    successors: list[str] = told("successors", [])


class UnitList(Listing[UnitLine]):
    """A page of them."""


class UnitOfficer(Answer):
    """Who is written to for a unit."""

    name: str = told("person", "Văn thư Sở Công Thương")
    address: str = told("address", "vanthu.sct@dienbien.example")
    role: str = told("role", "clerk")


class UnitAnswer(UnitLine):
    """A unit; who works there is for those who may read everything of it."""

    parent: str | None = told("parent", None)
    groups: list[str] = told("groups", ["khoi-1"])
    mailbox: str | None = told("mailbox", None)
    officers: list[UnitOfficer] = told("officers")


def _line(unit: Unit, today: date) -> dict[str, Any]:
    return {
        "unit": unit.slug,
        "name": unit.name,
        "kind": unit.kind,
        "since": unit.since,
        "until": unit.until,
        "ended": has_ended(unit, today),
        "successors": list(unit.successors),
    }


def unit_routes(site: Site) -> APIRouter:
    router = APIRouter(tags=["units"])

    @router.get("/units", **said("list_units"))
    def units(
        asked: Annotated[Paged, Query()],
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(ANYBODY.reads)],
    ) -> UnitList:
        check_after(asked, read_number)
        today = site.office.today(site.clock())
        with site.office.database.read() as tx:
            page = unit_page(tx, readable_units(tx, caller.rights), size=asked.size, after=asked.after)
        items = [UnitLine(**_line(unit, today)) for unit in page.rows]
        return UnitList(items=items, next=next_page(site, request, response, page))

    @router.get("/units/{unit}", **said("read_unit"))
    def one(unit: Slug, caller: Annotated[Caller, Depends(READS_UNIT.reads)]) -> UnitAnswer:
        today = site.office.today(site.clock())
        with site.office.database.read() as tx:
            roster = read_roster(tx)
        found = roster.units.get(unit)
        if found is None:
            raise HTTPException(404)
        whole = caller.rights.may_read_whole_unit(unit)
        groups = [
            slug
            for slug, group in roster.groups.items()
            if any(m.unit == unit and valid(m.since, m.until, today) for m in group.members)
        ]
        return UnitAnswer(
            **_line(found, today),
            parent=found.parent,
            groups=groups,
            mailbox=found.mailbox if whole else None,
            officers=[UnitOfficer(name=o.name, address=o.address, role=o.role.value) for o in found.officers]
            if whole
            else [],
        )

    return router
