"""What may be done to a selection: with which fields, what it would do, and doing it. All or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from actions.office import Act, Office
from actions.receiving import Changed
from actions.several import accept_several, extend_several, return_several, waive_several
from actions.urging import Urging, urge
from plans.filtering import Several
from plans.obligations import Obligation
from plans.problems import Problem, UserError
from plans.status import Status
from web.typed_days import day_of, unread_day

LONGEST = 1000  # characters of a text
_OPEN = (Several.OPEN, Several.WEEK, Status.OVERDUE, Status.DUE_TODAY, Status.DUE_SOON, Status.PENDING, Status.RETURNED)


@dataclass(frozen=True, slots=True)
class Fields:
    """What was typed, as it was typed."""

    until: str = ""
    document: str = ""
    reason: str = ""
    note: str = ""

    def day(self) -> date | None:
        return day_of(self.until)

    def text(self, name: str) -> str | None:
        return str(getattr(self, name)).strip() or None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a deed does, or did."""

    changed: tuple[Changed, ...] = ()
    urging: Urging | None = None

    def told(self) -> Mapping[str, str | int]:
        """The parameters of the sentence that says so."""
        if self.urging is not None:
            return {"people": len(self.urging.people), "n": sum(1 for one in self.urging.done if one.to)}
        return {"n": len(self.changed)}


Do = Callable[[Office, Act, Sequence[int], Fields, bool], Outcome]


@dataclass(frozen=True, slots=True)
class Deed:
    """One of the buttons below a list."""

    name: str  # the last part of its address
    done: str  # the sentence that says so: a code
    do: Do
    standings: tuple[Status | Several, ...]  # of lists below which it stands
    needs: frozenset[str] = field(default_factory=frozenset)  # fields to be filled in
    may: frozenset[str] = field(default_factory=frozenset)  # fields that may be

    def carry_out(
        self, office: Office, act: Act, chosen: Sequence[Obligation], typed: Fields, *, sure: bool
    ) -> Outcome:
        """Do it, or only see what it would do. Raises UserError with all that is wrong."""
        if problems := self._missing(typed):
            raise UserError(problems)
        told = replace(act, reason=typed.text("reason"))
        return self.do(office, told, [o.id for o in chosen], typed, not sure)

    def _missing(self, typed: Fields) -> list[Problem]:
        """What is wrong with the fields themselves."""
        found = []
        if "until" in self.needs | self.may:
            if typed.text("until") is None:
                found += [Problem("selection.until")] if "until" in self.needs else []
            elif typed.day() is None:
                found.append(unread_day(typed.until))
        for name in ("reason", "document", "note"):
            text = typed.text(name) or ""
            if name in self.needs and not text:
                found.append(Problem(f"selection.{name}"))
            if name in self.needs | self.may and len(text) > LONGEST:
                found.append(Problem("selection.long", {"limit": LONGEST}))
        return found


def _urge(office: Office, act: Act, numbers: Sequence[int], typed: Fields, dry_run: bool) -> Outcome:
    urging = urge(office, act, numbers, typed.text("note"), dry_run=dry_run)
    if not urging.people and not dry_run:
        raise UserError(Problem("selection.nobody"))
    return Outcome(urging=urging)


def _extend(office: Office, act: Act, numbers: Sequence[int], typed: Fields, dry_run: bool) -> Outcome:
    until = typed.day()
    if until is None:
        raise UserError(Problem("selection.until"))
    return Outcome(tuple(extend_several(office, act, numbers, until, document=typed.text("document"), dry_run=dry_run)))


def _waive(office: Office, act: Act, numbers: Sequence[int], _typed: Fields, dry_run: bool) -> Outcome:
    return Outcome(tuple(waive_several(office, act, numbers, dry_run=dry_run)))


def _accept(office: Office, act: Act, numbers: Sequence[int], _typed: Fields, dry_run: bool) -> Outcome:
    return Outcome(tuple(accept_several(office, act, numbers, dry_run=dry_run)))


def _return(office: Office, act: Act, numbers: Sequence[int], typed: Fields, dry_run: bool) -> Outcome:
    return Outcome(tuple(return_several(office, act, numbers, typed.day(), dry_run=dry_run)))


DEEDS: Mapping[str, Deed] = {
    deed.name: deed
    for deed in (
        Deed("nhac", "flash.urged", _urge, _OPEN, may=frozenset(("note",))),
        Deed(
            "gia-han",
            "flash.extended",
            _extend,
            (*_OPEN, Status.LATE),
            frozenset(("until", "reason")),
            frozenset(("document",)),
        ),
        Deed("mien", "flash.waived", _waive, _OPEN, frozenset(("reason",))),
        Deed("xac-nhan", "flash.accepted", _accept, (Status.SUBMITTED,)),
        Deed(
            "tra-lai",
            "flash.returned",
            _return,
            (Status.SUBMITTED, Status.ON_TIME, Status.LATE),
            frozenset(("reason",)),
            frozenset(("until",)),
        ),
    )
}


def deeds_for(standing: Status | Several) -> tuple[str, ...]:
    """The deeds that make sense of what a list is of."""
    return tuple(deed.name for deed in DEEDS.values() if standing in deed.standings)
