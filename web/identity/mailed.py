"""Signing in by a link that is mailed to an address on file: used once, in the browser that asked, within 15 minutes.

Nothing that is answered here depends on whether anybody has the address: it is only noted, and looked up by whoever
writes the mail (`actions.signing_in`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from plans.files.values import ValueFault
from plans.files.values import address as address_of
from store import sign_ins
from store.hashing import hashed, new_secret
from web.access import STRANGERS, visit_of
from web.cookies import BROWSER, form_token, read_cookie, right_token, set_cookie
from web.limits import Limit, client_of
from web.paths import SIGN_IN, own_path
from web.signing_in import sign_in
from web.site import Site

_SPAN = timedelta(minutes=15)
_OF_ADDRESS = 5  # links for one address within the span: nobody's mailbox is to be filled from here
_OF_ALL = 500  # the same for all addresses together
_OF_CLIENT = 60  # forms sent by one client; a whole office may share one address


def mailed_routes(site: Site) -> APIRouter:
    router = APIRouter(prefix=SIGN_IN, dependencies=[Depends(STRANGERS.guard)])
    limit = Limit(_OF_CLIENT, _SPAN)

    def page(request: Request, status: int = 200, **context: Any) -> Response:
        """The sign-in page, in one of its states; the browser is told apart from others from here on."""
        browser = read_cookie(site, request, BROWSER) or new_secret()
        shown: dict[str, Any] = {"state": "ask", "back": "/", "typed": "", "token": form_token(browser), **context}
        response = site.page("sign_in.html", site.clock(), status=status, **shown)
        if read_cookie(site, request, BROWSER) is None:
            set_cookie(site, response, BROWSER, browser)
        return response

    def checked(request: Request, given: str) -> str:
        """The browser that sends a form of ours. Raises HTTPException for another site's, and for one too many."""
        browser = read_cookie(site, request, BROWSER)
        if browser is None or not right_token(browser, given):
            raise HTTPException(403)
        if not limit.allows(client_of(request), site.clock()):
            raise HTTPException(429, headers={"Retry-After": str(int(_SPAN.total_seconds()))})
        return browser

    @router.api_route("", methods=["GET", "HEAD"])
    def asked_in(request: Request, ve: str = "/", ra: str = "") -> Response:
        with site.office.database.read() as tx:
            visit = visit_of(tx, site, request, site.clock())
        if visit is not None:
            return RedirectResponse(own_path(ve), 303)
        return page(request, back=own_path(ve), state="left" if ra else "ask")

    @router.post("")
    def ask(
        request: Request,
        address: Annotated[str, Form()] = "",
        ve: Annotated[str, Form()] = "/",
        form_token: Annotated[str, Form()] = "",
    ) -> Response:
        browser, now = checked(request, form_token), site.clock()
        try:
            typed = address_of(address.strip())
        except ValueFault:
            return page(request, 422, state="no_address", typed=address[:254], back=own_path(ve))
        with site.office.database.write() as tx:
            since = now - _SPAN
            much = sign_ins.asked_since(tx, since, typed) >= _OF_ADDRESS or sign_ins.asked_since(tx, since) >= _OF_ALL
            if not much:
                sign_ins.ask(tx, typed, hashed(browser), own_path(ve), now)
        if much:
            raise HTTPException(429, headers={"Retry-After": str(int(_SPAN.total_seconds()))})
        return page(request, state="sent", typed=typed)

    @router.api_route("/{token}", methods=["GET", "HEAD"])
    def show(request: Request, token: str) -> Response:
        with site.office.database.read() as tx:
            link = sign_ins.find_link(tx, hashed(token), site.clock())
        if link is None:
            return page(request, 410, state="over")
        if link.browser_hash is not None and link.browser_hash != hashed(read_cookie(site, request, BROWSER) or ""):
            return page(request, 403, state="elsewhere", back=own_path(link.back))
        return page(request, state="ready", link=link, path=f"{SIGN_IN}/{quote(token, safe='')}")

    @router.post("/{token}")
    def use(request: Request, token: str, form_token: Annotated[str, Form()] = "") -> Response:
        browser, now = checked(request, form_token), site.clock()
        with site.office.database.write() as tx:
            link = sign_ins.find_link(tx, hashed(token), now)
            if (
                link is not None
                and link.browser_hash in (None, hashed(browser))
                and sign_ins.use_link(tx, link.id, now)
            ):
                return sign_in(tx, site, request, link.person_id, link.address, link.back)
        # The page of the link says what is wrong with it: used by now, too old, of another browser.
        return RedirectResponse(f"{SIGN_IN}/{quote(token, safe='')}", 303)

    return router
