"""Secrets that others hold, and what is kept of them here."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """256 bits in letters that stand in a cookie and in a path."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What the database keeps of a secret; nobody can guess one, so none needs salt."""
    return hashlib.sha256(secret.encode()).hexdigest()
