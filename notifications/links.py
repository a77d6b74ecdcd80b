"""Links in mails: a token says who may declare which obligation sent. It opens a page; only its button acts."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

_BYTES = 18  # 144 bits
_DIGITS = 9  # of a number: a larger one is no key of either database


@dataclass(frozen=True, slots=True)
class LinkKey:
    """Whom a link speaks for, and of what."""

    obligation: int
    person: int
    version: int  # of the person's links: raised, all earlier ones stop working


def link_token(secret: bytes, key: LinkKey) -> str:
    """`<obligation>-<person>-<mac>`; the version is not in it, so that it can be looked up and raised."""
    return f"{key.obligation}-{key.person}-{_mac(secret, key)}"


def parse_link(token: str) -> tuple[int, int, str] | None:
    """The obligation, person and mac of a token; None for what is none."""
    obligation, _, rest = token.partition("-")
    person, _, mac = rest.partition("-")
    if not (obligation.isdecimal() and person.isdecimal() and mac) or max(len(obligation), len(person)) > _DIGITS:
        return None
    return int(obligation), int(person), mac


def verify_link(secret: bytes, key: LinkKey, mac: str) -> bool:
    return hmac.compare_digest(_mac(secret, key).encode(), mac.encode())


def _mac(secret: bytes, key: LinkKey) -> str:
    said = f"link\n{key.version}\n{key.obligation}\n{key.person}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret, said, hashlib.sha256)[:_BYTES]).decode()
