"""How a list of obligations is narrowed: what the form offers, what its address says, and both in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlalchemy import Connection

from plans.access import Rights
from plans.filtering import Filter, Several, filter_from, pairs_of, word_of
from plans.plan import Kind
from plans.status import Status
from store.options import Options, options
from web.site import Site

# In the order in which they are looked for.
STANDINGS: tuple[Status | Several, ...] = (
    Status.OVERDUE,
    Several.WEEK,
    Several.OPEN,
    Status.DUE_TODAY,
    Status.DUE_SOON,
    Status.PENDING,
    Status.RETURNED,
    Status.SUBMITTED,
    Status.ON_TIME,
    Status.LATE,
    Status.MISSING,
    Status.WAIVED,
    Status.UNTRACKED,
    Status.CANCELLED,
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that was asked for, and what else could be."""

    which: Filter
    path: str
    pairs: tuple[tuple[str, str], ...]  # of its address
    options: Options

    @property
    def standing(self) -> Status | Several:
        """What the list is of: a status, or several at once."""
        return self.which.several or self.which.status or Status.OVERDUE

    @property
    def query(self) -> str:
        """As forms carry it along: "?kehoach=…", or nothing."""
        return f"?{urlencode(self.pairs)}" if self.pairs else ""

    @property
    def address(self) -> str:
        return self.path + self.query

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the standing narrows it."""
        return any(name != "trangthai" for name, _ in self.pairs)

    @property
    def is_narrowed_further(self) -> bool:
        """Whether by what the form keeps folded away."""
        return any(name not in ("trangthai", "tim") for name, _ in self.pairs)

    def of(self, standing: str) -> str:
        """The address of the same list with another standing, by the standing's word."""
        pairs = [pair for pair in self.pairs if pair[0] != "trangthai"]
        return f"{self.path}?{urlencode([*pairs, ('trangthai', standing)])}"


def word(standing: Status | Several) -> str:
    """What an address calls it."""
    return standing.value if isinstance(standing, Several) else word_of(standing)


def read_listing(
    tx: Connection,
    path: str,
    asked: Iterable[tuple[str, str]],
    reader: Rights,
    year: int,
    usual: Status | Several = Status.OVERDUE,
) -> Listing:
    """The list of `path` that a query asks for, of what `reader` may read; `usual`: where it names no standing."""
    said = replace(filter_from(asked), reader=reader)
    which = said
    if said.status is None and said.several is None:
        which = replace(said, several=usual) if isinstance(usual, Several) else replace(said, status=usual)
    pairs = tuple(pairs_of(said))
    return Listing(which, path, pairs, options(tx, reader, which.year or year, which.plan))


def choices_of(site: Site, listing: Listing) -> dict[str, list[tuple[str, str]]]:
    """The options of the form as (value, text); what was asked for and is not among them is added as it is."""
    words, found = site.words, listing.options
    offered = {
        "kehoach": [(p.slug, " · ".join(t for t in (p.number, p.title) if t)) for p in found.plans],
        "khoi": list(found.groups),
        "loai": [(kind, name) for kind, name in found.kinds if name],  # a code is no word for people
        "viec": [(value, words(f"kind.{kind}")) for kind, value in kinds_of_tasks()],
        "ky": [(p.key, text) for p in found.periods if (text := words.period(p))],
        "nam": [(str(year), str(year)) for year in found.years],
    }
    for name, value in listing.pairs:
        if name in offered and value not in (known for known, _ in offered[name]):
            offered[name].append((value, value))
    return offered


def kinds_of_tasks() -> list[tuple[Kind, str]]:
    """What tasks may be of kind, but for those without a deadline; with the word of an address."""
    dated = [kind for kind in Kind if kind is not Kind.STANDING]
    return [(kind, dict(pairs_of(Filter(task_kind=kind)))["viec"]) for kind in dated]
