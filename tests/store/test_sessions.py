"""Sessions, and links to sign in by, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store import sign_ins
from store.database import Database
from store.hashing import hashed, new_secret
from store.people import ensure_people
from store.sessions import IDLE, LONGEST, end_sessions, find_session, list_sessions, mark_seen, open_session
from tests.conftest import local

NOW = local("2026-12-03 22:00")
AN, CHI = "an@syt.example", "chi@xa.example"


@pytest.fixture
def people(database: Database) -> dict[str, int]:
    with database.write() as tx:
        return ensure_people(tx, {AN: "An", CHI: "Chi"})


def test_session_lasts_while_it_is_used_and_a_week_at_most(database: Database, people: dict[str, int]) -> None:
    with database.write() as tx:
        number = open_session(tx, hashed("x"), people[AN], NOW, "Firefox")
        found = find_session(tx, hashed("x"), NOW + IDLE - timedelta(seconds=1))
        assert found is not None
        assert (found.id, found.address, found.name, found.client) == (number, AN, "An", "Firefox")
        assert find_session(tx, hashed("x"), NOW + IDLE) is None
        assert find_session(tx, hashed("y"), NOW) is None
        mark_seen(tx, number, NOW + LONGEST - timedelta(hours=1))
        mark_seen(tx, number, NOW)  # of a request that was slower
        assert find_session(tx, hashed("x"), NOW + LONGEST - timedelta(seconds=1)) is not None
        assert find_session(tx, hashed("x"), NOW + LONGEST) is None
        assert list_sessions(tx, NOW + LONGEST) == []


def test_sessions_end_by_number_by_person_and_all_but_one(database: Database, people: dict[str, int]) -> None:
    with database.write() as tx:
        a, b, c, d = (
            open_session(tx, hashed(s), people[p], NOW, s) for s, p in zip("abcd", (AN, AN, AN, CHI), strict=True)
        )
        assert end_sessions(tx, NOW, numbers=[a, 99]) == [a]
        assert find_session(tx, hashed("a"), NOW) is None
        assert end_sessions(tx, NOW, person=people[AN], but=b) == [c]
        assert [s.id for s in list_sessions(tx, NOW)] == [d, b]
        assert [s.id for s in list_sessions(tx, NOW, person=people[CHI])] == [d]
        assert end_sessions(tx, NOW, numbers=[]) == []
        assert end_sessions(tx, NOW) == [b, d]


def test_link_is_claimed_once_and_used_once(database: Database, people: dict[str, int]) -> None:
    with database.write() as tx:
        sign_ins.ask(tx, AN, hashed("browser"), "/units", NOW)
        (asked,) = sign_ins.waiting(tx, NOW, 10)
        assert (asked.address, asked.expires_at) == (AN, NOW + sign_ins.VALID)
        assert sign_ins.claim(tx, asked.id, people[AN], hashed("one"))
        assert not sign_ins.claim(tx, asked.id, people[AN], hashed("two")), "another node has it"
        sign_ins.finish(tx, asked.id, "waiting", "451 later")
        assert sign_ins.find_link(tx, hashed("one"), NOW) is None, "its mail was not accepted"
        assert sign_ins.claim(tx, asked.id, people[AN], hashed("two"))
        sign_ins.finish(tx, asked.id, "sent", "250 ok")
        link = sign_ins.find_link(tx, hashed("two"), NOW)
        assert link == sign_ins.Link(asked.id, people[AN], AN, "An", hashed("browser"), "/units")
        assert not sign_ins.use_link(tx, link.id, NOW + sign_ins.VALID)
        assert sign_ins.use_link(tx, link.id, NOW)
        assert not sign_ins.use_link(tx, link.id, NOW)
        assert sign_ins.find_link(tx, hashed("two"), NOW) is None


def test_wishes_are_counted_expire_and_are_forgotten(database: Database, people: dict[str, int]) -> None:
    with database.write() as tx:
        for address in (AN, AN, CHI):
            sign_ins.ask(tx, address, hashed(new_secret()), "/", NOW)
        assert [sign_ins.asked_since(tx, NOW, a) for a in (AN, CHI, None)] == [2, 1, 3]
        assert sign_ins.asked_since(tx, NOW + timedelta(seconds=1)) == 0
        assert len(sign_ins.waiting(tx, NOW, 2)) == 2
        sign_ins.pass_over(tx, sign_ins.waiting(tx, NOW, 1)[0].id)
        assert [a.address for a in sign_ins.waiting(tx, NOW, 10)] == [AN, CHI]
        assert sign_ins.waiting(tx, NOW + sign_ins.VALID, 10) == []
        sign_ins.print_link(tx, CHI, people[CHI], hashed("p"), NOW, timedelta(hours=1))
        assert sign_ins.asked_since(tx, NOW, CHI) == 1, "what an operator prints keeps nobody from asking"
        assert [t.state for t in sign_ins.recent_links(tx)] == ["nobody", "waiting", "waiting", "printed"]
        sign_ins.ask(tx, AN, hashed(new_secret()), "/", NOW + timedelta(days=3))
        assert [t.at for t in sign_ins.recent_links(tx)] == [NOW + timedelta(days=3)]
