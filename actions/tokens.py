"""Tokens by which a person's programs ask: made by the person, who sees it once, and taken back."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta

from actions.office import Act, Office
from plans.files.encoding import clean
from plans.problems import Problem, UserError
from store import tokens
from store.hashing import hashed, new_secret

PREFIX = "nhachan_"  # by which scanners for secrets in source code find one
MOST = 20  # of one person
LONGEST = timedelta(days=365)
LONGEST_NAME = 100  # characters
_TOKEN = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Made:
    """A new token; what it says is known from now on to its holder alone."""

    id: int
    secret: str = field(repr=False)


def make_token(office: Office, act: Act, person: int, name: str, last_day: date, *, writes: bool) -> Made:
    """A token of a person, good through the local day `last_day`.

    Raises UserError with all that is wrong: no name or one that is in use, a day that is over or more than a year away,
    too many tokens.
    """
    name, today = clean(name), office.today(act.now)
    problems = []
    if not name or len(name) > LONGEST_NAME:
        problems.append(Problem("token.name", {"most": LONGEST_NAME}))
    if last_day < today:
        problems.append(Problem("token.past", {"day": last_day}))
    elif last_day > today + LONGEST:
        problems.append(Problem("token.too_long", {"day": last_day, "latest": today + LONGEST}))
    with office.database.write() as tx:
        mine = tokens.list_tokens(tx, act.now, person=person)
        if any(one.name == name for one in mine):
            problems.append(Problem("token.same_name", {"name": name}))
        if len(mine) >= MOST:
            problems.append(Problem("token.too_many", {"most": MOST}))
        if problems:
            raise UserError(problems)
        secret = PREFIX + new_secret()
        until = office.end_of(last_day)
        number = tokens.add_token(tx, hashed(secret), person, name, act.now, until, writes=writes)
        act.note(tx, "token_create", f"token/{number}", name=name, until=last_day.isoformat(), writes=writes)
    return Made(number, secret)


def revoke(office: Office, act: Act, *, numbers: Collection[int] | None = None, person: int | None = None) -> list[int]:
    """Take tokens back at once: these, or a person's, or those of both; returns the numbers of those that were good."""
    with office.database.write() as tx:
        done = tokens.revoke_tokens(tx, act.now, numbers=numbers, person=person)
        act.note_all(tx, "token_revoke", [(f"token/{number}", {}) for number in done])
    return done


def has_form(text: str) -> bool:
    """Whether a text can be a token at all."""
    return _TOKEN.fullmatch(text) is not None
