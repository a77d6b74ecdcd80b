"""Forms with more fields than a signature names."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import FormData


async def sent_form(request: Request) -> FormData:
    """All fields of a form; what it was read from is read once, whoever asks."""
    return await request.form()
