"""Silence is noticed: whether the scheduler lives and mail leaves, for the board and for monitoring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from plans.problems import EnvironmentFault
from store.leases import database_now, read_lease
from store.mail_log import NOT_SENT, Stuck, count_not_sent, stuck
from store.outlets import OutletState, outlet_down
from store.sizes import Preparing, read_preparing
from web.access import MACHINES
from web.monitoring import may_monitor
from web.site import Site

SCHEDULER = "scheduler"  # the lease that the scheduling daemon holds
SILENCE = timedelta(minutes=2)
_PATIENCE = timedelta(minutes=10)  # for mail: one slow answer is no fault


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the parts that nobody looks at are doing."""

    silent_for: timedelta | None  # since the scheduler's last heartbeat; None: never heard of
    stopped: bool  # it ended in good order
    mails: dict[str, int]  # state → number, of what is not sent
    stuck: Stuck | None
    outlet_down: OutletState | None  # the outlet of this home, where no mail gets through
    preparing: Preparing | None  # what the scheduler is at; None where that is nothing, or it does nothing

    @property
    def scheduler_alive(self) -> bool:
        return self.silent_for is not None and self.silent_for <= SILENCE and not self.stopped

    @property
    def silent_seconds(self) -> float | None:
        return None if self.silent_for is None else round(self.silent_for.total_seconds(), 1)

    def outlet_down_for(self, now: datetime) -> float | None:
        """Seconds since when no mail gets through; None where it does, as far as is known."""
        since = self.outlet_down.down_since if self.outlet_down else None
        return None if since is None else round(max(now - since, timedelta()).total_seconds(), 1)


def read_pulse(tx: Connection, site: Site, now: datetime) -> Pulse:
    office = site.office
    lease = read_lease(tx, SCHEDULER)
    # Heartbeats are in the database's time, whatever `now` pretends to be.
    silent_for = None if lease is None else max(database_now(tx) - lease.beat_at, timedelta())
    # Nothing leaves outside office hours, and nobody is to be alarmed about it.
    could_leave = office.is_working_moment(now) and office.is_working_moment(now - _PATIENCE)
    stopped = lease is not None and lease.released
    alive = silent_for is not None and silent_for <= SILENCE and not stopped
    return Pulse(
        silent_for,
        stopped,
        count_not_sent(tx),
        stuck(tx, now - _PATIENCE) if could_leave else None,
        outlet_down(tx, site.mail.outlet_name),
        read_preparing(tx) if alive else None,
    )


def health_routes(site: Site) -> APIRouter:
    router = APIRouter(dependencies=[Depends(MACHINES.guard)])

    @router.api_route("/health", methods=["GET", "HEAD"])
    def health(request: Request) -> JSONResponse:
        """200 while the database answers and the scheduler lives, else 503; mail that fails is the board's affair.

        Strangers are told that and no more.
        """
        now = site.clock()
        try:
            with site.office.database.read() as tx:
                pulse = read_pulse(tx, site, now)
        except EnvironmentFault:
            return JSONResponse(
                {"ok": False, "database": False} if may_monitor(request, site.web) else {"ok": False}, 503
            )
        status = 200 if pulse.scheduler_alive else 503
        if not may_monitor(request, site.web):
            return JSONResponse({"ok": pulse.scheduler_alive}, status)
        told = {
            "ok": pulse.scheduler_alive,
            "database": True,
            "scheduler_silent_seconds": pulse.silent_seconds,
            "mail": {s: pulse.mails.get(s, 0) for s in NOT_SENT},
            "mail_stuck": pulse.stuck is not None,
            "mail_outlet_down_seconds": pulse.outlet_down_for(now),
            "mail_outlet_fault": pulse.outlet_down.fault if pulse.outlet_down else None,
        }
        return JSONResponse(told, status)

    return router
