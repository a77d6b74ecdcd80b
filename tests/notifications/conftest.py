"""Ways to a mail server: from a town on each engine, or on SQLite alone for what does not depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.office import Office
from tests.actions.province import Town
from tests.conftest import make_desk
from tests.notifications.drains import PIPELINING, Route


@pytest.fixture
def any_route(office: Office, tmp_path: Path) -> Iterator[Route]:
    route = Route(Town(office, make_desk(office, tmp_path / "mail")))
    yield route
    route.close()


@pytest.fixture
def route(sqlite_office: Office, tmp_path: Path) -> Iterator[Route]:
    route = Route(Town(sqlite_office, make_desk(sqlite_office, tmp_path / "mail")))
    yield route
    route.close()


@pytest.fixture(params=["plain", "pipelined"])
def offers(request: pytest.FixtureRequest) -> dict[str, str]:
    """What a server says to EHLO: without and with PIPELINING all comes to the same."""
    return {"EHLO": PIPELINING} if request.param == "pipelined" else {}
