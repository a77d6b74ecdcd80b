"""What a list of obligations is narrowed to, and how an address says it: `?kehoach=…&khoi=…&trangthai=qua-han&tim=…`.

An address is typed, shortened and kept for years: what makes no sense in it is left out, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from plans.access import Rights
from plans.periods import YEARS
from plans.plan import Kind
from plans.status import Status
from plans.unicode_forms import composed

_LONGEST = 100  # characters of a value: as much as any slug, and more than anyone types to find something
_WORD = re.compile(r"[^\s/?#&\x00-\x1f]+")
_STATUSES = {
    Status.UNTRACKED: "truoc-khi-theo-doi",
    Status.PENDING: "chua-den-han",
    Status.DUE_SOON: "sap-den-han",
    Status.DUE_TODAY: "den-han-hom-nay",
    Status.OVERDUE: "qua-han",
    Status.SUBMITTED: "cho-xac-nhan",
    Status.RETURNED: "can-bo-sung",
    Status.ON_TIME: "dung-han",
    Status.LATE: "tre-han",
    Status.WAIVED: "khong-phai-thuc-hien",
    Status.MISSING: "khong-gui",
    Status.CANCELLED: "huy",
}
_KINDS = {
    Kind.REPORT: "bao-cao",
    Kind.WORK: "cong-viec",
    Kind.MILESTONE: "moc",
    Kind.TARGET: "chi-tieu",
    Kind.STANDING: "thuong-xuyen",
}


class Several(StrEnum):
    """What a list gathers of more than one status, by the word of its address."""

    OPEN = "chua-xong"  # still to be acted on: overdue, due today, soon or later, sent back
    WEEK = "trong-tuan"  # the same, to be acted on within the days of `WEEK`, today among them


WEEK = 7  # days
_STATUS_OF = {word: status for status, word in _STATUSES.items()}
_KIND_OF = {word: kind for kind, word in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which obligations; None and "" leave a question open."""

    plan: str | None = None  # slug
    group: str | None = None  # slug; its members of today
    unit_kind: str | None = None  # a word of the installation's own
    task_kind: Kind | None = None
    period: str | None = None  # key
    year: int | None = None  # of the period; of the last day where that names no year
    status: Status | None = None
    several: Several | None = None  # instead of a status
    text: str = (
        ""  # in names of units, titles of tasks and plans, numbers of documents; as `plans.naming.fold` compares
    )
    units: frozenset[int] | None = None  # numbers; None: all. In no address
    reader: Rights | None = None  # only what this visitor may read; None: everything. In no address


def filter_from(pairs: Iterable[tuple[str, str]]) -> Filter:
    """What the query of an address asks for; of a key that comes twice the last."""
    said = {key: " ".join(composed(value).split())[:_LONGEST] for key, value in pairs}
    year, standing = said.get("nam", ""), said.get("trangthai", "")
    return Filter(
        plan=_word(said.get("kehoach")),
        group=_word(said.get("khoi")),
        unit_kind=_word(said.get("loai")),
        task_kind=_KIND_OF.get(said.get("viec", "")),
        period=_word(said.get("ky")),
        year=int(year) if re.fullmatch(r"[0-9]{4}", year) and int(year) in YEARS else None,
        status=_STATUS_OF.get(standing),
        several=Several(standing) if standing in set(Several) else None,
        text="".join(c for c in said.get("tim", "") if c.isprintable()).strip(),
    )


def pairs_of(which: Filter) -> list[tuple[str, str]]:
    """The query of the address that asks for this; `filter_from` reads it back, but for whose list it is."""
    said = {
        "kehoach": which.plan,
        "khoi": which.group,
        "loai": which.unit_kind,
        "viec": which.task_kind and _KINDS[which.task_kind],
        "ky": which.period,
        "nam": which.year and str(which.year),
        "trangthai": which.several or (which.status and _STATUSES[which.status]),
        "tim": which.text,
    }
    return [(key, str(value)) for key, value in said.items() if value]


def word_of(status: Status) -> str:
    """A status as an address says it."""
    return _STATUSES[status]


def _word(value: str | None) -> str | None:
    return value if value and _WORD.fullmatch(value) else None
