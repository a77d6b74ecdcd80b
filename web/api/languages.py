"""The language of an answer: what `Accept-Language` prefers among ours (RFC 9110 §12.5.4), else the office's."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from plans.words import LANGUAGES, Words, words
from web.site import Site


def words_of(site: Site, request: HTTPConnection) -> Words:
    """The words in which a request is answered."""
    return words(preferred(request.headers.get("accept-language", "")) or site.office.language)


def preferred(accepted: str) -> str | None:
    """Of our languages the one that a field prefers, the first of equals; None where it names none of them."""
    best, weight = None, 0.0
    for part in accepted[:1000].split(","):
        tag, *parameters = (one.strip().lower() for one in part.split(";"))
        language = tag.partition("-")[0]
        quality = _quality(parameters)
        if language in LANGUAGES and quality > weight:
            best, weight = language, quality
    return best


def _quality(parameters: list[str]) -> float:
    said = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
    try:
        found = float(said)
    except ValueError:
        return 0.0
    return found if 0 <= found <= 1 else 0.0
