"""A session begins, and ends."""

from __future__ import annotations

from datetime import datetime

from fastapi import Request
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from actions.office import Act
from store.hashing import hashed, new_secret
from store.sessions import end_sessions, find_session, open_session
from web.cookies import SESSION, drop_cookie, read_cookie, set_cookie
from web.paths import SIGN_IN, own_path
from web.site import Site

_CLIENT = 200  # characters of what a browser calls itself


def sign_in(tx: Connection, site: Site, request: Request, person: int, address: str, back: str) -> RedirectResponse:
    """Open a session for a person whose address was proven, and go on to a path of this site.

    Its identifier is new, whatever the browser brought along (session fixation), and what it was signed in as ends.
    """
    now, secret = site.clock(), new_secret()
    before = read_cookie(site, request, SESSION)
    held = find_session(tx, hashed(before), now) if before else None
    if held is not None:
        end_sessions(tx, now, numbers=[held.id])
    client = request.headers.get("user-agent", "")[:_CLIENT]
    number = open_session(tx, hashed(secret), person, now, client)
    Act(f"person:{address}", now).note(tx, "sign_in", f"session/{number}")
    response = RedirectResponse(own_path(back), 303)
    set_cookie(site, response, SESSION, secret)
    return response


def sign_out(tx: Connection, site: Site, session: int, address: str, now: datetime) -> RedirectResponse:
    """End a session; nothing of it stays in the browser."""
    end_sessions(tx, now, numbers=[session])
    Act(f"person:{address}", now).note(tx, "sign_out", f"session/{session}")
    response = RedirectResponse(f"{SIGN_IN}?ra=1", 303)
    drop_cookie(site, response, SESSION)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
