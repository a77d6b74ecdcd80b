"""Urge: a mail to the officers of what is still open, because a coordinator asks for it; at most one a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from actions.office import Act, Office
from plans.obligations import Obligation
from plans.problems import Problem, UserError
from plans.status import OPEN_STATES
from plans.urging import LONGEST_NOTE, urge_stage
from store.obligations import by_ids
from store.urging import add_urges, urged


@dataclass(frozen=True, slots=True)
class Urged:
    """One obligation: who is written to, or why nobody is."""

    obligation: Obligation
    to: tuple[str, ...] = ()  # addresses
    skipped: str | None = None  # a code


@dataclass(frozen=True, slots=True)
class Urging:
    """What was urged, in the order of lists."""

    at: datetime  # when the mails leave at the earliest: now, or the next opening
    done: tuple[Urged, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """The addresses of all who are written to: one mail each."""
        return tuple(sorted({address for one in self.done for address in one.to}))


def urge(
    office: Office, act: Act, obligations: Iterable[int], note: str | None = None, *, dry_run: bool = False
) -> Urging:
    """Queue mails about these obligations (numbers) to their officers; each person gets one with all of them.

    They leave at the next working moment; what is handed in before then is dropped. Whoever has been urged about an
    item on the day of that moment gets no second mail of it. `note` is quoted in the mail. Raises UserError for a note
    that is too long and for numbers that aren't there.
    """
    note = (note or "").strip() or None
    if note is not None and len(note) > LONGEST_NOTE:
        raise UserError(Problem("urge.note_long", {"limit": LONGEST_NOTE}))
    wanted = sorted(set(obligations))
    with office.database.trial() if dry_run else office.database.write() as tx:
        office.follow_table(tx)
        found = by_ids(tx, wanted, lock=True)
        if len(found) < len(wanted):
            missing = sorted(set(wanted) - {o.id for o in found})
            raise UserError(Problem("obligation.unknown", {"id": number}) for number in missing)
        at = office.next_working_moment(act.now)
        stage = urge_stage(office.today(at))
        can = [o.id for o in found if _not_to_urge(o) is None]
        before = urged(tx, can, stage)
        to = add_urges(tx, can, stage, at, note, act.now)
        done = tuple(_told(o, to.get(o.id, ()), before) for o in found)
        act.note_all(
            tx,
            "urge",
            [
                (f"{u.obligation.key}/{u.obligation.unit}", {"stage": stage, "to": list(u.to), "note": note})
                for u in done
                if u.to
            ],
        )
        return Urging(at, done)


def _not_to_urge(o: Obligation) -> str | None:
    """Why nobody is to be asked for an obligation: a code."""
    if not o.tracked:
        return "untracked"
    if o.state not in OPEN_STATES:
        return f"is_{o.state}"
    return None if o.kind.can_be_late else "cannot_be_late"


def _told(o: Obligation, to: Sequence[str], before: set[int]) -> Urged:
    if to:
        return Urged(o, tuple(to))
    return Urged(o, skipped=_not_to_urge(o) or ("urged_today" if o.id in before else "unreachable"))
