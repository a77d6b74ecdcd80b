"""The end of a pass: what nobody has sent is put back, and how the outlet is gets noted."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from notifications.claiming import Ready
from notifications.outlets import Fault
from notifications.recording import Result
from store import results
from store.database import Database
from store.outlets import OutletState, mark_down, mark_up
from store.people import unask

log = logging.getLogger(__name__)

_SHUT_FOR = timedelta(hours=1)  # few recipients refused for so long, none accepted meanwhile: the server is shut


def shut_for_long(suspects: Iterable[Result], state: OutletState, now: datetime) -> Fault | None:
    """Whether one or two recipients suffice: the server has refused them by a rule, and taken nothing meanwhile."""
    worked = state.accepted_at
    for ready, outcome in suspects:
        since = ready.tried_since
        if since is not None and now - since >= _SHUT_FOR and (worked is None or worked < since):
            return Fault("relay_denied", outcome.answer, outcome.code)
    return None


def settle(
    database: Database,
    outlet: str,
    state: OutletState,
    fault: Fault | None,
    back: Sequence[Ready],
    refused: Sequence[Ready],
    now: datetime,
    *,
    answered: bool,
) -> None:
    """Put back letters of which no server has heard, `refused` ones last; note the fault, or that it is over.

    `state` is how the outlet was when the pass began; `answered`: it has said something of a letter since.
    """
    up = fault is None and answered and state.down_since is not None
    if not back and not up and fault is None:
        return
    with database.write() as tx:
        results.release(tx, {ready.message: ready.attempt for ready in back})
        # Should the rule be against these recipients alone, others convince the next pass of it.
        results.put_behind(tx, [ready.message for ready in refused], now + timedelta(seconds=1))
        for ready in back:
            if ready.asked and not ready.uncertain:
                unask(tx, ready.person)
        if fault is not None:
            down = mark_down(tx, outlet, fault.code, fault.reply, fault.answer, now)
            if down.tries == 1 or down.fault != state.fault:
                log.error("the mail server cannot be used (%s): %s", fault.code, fault.answer)
        elif up:
            mark_up(tx, outlet)
            log.info("the mail server can be used again")
