"""The language of the pages, as their reader wants it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse

from web.access import Open
from web.cookies import LANGUAGE, set_cookie
from web.paths import LANGUAGE_OF_PAGES, own_path
from web.site import Site

_ANYBODY = Open("it changes the reader's own pages alone, those for strangers too")


def language_routes(site: Site) -> APIRouter:
    router = APIRouter(dependencies=[Depends(_ANYBODY.guard)])

    @router.post(LANGUAGE_OF_PAGES)
    def choose(language: Annotated[str, Form()] = "", ve: Annotated[str, Form()] = "/") -> Response:
        """Back to the page on which the button was pressed."""
        response = RedirectResponse(own_path(ve, signing_in=True), 303)
        if language in site.tongues:
            set_cookie(site, response, LANGUAGE, language)
        return response

    return router
