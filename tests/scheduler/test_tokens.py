"""`tokens`: which programs may ask in whose name."""

from __future__ import annotations

import json
from pathlib import Path

from store.database import Database
from store.hashing import hashed
from store.people import find_person
from store.schema import audit
from store.tokens import add_token
from tests.conftest import local
from tests.scheduler.conftest import Nhachan, Said

NOW = "2026-11-20T09:00"


def test_tokens_are_listed_and_revoked(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("tokens", "list", home=small) == Said(0, "Không có khóa nào đang dùng được.\n", "")
    database = Database(f"sqlite:///{small / 'nhachan.db'}")
    with database.write() as tx:
        for address, name in (("an@syt.example", "A"), ("an@syt.example", "B"), ("tdkt@snv.example", "C")):
            person = find_person(tx, address)
            assert person is not None
            until = local("2026-12-31 23:59")
            add_token(tx, hashed(name), person.id, name, local("2026-11-20 08:00"), until, writes=name == "C")

    def listed() -> list[int]:
        return [json.loads(o)["id"] for o in nhachan("tokens", "list", "--json", home=small, now=NOW).lines]

    table = nhachan("tokens", "list", "--person", "tdkt@snv.example", home=small, now=NOW).lines
    assert table[1].split() == ["3", "tdkt@snv.example", "C", "đọc", "và", "ghi", "31/12/2026", "23:59", "–"]
    assert listed() == [3, 2, 1]
    assert nhachan("tokens", "revoke", home=small, now=NOW).code == 1
    assert nhachan("tokens", "revoke", 2, 99, 2**40, home=small, now=NOW) == Said(0, "Đã thu hồi 1 khóa.\n", "")
    assert listed() == [3, 1]
    assert nhachan("tokens", "revoke", 3, "--person", "an@syt.example", home=small, now=NOW).out.endswith("0 khóa.\n")
    assert nhachan("tokens", "revoke", "--person", "ai@do.example", home=small, now=NOW).code == 1
    assert nhachan("tokens", "revoke", "--all", home=small, now=NOW).code == 0
    assert listed() == []
    with database.read() as tx:
        told = [(r.actor, r.action, r.subject) for r in tx.execute(audit.select().order_by(audit.c.id))][-3:]
    database.close()
    assert told == [("cli", "token_revoke", f"token/{n}") for n in (2, 1, 3)]
