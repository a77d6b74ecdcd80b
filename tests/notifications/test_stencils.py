from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlalchemy import select

from actions.adjusting import extend
from actions.office import Office
from actions.people import absent
from actions.queueing import queue_due
from actions.receiving import Receipt, send_back, submit
from notifications.deciding import judge
from notifications.stencils import Stencil
from notifications.writing import gather, write
from store import outbox
from store.bodies import letters_of
from store.ledger import LEDGER_KINDS
from store.obligations import by_ids, of_deadline
from store.schema import message_bodies
from tests.conftest import local
from tests.web.scenes import KEY, Scene, act, start


def compared(scene: Scene, at: str) -> tuple[int, int]:
    """How many letters of a moment there are, and how many others they were written after; sent then.

    What obligations lend each other is what each would say of itself.
    """
    now = local(at)
    queue_due(scene.office, scene.desk, now)
    with scene.office.database.trial() as tx:
        claimed = [c for c in outbox.claim(tx, now, 500).claimed if c.kind in LEDGER_KINDS]
        held = [h.obligation for c in claimed for h in c.held]
        whole = {o.id: o for o in by_ids(tx, {o.id for o in held})}
        assert held == [whole[o.id] for o in held]
        wanted = [(c, keep) for c in claimed if (keep := judge(c, now).keep)]
        facts = gather(tx, scene.desk, wanted, now)
        for one, keep in wanted:
            alone = write(scene.desk, one, keep, replace(facts, stencils={}), now)
            found = write(scene.desk, one, keep, facts, now)
            assert alone is not None
            assert found is not None
            letters = [w.body if isinstance(w.body, bytes) else w.body.letter() for w in (found, alone)]
            assert (found.subject, found.asked, letters[0]) == (alone.subject, alone.asked, letters[1])
    scene.tick(at)
    return len(wanted), len([s for s in facts.stencils.values() if isinstance(s, Stencil)])


def test_letters_written_after_another_are_those_written_by_themselves(sqlite_office: Office, tmp_path: Path) -> None:
    """Through a yearly report of the sample: each stage, deputies, later dates, what is to be completed."""
    loaded = start(sqlite_office, tmp_path)
    with loaded.office.database.read() as tx:
        owing = sorted(o.unit for o in of_deadline(tx, KEY) if o.unit != "so-cong-thuong")
    found = [compared(loaded, "2026-11-20 08:00")]
    absent(loaded.office, act("2026-11-23 09:00"), "vanphong.sct@dienbien.example",
              date(2026, 11, 24), date(2026, 12, 20), "giamdoc.sct@dienbien.example")  # fmt: skip
    extend(loaded.office, act("2026-11-24 09:00", "Sáp nhập"), KEY, owing[:3], date(2026, 12, 15), document="311/SNV")
    submit(loaded.office, act("2026-11-25 09:00"), KEY, owing[3:20], Receipt(date(2026, 11, 25), "1/BC"))
    send_back(loaded.office, act("2026-11-26 09:00", "Thiếu biểu"), KEY, owing[3:5], date(2026, 12, 4))
    found += [compared(loaded, at) for at in ("2026-12-01 08:00", "2026-12-04 08:00", "2026-12-04 14:00")]
    found += [compared(loaded, at) for at in ("2026-12-07 08:00", "2026-12-07 14:00", "2026-12-09 14:00")]
    assert sum(letters for letters, _ in found) > 300
    assert all(letters > 10 * stencils for letters, stencils in found if letters > 50), found
    assert sum(stencils for _, stencils in found) >= 6
    with loaded.office.database.read() as tx:
        query = select(message_bodies.c.message_id, message_bodies.c.content).where(
            message_bodies.c.stem_id.is_not(None)
        )
        kept = {number: len(own) for number, own in tx.execute(query)}
        letters = letters_of(tx, kept)
    assert len(kept) > 250
    assert sum(kept.values()) < sum(len(letter) for letter in letters.values()) / 3
