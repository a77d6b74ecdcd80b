"""Requests of units that an act answers, whoever asked for it: they don't wait in the queue any longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from actions.office import Act
from plans.requests import RequestKind, RequestState
from store import requests as stored


def settle(
    tx: Connection, act: Act, obligations: Sequence[int], outcomes: Mapping[RequestKind, RequestState]
) -> list[int]:
    """Close the open requests of these obligations by their kind; returns their numbers."""
    closed: list[int] = []
    for kind, state in outcomes.items():
        closed += stored.close_requests_of(tx, obligations, kind, state, act.now, act.actor, act.reason)
    return closed
