"""The application behind `/api/v1`."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.access import admit
from web.api import problems
from web.api.access import DESCRIBES, SPAN, TRIES
from web.api.acts import act_routes
from web.api.deadlines import deadline_routes
from web.api.description import Description
from web.api.languages import words_of
from web.api.loading import loading_routes
from web.api.mail import mail_routes
from web.api.obligations import obligation_routes
from web.api.page import described
from web.api.plans import plan_routes
from web.api.units import unit_routes
from web.limits import Limit
from web.site import Site

ROUTES = (
    unit_routes,
    plan_routes,
    loading_routes,
    deadline_routes,
    act_routes,
    obligation_routes,
    mail_routes,
)


def create_api(site: Site) -> FastAPI:
    """An application of its own, to be mounted: its errors are problems, not pages."""
    calendar = [Depends(site.follow_table)]
    app = FastAPI(
        title="nhachan",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a redirect would lose the prefix of a proxy, and with it the token
        dependencies=calendar,
    )
    app.state.site = site
    app.state.wrong_tokens = Limit(TRIES, SPAN)
    routers = [make(site) for make in (*ROUTES, description_routes)]
    for router in routers:
        admit(app, router)
    app.state.routes = [route for router in routers for route in router.routes]
    app.state.description = Description(app, site)
    problems.install(app, site)
    app.add_middleware(Answers, site=site)
    return app


def description_routes(site: Site) -> APIRouter:
    router = APIRouter(dependencies=[Depends(DESCRIBES.guard)], include_in_schema=False)

    @router.get("/openapi.json")
    def openapi(request: Request) -> JSONResponse:
        description: Description = request.app.state.description
        return JSONResponse(description.in_words(words_of(site, request).language))

    @router.get("/")
    def page(request: Request) -> Response:
        """For people, in the language that they read pages in."""
        description: Description = request.app.state.description
        return site.page("api.html", site.clock(), api=described(description.in_words(site.language)))

    return router


class Answers:
    """Says in which language an answer is, and answers HEAD as GET without its body."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self.site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        language = words_of(self.site, HTTPConnection(scope)).language
        head = scope["method"] == "HEAD"

        async def said(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if not headers.get("content-type", "").startswith("text/html"):
                    headers.setdefault("Content-Language", language)
                    headers.setdefault("Vary", "Accept-Language")
            await send({**message, "body": b""} if head and "body" in message else message)

        await self.app({**scope, "method": "GET"} if head else scope, receive, said)
