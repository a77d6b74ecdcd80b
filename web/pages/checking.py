"""Whether this installation is well, as `nhachan doctor` says it, with a trial letter to oneself."""

from __future__ import annotations

import asyncio
import platform
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.doctor import Finding, examine
from actions.mail_trial import OpenOutlet, try_mail
from actions.office import Act
from notifications.outlets import OutletDown
from notifications.outlets.replies import is_policy
from plans.access import Rights
from store.mail_log import count_by_state
from store.outlets import OutletState, read_outlet
from store.plans import plan_summaries
from store.sizes import Engine, read_engine
from store.units import unit_names
from web.access import SEES_OPERATIONS
from web.health import SCHEDULER, Pulse, read_pulse
from web.limits import Limit
from web.site import Site
from web.visits import Visit

CHECKING = "/kiem-tra"
_TRIALS, _SPAN = 3, timedelta(minutes=15)  # trial letters of one person
# What the program says of itself; the rest is about units, people and plans that only who reads all may know of.
_OF_THE_PROGRAM = ("daemon_", "mail_", "workdays_")
_STATES = ("sent", "queued", "sending", "failed", "unknown", "superseded")
Reads = Annotated[Visit, Depends(SEES_OPERATIONS.guard)]
Acts = Annotated[Visit, Depends(SEES_OPERATIONS.act)]


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a trial letter."""

    address: str
    state: str  # sent | unknown | failed | down
    answer: str
    policy: bool  # refused by a rule of the server
    dialogue: tuple[str, ...]  # without what signs in
    why: str = ""  # why nothing gets through


@dataclass(frozen=True, slots=True)
class CheckingPage:
    """Everything that the page shows."""

    findings: tuple[Finding, ...]
    pulse: Pulse
    outlet: OutletState
    engine: Engine
    mails: tuple[tuple[str, int], ...]  # state → number
    program: str
    python: str
    may_try: bool
    units: Mapping[str, str]  # name by slug, empty for one that is unknown
    plans: Mapping[str, str]  # number or title by slug, the same


def read_checking(tx: Connection, site: Site, rights: Rights, now: datetime) -> CheckingPage:
    pulse, mails = read_pulse(tx, site, now), count_by_state(tx)
    found = examine(tx, site.office, now, SCHEDULER, site.mail.outlet_name, site.web.granted)
    shown = [f for f in found if rights.reads_all or f.code.startswith(_OF_THE_PROGRAM)]
    order = {"error": 0, "warning": 1}
    return CheckingPage(
        findings=tuple(sorted(shown, key=lambda f: order.get(f.severity or "", 2))),
        pulse=pulse,
        outlet=read_outlet(tx, site.mail.outlet_name),
        engine=read_engine(tx),
        mails=tuple((state, n) for state in _STATES if (n := mails.get(state, 0))),
        program=version("nhachan"),
        python=platform.python_version(),
        may_try=site.outlet is not None,
        units=defaultdict(str, unit_names(tx)),
        plans=defaultdict(str, {p.slug: p.number or p.title for p in plan_summaries(tx)}),
    )


def try_out(site: Site, open_outlet: OpenOutlet, address: str, now: datetime) -> Trial:
    """Send a trial letter and wait for what becomes of it."""
    lines: list[str] = []
    letter = try_mail(
        open_outlet,
        site.mail,
        site.words,
        address,
        now.astimezone(site.office.zone),
        lambda who, line: lines.append(f"{who}: {line}"),
    )
    try:
        outcome = asyncio.run(letter)
    except OutletDown as down:
        why = site.words.outlet_fault(down.fault.code, down.fault.reply, down.fault.answer)
        return Trial(address, "down", "", policy=False, dialogue=tuple(lines), why=why)
    answer = " ".join(str(part) for part in (outcome.code, outcome.answer) if part)
    state = outcome.kind if outcome.kind in ("sent", "unknown") else "failed"
    return Trial(address, state, answer, is_policy(outcome), tuple(lines))


def checking_routes(site: Site) -> APIRouter:
    router = APIRouter()
    limit = Limit(_TRIALS, _SPAN)

    def page(visit: Visit, now: datetime, trial: Trial | None = None) -> HTMLResponse:
        with site.office.database.read() as tx:
            found = read_checking(tx, site, visit.rights, now)
        return site.page(
            "checking.html", now, visit=visit, page=found, trial=trial, mail=site.mail, url=site.office.base_url
        )

    @router.api_route(CHECKING, methods=["GET", "HEAD"])
    def checking(visit: Reads) -> HTMLResponse:
        return page(visit, site.clock())

    @router.post(f"{CHECKING}/thu-thu")
    def letter(visit: Acts) -> Response:
        """One letter to the visitor's own address, and what the server said of it."""
        now, address = site.clock(), visit.visitor.address
        if site.outlet is None:
            raise HTTPException(404)
        if not limit.allows(address, now):
            raise HTTPException(429, headers={"Retry-After": str(int(_SPAN.total_seconds()))})
        trial = try_out(site, site.outlet, address, now)
        with site.office.database.write() as tx:
            said = {"sent": "sent", "unknown": "unknown"}.get(trial.state, "failed")
            Act(f"person:{address}", now).note(tx, "test_mail", "mail/thu", to=address, state=said)
        return page(visit, now, trial)

    return router
