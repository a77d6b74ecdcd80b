"""What the mailed link offers besides "đã gửi": each button is a form of its own, and asks who presses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from actions.declaring import take_back
from actions.office import Act, Office
from actions.people import absent
from actions.reassigning import reassign_by_link
from actions.requesting import Asker, ask_contact_change, ask_exemption, ask_extension
from plans.access import Granted
from plans.obligations import Obligation
from plans.problems import Problem, UserError
from store.people import Person
from web.typed_days import coming_day, unread_day


@dataclass(frozen=True, slots=True)
class More:
    """One of the further forms as it was filled in, with what is wrong with it."""

    deed: str = ""  # the last part of its address; empty: none was sent
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sent:
    office: Office
    act: Act
    obligation: Obligation
    person: Person
    typed: Mapping[str, str]
    granted: Granted

    @property
    def asker(self) -> Asker:
        return Asker(self.person.id, self.said("who"))

    def said(self, name: str) -> str | None:
        return self.typed.get(name, "").strip() or None

    def day(self, name: str) -> date:
        typed = self.typed.get(name, "")
        found = coming_day(typed, self.office.today(self.act.now))
        if found is None:
            raise UserError(unread_day(typed))
        return found


def _extension(s: _Sent) -> None:
    ask_extension(s.office, s.act, s.obligation.id, s.asker, s.day("until"), s.typed.get("text", ""))


def _exemption(s: _Sent) -> None:
    ask_exemption(s.office, s.act, s.obligation.id, s.asker, s.typed.get("text", ""))


def _reassign(s: _Sent) -> None:
    reassign_by_link(s.office, s.act, s.obligation.id, s.asker, s.typed.get("to", ""), s.said("name"))


def _absence(s: _Sent) -> None:
    last = s.day("last") if s.said("last") else None
    deputy = s.said("deputy")
    instead = deputy.lower() if deputy else None
    absent(s.office, s.act, s.person.address, s.day("first"), last, instead, by_link=s.granted)


def _contact(s: _Sent) -> None:
    right = {"old": s.said("old"), "new": s.said("to"), "name": s.said("name")}
    number = s.obligation.id
    ask_contact_change(s.office, s.act, s.obligation.unit, s.asker, s.said("text"), **right, obligation=number)


def _take_back(s: _Sent) -> None:
    take_back(s.office, s.act, s.obligation.id, s.person.id)


_DEEDS: dict[str, Callable[[_Sent], None]] = {
    "gia-han": _extension,
    "khong-thuoc": _exemption,
    "chuyen": _reassign,
    "vang-mat": _absence,
    "dau-moi": _contact,
    "rut-lai": _take_back,
}
DEEDS = frozenset(_DEEDS)
# After these the link may have lost its right: what came of it is said at once.
LAST_WORDS = frozenset(("chuyen", "vang-mat"))


def perform(
    office: Office,
    granted: Granted,
    deed: str,
    obligation: Obligation,
    person: Person,
    typed: Mapping[str, str],
    now: datetime,
) -> More | None:
    """Do what the form `deed` asks for, for the link's holder; what was typed with its problems where that can't be."""
    who = typed.get("who", "").strip()
    act = Act(f"link:{person.address}", now, who or None if deed == "vang-mat" else None)
    try:
        _DEEDS[deed](_Sent(office, act, obligation, person, typed, granted))
    except UserError as error:
        return More(deed, typed, error.problems)
    return None
