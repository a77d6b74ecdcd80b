"""Which mail a visitor asks for, as an address says it: `/thu?trangthai=khong-gui-duoc&kehoach=…&tu=01/12/2026`.

As with lists of obligations (`plans.filtering`), what makes no sense in an address is left out, never an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from sqlalchemy import Connection

from actions.office import Office
from plans.access import Rights
from plans.unicode_forms import composed
from store.mail_pages import Sought, people_called, units_called
from store.plans import plan_slugs
from web.typed_days import day_of

STATES = {
    "da-gui": "sent",
    "cho-gui": "queued",
    "dang-gui": "sending",
    "khong-gui-duoc": "failed",
    "co-the-da-gui": "unknown",
    "khong-can-gui": "superseded",
}
KINDS = {
    "nhac": "digest",
    "trong-ngay": "urgent",
    "chua-ghi-nhan": "unrecorded",
    "don-doc": "urge",
    "ban-tin": "monday",
    "thu-loi": "undeliverable",
}
_LONGEST = 100  # characters of a value


@dataclass(frozen=True, slots=True)
class MailAsked:
    """What an address asks for; "" and None leave a question open."""

    state: str = ""  # as in the address
    kind: str = ""
    person: str = ""
    unit: str = ""
    plan: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def query(self) -> str:
        """The query of the address that asks for this."""
        said = {
            "trangthai": self.state,
            "loai": self.kind,
            "nguoi": self.person,
            "donvi": self.unit,
            "kehoach": self.plan,
            "tu": f"{self.first:%d/%m/%Y}" if self.first else "",
            "den": f"{self.last:%d/%m/%Y}" if self.last else "",
        }
        return urlencode({key: value for key, value in said.items() if value}, safe="/@")


def mail_asked(pairs: Iterable[tuple[str, str]]) -> MailAsked:
    said = {key: " ".join(composed(value).split())[:_LONGEST] for key, value in pairs}
    return MailAsked(
        said.get("trangthai", "") if said.get("trangthai") in STATES else "",
        said.get("loai", "") if said.get("loai") in KINDS else "",
        said.get("nguoi", ""),
        said.get("donvi", ""),
        said.get("kehoach", ""),
        day_of(said.get("tu", "")),
        day_of(said.get("den", "")),
    )


def sought(tx: Connection, office: Office, rights: Rights, asked: MailAsked) -> Sought:
    """What is looked for in the store, and no more than the visitor may see: all, or mail about one's own plans."""
    within = None if rights.reads_all else rights.coordinates
    if asked.plan:
        known = plan_slugs(tx) if within is None else within
        within = frozenset({asked.plan}).intersection(known)
    return Sought(
        state=STATES.get(asked.state),
        kind=KINDS.get(asked.kind),
        people=people_called(tx, asked.person) if asked.person else None,
        units=units_called(tx, asked.unit) if asked.unit else None,
        plans=within,
        since=office.start_of(asked.first) if asked.first else None,
        before=office.start_of(asked.last + timedelta(days=1)) if asked.last else None,
    )
