"""Who is written to for a unit on a day: its officers, deputies of the absent, its mailbox, its head.

Somebody is better than nobody: only where no address that works is on file does the answer stay empty.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from plans.units import Role, Unit, valid


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which a person is not written to; both days belong to it."""

    address: str
    first: date
    last: date | None = None  # None: until further notice
    deputy: str | None = None


@dataclass(frozen=True, slots=True)
class Addressee:
    """Someone who is written to; instead of an absent person, where one is named."""

    address: str
    instead_of: str | None = None


OFFICERS, HEAD = "officers", "head"


def addressees(
    unit: Unit, absent: Iterable[Absence], unreachable: Collection[str], today: date
) -> dict[str, tuple[Addressee, ...]]:
    """Audience (`officers`, `head`) → who is written to on a day, nobody twice and no officer also as the head.

    Officers and clerks, else the mailbox, else the head; an absent one's deputy instead of that one. Where all that is
    left is someone absent without a deputy, that one. Addresses that a server refuses (`unreachable`) are left out.
    """
    stand = _StandIns(absent, unreachable, today)
    officers = [o.address for o in unit.officers if o.role is not Role.HEAD]
    heads = [o.address for o in unit.officers if o.role is Role.HEAD]
    boxes = [unit.mailbox] if unit.mailbox else []
    told = _first(stand.present, officers, boxes, heads) or _first(stand.reachable, officers, boxes, heads)
    already = {a.address for a in told}
    above = stand.present(heads) or stand.reachable(heads)
    return {OFFICERS: told, HEAD: tuple(a for a in above if a.address not in already)}


def named_addressees(
    named: Sequence[str], absent: Iterable[Absence], unreachable: Collection[str], today: date
) -> tuple[Addressee, ...]:
    """Who of a task's own officers is written to; empty where the unit's officers are to be told instead."""
    return _StandIns(absent, unreachable, today).present(named)


def posts_of(unit: Unit) -> tuple[str, ...]:
    """Every address under which a unit can be written to, each once."""
    boxes = [unit.mailbox] if unit.mailbox else []
    return tuple(dict.fromkeys([*(o.address for o in unit.officers), *boxes]))


def leaning_on(addresses: Iterable[str], absent: Iterable[Absence]) -> set[str]:
    """These addresses, and those for whom one of them stands in, directly or through others."""
    found = set(addresses)
    deputies = [(a.address, a.deputy) for a in absent]
    while more := {who for who, deputy in deputies if deputy in found} - found:
        found |= more
    return found


def represented(address: str, absent: Iterable[Absence], today: date) -> frozenset[str]:
    """Everyone in whose name a person acts on a day: that one, and the absent ones whose deputy it is.

    Whether mail reaches the deputy does not matter here.
    """
    away = list(absent)
    stand = _StandIns(away, (), today)
    return frozenset({address, *(a.address for a in away if stand.stand_in(a.address) == address)})


def _first(choose: Callable[[Sequence[str]], tuple[Addressee, ...]], *lists: Sequence[str]) -> tuple[Addressee, ...]:
    return next((found for some in lists if (found := choose(some))), ())


class _StandIns:
    """Who stands in for whom on a day."""

    def __init__(self, absent: Iterable[Absence], unreachable: Collection[str], today: date) -> None:
        self.unreachable = unreachable
        # Of several absences that overlap, one with a deputy counts, and of those the one that began last.
        current = sorted((a for a in absent if valid(a.first, a.last, today)), key=lambda a: (bool(a.deputy), a.first))
        self.absent: Mapping[str, Absence] = {a.address: a for a in current}

    def present(self, addresses: Sequence[str]) -> tuple[Addressee, ...]:
        """Those who are there, and the deputies of those who are not."""
        found: dict[str, Addressee] = {}
        for address in addresses:
            stand_in = self.stand_in(address)
            if stand_in is not None and (stand_in == address or stand_in not in found):
                found[stand_in] = Addressee(stand_in, None if stand_in == address else address)
        return tuple(found.values())

    def reachable(self, addresses: Sequence[str]) -> tuple[Addressee, ...]:
        """All of them whose address works, there or not."""
        return tuple(Addressee(a) for a in dict.fromkeys(addresses) if a not in self.unreachable)

    def stand_in(self, address: str) -> str | None:
        """The person or, while that one is absent, the deputy, or the deputy's deputy; None in a circle."""
        seen: set[str] = set()
        who: str | None = address
        while who is not None and who in self.absent:
            if who in seen:
                return None
            seen.add(who)
            who = self.absent[who].deputy
        return None if who in self.unreachable else who
