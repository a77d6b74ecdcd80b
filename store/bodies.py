"""The bytes of written letters: whole, or as the words of their own beside a stem that many share."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select

from plans.letters import Alike, Stem, pack, read_stem, unpack
from store import hot
from store.database import inserting
from store.schema import message_bodies, stems


def save_letters(tx: Connection, letters: Iterable[tuple[int, bytes | Alike]]) -> None:
    """Keep the letters of these messages, whatever was kept for them before."""
    numbers: dict[Stem, int] = {}
    rows: list[tuple[int, int | None, bytes]] = []
    for message, letter in letters:
        if isinstance(letter, Alike):
            number = numbers.get(letter.stem)
            if number is None:
                number = numbers[letter.stem] = _save(tx, letter.stem)
            rows.append((message, number, pack(letter.values)))
        else:
            rows.append((message, None, letter))
    hot.run(tx, _stored(tx.dialect.name), ("message_id", "stem_id", "content"), rows)


def _save(tx: Connection, stem: Stem) -> int:
    made = stems.insert().values(content=stem.written()).returning(stems.c.id)
    return int(tx.execute(made).scalar_one())


@cache
def _stored(dialect: str) -> Any:
    body = inserting(dialect, message_bodies).values(
        {name: bindparam(name) for name in ("message_id", "stem_id", "content")}
    )
    new = {name: body.excluded[name] for name in ("stem_id", "content")}
    return body.on_conflict_do_update(index_elements=["message_id"], set_=new)


def letters_of(tx: Connection, numbers: Iterable[int]) -> dict[int, bytes]:
    """Message → the exact bytes of its letter; those that were never written are left out."""
    query = select(message_bodies).where(message_bodies.c.message_id.in_(list(numbers)))
    rows = tx.execute(query).all()
    wanted = {r.stem_id for r in rows if r.stem_id is not None}
    shared = {
        r.id: read_stem(bytes(r.content)) for r in tx.execute(select(stems).where(stems.c.id.in_(sorted(wanted))))
    }
    return {
        r.message_id: bytes(r.content) if r.stem_id is None else shared[r.stem_id].letter(unpack(bytes(r.content)))
        for r in rows
    }
