"""Tokens in addresses are secrets: what logs say of a request leaves them out."""

from __future__ import annotations

import logging
import re

# Behind a prefix too. A mailed link's token begins with a number: `/units/l/feeds` is an address without any.
_TOKEN = re.compile(r"^(/l/|/dang-nhap/|\S*?(?:/l/(?=\d)|/dang-nhap/|/feeds/[^/\s]+/))[^/\s?]+")


def without_token(path: str) -> str:
    """`/l/12-3-AbC` → `/l/…`; `/feeds/so-noi-vu/AbC/so-noi-vu.ics` → `/feeds/so-noi-vu/…/so-noi-vu.ics`."""
    return _TOKEN.sub(r"\1…", path)


class WithoutTokens(logging.Filter):
    """For uvicorn's access log (`uvicorn.access`)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(without_token(a) if isinstance(a, str) else a for a in record.args)
        return True
