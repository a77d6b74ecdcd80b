"""Conditional requests: whether who asks has these bytes already (RFC 9110 §13)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

_TAG = re.compile(rb'(?:W/)?("[^"]*")')


def is_known(if_none_match: bytes | None, if_modified_since: bytes | None, tag: bytes, modified: datetime) -> bool:
    """Whether a GET or HEAD is to be answered with 304; `tag` is strong, with its quotation marks.

    Tags are compared weakly (§13.1.2): a proxy may have made our strong one a weak one. The date counts only where no
    tag was sent (§13.1.3), by whole seconds.
    """
    if if_none_match is not None:
        return if_none_match == tag or if_none_match.strip() == b"*" or tag in _TAG.findall(if_none_match)
    if if_modified_since is None:
        return False
    since = _date(if_modified_since)
    return since is not None and modified.replace(microsecond=0) <= since


def http_date(moment: datetime) -> bytes:
    """`Sat, 28 Nov 2026 08:00:00 GMT` (RFC 9110 §5.6.7)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True).encode()


@lru_cache(256)
def _date(value: bytes) -> datetime | None:
    """A date in any of the three forms of HTTP; None for what is none, which is to be ignored."""
    try:
        found = parsedate_to_datetime(value.decode("latin-1"))
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)  # that of asctime() has no zone, and means GMT
