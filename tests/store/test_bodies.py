"""Letters are kept whole or by what they share, and read as they were."""

from __future__ import annotations

from sqlalchemy import func, select

from plans.letters import Alike, Section, Stem
from store.bodies import letters_of, save_letters
from store.database import Database
from store.ledger import add_messages
from store.schema import message_bodies, stems
from tests.store.estate import NOW, message, settle

STEM = Stem(
    (Section((b"To: ", b"\r\n\r\n"), (0,)), Section((b"K\xc3\xadnh g\xe1\xbb\xadi ", b"."), (1,), encoded=True))
)
AN, BINH = Alike(STEM, (b"an@xa.example", b"An")), Alike(STEM, (b"binh@xa.example", "Bình".encode() * 30))


def written(database: Database, *names: str) -> list[int]:
    settle(database)
    with database.write() as tx:
        return list(add_messages(tx, [message(tx, name) for name in names], NOW).values())


def test_letters_are_read_as_they_were_written(database: Database) -> None:
    one, two, three = written(database, "an", "binh", "chu-tich")
    with database.write() as tx:
        save_letters(tx, [(one, AN), (two, b"whole \0 \xff"), (three, BINH)])
        assert letters_of(tx, [one, two, three, 999]) == {one: AN.letter(), two: b"whole \0 \xff", three: BINH.letter()}
        assert tx.scalar(select(func.count()).select_from(stems)) == 1
        assert tx.scalar(select(func.length(message_bodies.c.content)).where(message_bodies.c.message_id == one)) < 40


def test_letter_that_is_written_anew_takes_the_place_of_the_old_one(database: Database) -> None:
    (number,) = written(database, "an")
    with database.write() as tx:
        for letter in (AN, b"whole", BINH):
            save_letters(tx, [(number, letter)])
            expected = letter if isinstance(letter, bytes) else letter.letter()
            assert letters_of(tx, [number]) == {number: expected}
