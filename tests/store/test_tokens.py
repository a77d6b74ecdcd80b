"""Tokens on both engines."""

from __future__ import annotations

from datetime import timedelta

from store.database import Database
from store.hashing import hashed
from store.people import ensure_people
from store.tokens import add_token, find_token, list_tokens, mark_token_seen, revoke_tokens
from tests.conftest import local

NOW = local("2026-12-03 22:00")
DAY = timedelta(days=1)
AN, CHI = "an@syt.example", "chi@xa.example"


def test_token_is_good_until_it_expires_or_is_revoked(database: Database) -> None:
    with database.write() as tx:
        who = ensure_people(tx, {AN: "An", CHI: "Chi"})
        one = add_token(tx, hashed("a"), who[AN], "Một", NOW, NOW + DAY, writes=True)
        two = add_token(tx, hashed("b"), who[AN], "Hai", NOW, NOW + 9 * DAY, writes=False)
        three = add_token(tx, hashed("c"), who[CHI], "Ba", NOW, NOW + 9 * DAY, writes=False)
        found = find_token(tx, hashed("a"), NOW)
        assert found is not None
        assert (found.id, found.address, found.person, found.name, found.writes) == (one, AN, "An", "Một", True)
        assert (found.expires_at, found.seen_at) == (NOW + DAY, None)
        assert find_token(tx, hashed("a"), NOW + DAY) is None
        assert find_token(tx, hashed("x"), NOW) is None
        assert [t.id for t in list_tokens(tx, NOW)] == [three, two, one]
        assert [t.id for t in list_tokens(tx, NOW + DAY, person=who[AN])] == [two]
        assert revoke_tokens(tx, NOW, numbers=[three, 99], person=who[AN]) == []
        assert revoke_tokens(tx, NOW, numbers=[one, three]) == [one, three]
        assert revoke_tokens(tx, NOW, numbers=[one]) == []
        assert find_token(tx, hashed("c"), NOW) is None
        assert revoke_tokens(tx, NOW) == [two]
        assert list_tokens(tx, NOW) == []


def test_last_use_never_goes_back_and_what_expired_long_ago_is_forgotten(database: Database) -> None:
    with database.write() as tx:
        who = ensure_people(tx, {AN: "An"})
        one = add_token(tx, hashed("a"), who[AN], "Một", NOW, NOW + DAY, writes=True)
        mark_token_seen(tx, one, NOW + timedelta(hours=2))
        mark_token_seen(tx, one, NOW + timedelta(hours=1))
        assert [t.seen_at for t in list_tokens(tx, NOW)] == [NOW + timedelta(hours=2)]
        add_token(tx, hashed("b"), who[AN], "Hai", NOW + 100 * DAY, NOW + 110 * DAY, writes=True)
        assert find_token(tx, hashed("a"), NOW) is None
