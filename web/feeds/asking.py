"""What a request asks for, read in one pass over its headers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from actions.feeds import PLAIN
from calendars.options import FeedOptions, read_options
from web.feeds.answers import Calendar, Header
from web.feeds.clients import BROWSER, OTHER, client_of
from web.feeds.conditions import is_known

_QUERY = 200  # bytes of a query that are read: options are few, and what was read is kept
_options = lru_cache(256)(read_options)


@dataclass(slots=True)
class Asked:
    """A request under `/feeds/`."""

    method: str
    owner: str
    token: str
    name: str  # of the file; empty in the address of the page
    options: FeedOptions
    by: str | None  # address or network; None: this machine
    host: bytes = b""
    client: str = OTHER
    if_none_match: bytes | None = None
    if_modified_since: bytes | None = None

    def has(self, calendar: Calendar) -> bool:
        """Whether the client says that it has these bytes already."""
        return is_known(self.if_none_match, self.if_modified_since, calendar.tag, calendar.modified)

    @property
    def wants_page(self) -> bool:
        """Whether a person looks; a calendar program that was given the page's address gets the calendar."""
        return not self.name and self.client in (BROWSER, OTHER)

    @property
    def wants_calendar(self) -> bool:
        name = self.name
        return not name or (len(name) > 4 and name.endswith(".ics") and "/" not in name)


def read_request(method: str, path: str, query: bytes, headers: Iterable[Header], by: str | None) -> Asked | None:
    """What is asked for under `path`; None where it has not even a token."""
    parts = path.split("/", 4)  # "", "feeds", owner, token, name
    if len(parts) < 4 or not parts[3]:
        return None
    options = _options(query[:_QUERY]) if query else PLAIN
    asked = Asked(method, parts[2], parts[3], parts[4] if len(parts) > 4 else "", options, by)
    for name, value in headers:
        if name == b"if-none-match":
            earlier = asked.if_none_match
            asked.if_none_match = value if earlier is None else earlier + b"," + value
        elif name == b"if-modified-since":
            # More than one counts as none (RFC 9110 §13.1.3).
            asked.if_modified_since = value if asked.if_modified_since is None else b""
        elif name == b"user-agent":
            asked.client = client_of(value)
        elif name == b"host":
            asked.host = value
    return asked
