"""Paths of this site, so that nobody is sent to another one."""

from __future__ import annotations

import re

SIGN_IN, SIGN_OUT, SESSIONS, LANGUAGE_OF_PAGES = "/dang-nhap", "/dang-xuat", "/phien", "/ngon-ngu"
# One slash, then nothing that a browser takes for a second one, and nothing it would drop: "/\evil", "/<tab>/evil".
_OWN = re.compile(r"/(?![/\\])[!-\[\]-~]{0,500}")


def own_path(text: str, *, signing_in: bool = False) -> str:
    """`text` where it is a path of this site with its query, else `/`; signing in does not lead back to itself."""
    if not _OWN.fullmatch(text) or (text.startswith((SIGN_IN, SIGN_OUT)) and not signing_in):
        return "/"
    return text
