"""What a monitoring system asks for, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from plans.problems import EnvironmentFault
from store.mail_log import count_by_state
from web.access import MACHINES
from web.health import Pulse, read_pulse
from web.monitoring import may_monitor
from web.site import Site

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
STATES = ("queued", "sending", "sent", "failed", "unknown")


def metrics_text(pulse: Pulse, mails_by_state: Mapping[str, int], now: datetime) -> str:
    """Numbers without a name or an address in them."""
    mails = [(f'{{state="{state}"}}', mails_by_state.get(state, 0)) for state in STATES]
    down, silent = pulse.outlet_down_for(now), pulse.silent_seconds
    return "".join((
        _metric("nhachan_mail_messages", "Messages of the outbox by state.", mails),
        _metric("nhachan_mail_outlet_down_seconds", "Since when no mail gets through; 0: it does.", [("", down or 0)]),
        _metric(
            "nhachan_scheduler_silent_seconds",
            "Since the scheduler's last heartbeat; NaN: there was none.",
            [("", "NaN" if silent is None else silent)],
        ),
    ))  # fmt: skip


def _metric(name: str, about: str, samples: Iterable[tuple[str, float | str]]) -> str:
    lines = (f"{name}{labels} {value}\n" for labels, value in samples)
    return f"# HELP {name} {about}\n# TYPE {name} gauge\n{''.join(lines)}"


def metrics_routes(site: Site) -> APIRouter:
    router = APIRouter(dependencies=[Depends(MACHINES.guard)])

    @router.api_route("/metrics", methods=["GET", "HEAD"])
    def metrics(request: Request) -> PlainTextResponse:
        """200 while the database answers, whatever the numbers are; 404 for strangers."""
        if not may_monitor(request, site.web):
            raise HTTPException(404)
        now = site.clock()
        try:
            with site.office.database.read() as tx:
                pulse, mails = read_pulse(tx, site, now), count_by_state(tx)
        except EnvironmentFault:
            return PlainTextResponse("", 503, media_type=FORMAT)
        return PlainTextResponse(metrics_text(pulse, mails, now), media_type=FORMAT)

    return router
