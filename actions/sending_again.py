"""Mail goes again: what failed is written anew, what may have arrived is repeated as it was."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from actions.office import Act, Office
from store.results import hasten, retry, retry_unknown


@dataclass(frozen=True, slots=True)
class Again:
    """What becomes of some messages; those that are on their way, sent or not needed stay as they are."""

    anew: tuple[int, ...]  # had failed: say what is still to be said then
    same: tuple[int, ...]  # may have arrived: the same bytes, with the same Message-ID
    sooner: tuple[int, ...]  # a server had put them off: at once

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(sorted((*self.anew, *self.same, *self.sooner)))


def subject_of(message: int) -> str:
    """What the audit trail calls a message."""
    return f"mail/{message}"


def send_again(office: Office, act: Act, numbers: Collection[int], *, dry_run: bool = False) -> Again:
    """Queue these messages once more, each according to its state; they leave in office hours, like any."""
    wanted = sorted(set(numbers))
    with office.database.trial() if dry_run else office.database.write() as tx:
        anew, same = retry(tx, wanted, act.now), retry_unknown(tx, wanted, act.now)
        sooner = hasten(tx, sorted(set(wanted).difference(anew, same)), act.now)
        act.note_all(tx, "retry_mail", [*_notes(anew, "failed"), *_notes(same, "unknown"), *_notes(sooner, "queued")])
    return Again(tuple(anew), tuple(same), tuple(sooner))


def _notes(numbers: Iterable[int], state: str) -> Iterable[tuple[str, dict[str, object]]]:
    return ((subject_of(number), {"state": state}) for number in numbers)
