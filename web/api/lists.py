"""Lists by keyset: the next page is an address, in the answer and as a link (RFC 8288)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from plans.paging import Page
from web.api.models import Paged
from web.site import Site

T = TypeVar("T")


def next_page(site: Site, request: Request, response: Response, page: Page[T]) -> str | None:
    """The path of the page after this one with all that was asked; None where this is the last."""
    if page.after is None:
        return None
    pairs = [(key, value) for key, value in request.query_params.multi_items() if key != "after"]
    found = f"{site.root}{request.url.path}?{urlencode([*pairs, ('after', page.after)])}"
    response.headers["Link"] = f'<{found}>; rel="next"'
    return found


def check_after(asked: Paged, read: Callable[[str | None], object]) -> None:
    """Raise RequestValidationError for a place in a list that no page of it has named."""
    if asked.after is not None and read(asked.after) is None:
        error: dict[str, Any] = {"type": "cursor", "loc": ("query", "after"), "msg": "", "input": asked.after}
        raise RequestValidationError([error])


def said(name: str) -> dict[str, Any]:
    """What a route is called: codes of `web/api/locale`, and the name by which programs generated from it call it."""
    return {"operation_id": name, "summary": f"api.{name}", "description": f"api.{name}.about"}
