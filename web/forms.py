"""Forms with more fields than a signature names."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import FormData

# A table of receipts has up to seven for each unit. How large a form may be is for `web.requests` to say.
MOST_FIELDS = 20_000


async def sent_form(request: Request) -> FormData:
    """All fields of a form; what it was read from is read once, whoever asks."""
    return await request.form()
