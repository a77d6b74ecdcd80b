"""The web application, made of what it is given: no settings file, no clock and no database of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from actions.mail_trial import OpenOutlet
from actions.office import Office
from notifications.settings import MailSettings
from plans.words import LANGUAGES, words
from web import errors
from web.access import admit
from web.api.app import create_api
from web.feeds.endpoint import Feeds
from web.feeds.reads import Reads
from web.headers import Headers
from web.health import health_routes
from web.identity.mailed import mailed_routes
from web.metrics import metrics_routes
from web.pages.audit import audit_routes
from web.pages.board import board_routes
from web.pages.calendar import calendar_routes
from web.pages.checking import checking_routes
from web.pages.confirming import confirming_routes
from web.pages.deadlines import deadline_routes
from web.pages.events import event_routes
from web.pages.language import language_routes
from web.pages.links import link_routes
from web.pages.mail_again import mail_again_routes
from web.pages.mails import mail_routes
from web.pages.matrix import matrix_routes
from web.pages.monday import monday_routes
from web.pages.people import people_routes
from web.pages.person import person_routes
from web.pages.plan_beginning import plan_beginning_routes
from web.pages.plan_closing import plan_closing_routes
from web.pages.plan_editing import plan_editing_routes
from web.pages.plan_loading import plan_loading_routes
from web.pages.plan_rolling import plan_rolling_routes
from web.pages.plans import plan_routes
from web.pages.receipts import receipt_routes
from web.pages.roster import roster_routes
from web.pages.selection import selection_routes
from web.pages.sessions import session_routes
from web.pages.subscribe import subscribe_routes
from web.pages.tokens import token_routes
from web.pages.unit import unit_routes
from web.pages.units import unit_list_routes
from web.pages.wall import wall_routes
from web.pages.workdays import workday_routes
from web.paths import API
from web.requests import LARGEST_FILE, Requests
from web.settings import WebSettings
from web.site import Site, Tongue
from web.templating import environment

MOST_FIELDS = 20_000  # of a form: the receipts of thousands of units in one table
STATIC = Path(__file__).parent / "static"
ROUTES = (
    board_routes,
    unit_list_routes,
    selection_routes,
    confirming_routes,
    unit_routes,
    people_routes,
    person_routes,
    roster_routes,
    plan_beginning_routes,  # before the plan called so
    plan_loading_routes,
    plan_routes,
    plan_editing_routes,
    plan_rolling_routes,
    plan_closing_routes,
    matrix_routes,
    calendar_routes,
    wall_routes,
    monday_routes,
    deadline_routes,
    event_routes,
    receipt_routes,
    link_routes,
    subscribe_routes,
    mailed_routes,
    session_routes,
    mail_routes,
    mail_again_routes,
    audit_routes,
    workday_routes,
    checking_routes,
    token_routes,
    language_routes,
    health_routes,
    metrics_routes,
)


def create_app(
    office: Office,
    clock: Callable[[], datetime],
    secret: bytes,
    mail: MailSettings,
    web: WebSettings | None = None,
    outlet: OpenOutlet | None = None,
) -> Feeds:
    """Feeds, and behind them (`pages`) the pages, the health check and the metrics of one office.

    `clock` gives the aware moment of a request, `secret` is the installation's (`store.marks.secret`), `mail` says
    where mail goes, `web` to whom more is granted than the data says, and how often feeds may be fetched; `outlet`
    opens where mail goes, for trial letters. Whoever serves it calls `flush` each minute and at the end, and does
    without uvicorn's access log or puts `web.logs.WithoutTokens` on it.
    """
    tongues = {name: Tongue(words(name), environment(name, office, STATIC)) for name in LANGUAGES}
    site = Site(office, clock, secret, mail, tongues, web or WebSettings(), Reads(clock), outlet)
    # The pages are for people and the description of an API that isn't there would help nobody.
    calendar = [Depends(site.follow_table)]
    app = FastAPI(
        title="nhachan",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=calendar,
        # A workbook that was looked at comes back in one field.
        form_limits={"max_fields": MOST_FIELDS, "max_part_size": LARGEST_FILE},
    )
    app.state.site = site
    for routes in ROUTES:
        admit(app, routes(site))
    app.mount(API, create_api(site), name="api")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    errors.install(app, site)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    # The one added last meets a request first: headers go on whatever the others answer.
    app.add_middleware(Requests, site=site)
    app.add_middleware(Headers)
    return Feeds(app, site)
