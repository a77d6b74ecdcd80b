"""Where a feed is: `/feeds/<owner>/<token>/<readable-name>.ics`, and before the name the page to subscribe on."""

from __future__ import annotations

from calendars.feeds import readable_name, token


def page_path(secret: bytes, owner: str, version: int) -> str:
    """The path of the page that says how to subscribe, with the token of this version."""
    return f"/feeds/{owner}/{token(secret, owner, version)}/"


def feed_path(secret: bytes, owner: str, name: str, version: int) -> str:
    """The path of a feed, with the token of this version."""
    return page_path(secret, owner, version) + readable_name(name)
