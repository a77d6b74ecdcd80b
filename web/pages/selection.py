"""Several at once: what would happen is said first, then it is done, all or nothing; then back to the list.

What is posted without `chac-chan` changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.board import numbers_on
from notifications.titles import title_of
from plans.access import Rights
from plans.filtering import filter_from, pairs_of
from plans.obligations import Obligation
from plans.problems import Problem, UserError
from plans.words import Words
from store.obligations import by_ids
from store.people import Person, people_ids, read_people
from web.access import CHANGES_PLANS
from web.flash import flash
from web.pages.deeds import DEEDS, Deed, Fields, Outcome
from web.paths import own_path
from web.site import Site
from web.visits import Visit

MOST = 1000  # of what may be chosen at once
_NUMBER = re.compile(r"[0-9]{1,9}|1[0-9]{9}")  # as large as both engines' integers
_TICKED = 200  # up to which each has a box of its own: forms of more than 1,000 fields are refused
_PLACES = {"xac-nhan": "/xac-nhan"}  # lists besides the board, by what an address calls them


@dataclass(frozen=True, slots=True)
class Way:
    """The list that something was chosen from, for the way back and to be carried along."""

    back: str
    query: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, in the order of its list, and what a deed would do to it."""

    deed: Deed
    chosen: tuple[Obligation, ...]
    typed: Fields
    way: Way
    problems: tuple[Problem, ...] = ()
    outcome: Outcome | None = None  # None: it is not known yet, because something is to be filled in

    @property
    def numbers(self) -> str:
        return " ".join(str(o.id) for o in self.chosen)

    @property
    def are_ticked(self) -> bool:
        """Whether some of them may be left out here; too many are taken or left together."""
        return len(self.chosen) <= _TICKED

    @property
    def letters(self) -> list[tuple[str, list[Obligation]]]:
        """Who gets one mail each, by address, with what is in it."""
        found: dict[str, list[Obligation]] = {}
        for one in self.outcome.urging.done if self.outcome and self.outcome.urging else ():
            for address in one.to:
                found.setdefault(address, []).append(one.obligation)
        return sorted(found.items())


def way_of(request: Request, place: str | None = None) -> Way:
    """From the query of a list's address, or of a form below it, which has `ve` where the list is not the board's."""
    asked = request.query_params
    pairs = pairs_of(filter_from(asked.multi_items()))
    pairs += [("sau", asked["sau"][:100])] if asked.get("sau") else []
    place = asked.get("ve", "") if place is None else place
    if place.startswith("/deadlines/") and (page := own_path(place)) != "/":  # the page of one deadline
        return Way(page, f"?{urlencode({'ve': page})}")
    carried = [*pairs, ("ve", place)] if place in _PLACES else pairs
    back, query = (f"?{urlencode(some)}" if some else "" for some in (pairs, carried))
    return Way(_PLACES.get(place, "/") + back, query)


def numbers_in(given: Iterable[str]) -> list[int]:
    """The numbers of fields that hold one or several, each once; what is none is left out."""
    parts = (part for text in given for part in text.split())
    return list(dict.fromkeys(int(part) for part in parts if _NUMBER.fullmatch(part)))


def to_change(tx: Connection, numbers: Sequence[int], rights: Rights) -> tuple[Obligation, ...]:
    """These obligations, in this order; HTTPException 404 for one that isn't there, or isn't theirs to change."""
    found = {o.id: o for o in by_ids(tx, numbers)}
    if any(n not in found or not rights.may_change_plan(found[n].key.plan) for n in numbers):
        raise HTTPException(404)
    return tuple(found[number] for number in numbers)


def named(problems: Iterable[Problem], some: Iterable[Obligation], words: Words) -> tuple[Problem, ...]:
    """Problems that call deadlines what people call them."""
    titles: dict[object, str] = {str(o.key): title_of(o, words) for o in some}
    return tuple(
        replace(p, params={**p.params, "deadline": titles[p.params["deadline"]]})
        if p.params.get("deadline") in titles
        else p
        for p in problems
    )


def readers_at(tx: Connection, addresses: Iterable[str]) -> Mapping[str, Person]:
    """Address → who reads there."""
    numbers = people_ids(tx, addresses)
    people = read_people(tx, numbers.values())
    return {address: people[number] for address, number in numbers.items()}


def selection_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def show(visit: Visit, now: datetime, selection: Selection) -> HTMLResponse:
        with site.office.database.read() as tx:
            people = readers_at(tx, [address for address, _ in selection.letters])
        problems = named(selection.problems, selection.chosen, site.words)
        return site.page(
            "selection.html",
            now,
            status=422 if problems else 200,
            visit=visit,
            s=selection,
            problems=problems,
            people=people,
            longest=MOST,
        )

    @router.post("/viec/{deed}")
    def carry_out(
        request: Request,
        deed: str,
        visit: Annotated[Visit, Depends(CHANGES_PLANS.act)],
        viec: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
        tat_ca: Annotated[str, Form(alias="tat-ca")] = "",
        xem: Annotated[str, Form()] = "",
        sua: Annotated[str, Form()] = "",
        chac_chan: Annotated[str, Form(alias="chac-chan")] = "",
        ngay: Annotated[str, Form()] = "",
        van_ban: Annotated[str, Form(alias="van-ban")] = "",
        ly_do: Annotated[str, Form(alias="ly-do")] = "",
        loi_nhan: Annotated[str, Form(alias="loi-nhan")] = "",
    ) -> Response:
        """`tat-ca`: all that the list has, whatever is ticked; `xem`: with the fields, to see what would happen."""
        now, wanted = site.clock(), DEEDS.get(deed)
        if wanted is None:
            raise HTTPException(404)
        with site.office.database.read() as tx:
            numbers = numbers_in(viec)
            if tat_ca:
                which = replace(filter_from(request.query_params.multi_items()), reader=visit.rights.coordinating)
                numbers = numbers_on(tx, site.office, now, which, MOST)
            too_many = len(numbers) > MOST
            chosen = () if too_many else to_change(tx, numbers, visit.rights)
        asked = Selection(wanted, chosen, Fields(ngay, van_ban, ly_do, loi_nhan), way_of(request))
        if not chosen:
            problem = Problem("selection.many", {"limit": MOST}) if too_many else Problem("selection.nothing")
            return show(visit, now, replace(asked, problems=(problem,)))
        if sua or (wanted.needs and not (xem or chac_chan)):
            return show(visit, now, asked)
        try:
            outcome = wanted.carry_out(site.office, visit.act(now), chosen, asked.typed, sure=bool(chac_chan))
        except UserError as error:
            return show(visit, now, replace(asked, problems=error.problems))
        if chac_chan:
            return flash(site, RedirectResponse(asked.way.back, 303), wanted.done, **outcome.told())
        return show(visit, now, replace(asked, outcome=outcome))

    return router
