"""The page that lists all calendars beside the published files, for whoever hands their addresses out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from plans.feeds import FeedKind
from plans.words import Words


def index_page(feeds: Sequence[tuple[FeedKind, str, str]], say: Words) -> bytes:
    """A page of HTML with a link to every feed, given as (kind, title, address), by kind."""
    return "\n".join([*_lines(feeds, say), ""]).encode()


def _lines(feeds: Sequence[tuple[FeedKind, str, str]], say: Words) -> Iterator[str]:
    title = escape(say("feed.index"))
    yield "<!doctype html>"
    yield f'<html lang="{say.language}">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    yield '<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">'
    yield f"<title>{title}</title>"
    yield "<style>body{font:1rem/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}</style></head>"
    yield f"<body><h1>{title}</h1>"
    yield f"<p>{escape(say('feed.index_about'))}</p>"
    yield f"<p>{escape(say('feed.index_mail'))}</p>"
    for kind in FeedKind:
        some = [(named, address) for of, named, address in feeds if of is kind]
        if some:
            yield f"<h2>{escape(say(f'feed.kind.{kind}'))}</h2>"
            yield "<ul>"
            for named, address in some:
                yield f'<li><a href="{escape(address)}">{escape(named)}</a></li>'
            yield "</ul>"
    yield "</body></html>"
