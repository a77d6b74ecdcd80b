"""Where a feed is: `/feeds/<owner>/<token>/<readable-name>.ics`."""

from __future__ import annotations

from calendars.feeds import readable_name, token


def feed_path(secret: bytes, unit: str, name: str, version: int) -> str:
    """The path of a unit's feed, with the token of this version."""
    return f"/feeds/{unit}/{token(secret, unit, version)}/{readable_name(name)}"
