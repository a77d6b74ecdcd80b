"""What a message says, as values: composing reads these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from plans.announcements import Before, Refusal
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.plan import Kind
from plans.status import Status


@dataclass(frozen=True, slots=True)
class Item:
    """One obligation in a message, as its recipient is told of it."""

    obligation: int
    key: DeadlineKey
    unit: str  # slug
    unit_name: str
    title: str
    kind: Kind
    product: str | None  # "báo cáo", "kế hoạch" …
    document: str | None  # number of the plan, "2458/UBND-NC"; its title while it has none
    quote: str | None  # the document's own words for the date
    dates: DueDates  # those in force: of the rule, an extension or a resubmission
    basis: Basis
    stage: str
    status: Status
    coordinating: bool = False  # the recipient's unit coordinates and owes nothing
    reason: str | None = None  # why it was sent back or extended
    formerly: str | None = None  # name of the unit it passed from, which has ended
    before: Before | None = None  # the dates until now, where that is announced
    refusal: Refusal | None = None  # of what the reader asked for
    note: str | None = None  # of the coordinator, who urges
    asked: date | None = None  # when a later date was asked for, while that has no answer
    link: str | None = None  # the page with its button
    instead_of: str | None = None  # name of the absent one, where the mail has items of the reader's own too


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask: the coordinator of the first item; also the Reply-To."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Post:
    """What the reader is to a unit, as the yearly question names it."""

    unit: str  # name
    role: str  # officer | clerk | head | mailbox


@dataclass(frozen=True, slots=True)
class Digest:
    """All of a person's reminders of the moment."""

    name: str
    address: str
    units: tuple[str, ...]  # names of the units for which this person is written to
    items: tuple[Item, ...]
    contact: Contact | None = None
    feed: str | None = None  # address of the calendar feed
    page: str | None = None  # where everything stands that a long digest leaves out
    deputy_for: str | None = None  # names of the absent ones, where all items are theirs
    posts: tuple[Post, ...] = ()  # to be confirmed; empty where that isn't asked


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a coordinator's list or Monday page."""

    title: str
    unit_name: str
    last_day: date
    days_late: int = 0  # working days; 0 when not late
    link: str | None = None
    document: str | None = None  # number of the plan
    kind: Kind = Kind.REPORT  # a unit "sends" a report and "does" work
    sent_back: bool = False  # an answer came and is to be completed
    note: str | None = None  # of an undeliverable mail: the address and the answer; of a request: what is asked for


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """A plan without an end, of which a coordinator has to say whether it applies next year."""

    slug: str
    title: str
    document: str | None  # number
    year: int
    link: str


@dataclass(frozen=True, slots=True)
class MondayPage:
    """Bản tin thứ Hai: what a coordinator or a head should know this week."""

    name: str
    address: str
    monday: date
    overdue: tuple[Line, ...] = ()
    due_this_week: tuple[Line, ...] = ()
    to_confirm: tuple[Line, ...] = ()
    requests: tuple[Line, ...] = ()  # of units, that wait for an answer
    undeliverable: tuple[Line, ...] = ()
    unreachable: tuple[Line, ...] = ()  # addresses, and units for which none is left
    unconfirmed: int = 0  # contacts that were not confirmed this year; makes no page of its own
    open_plans: tuple[OpenPlan, ...] = ()  # in November
    board: str | None = None
    deputy_for: str | None = None  # names of the absent ones in whose place it is read
    also_own: bool = False  # it holds lines of the reader's own as well
    contact: Contact | None = None  # whom a head asks; none where the reader is who is asked

    @property
    def empty(self) -> bool:
        lists = (
            self.overdue,
            self.due_this_week,
            self.to_confirm,
            self.requests,
            self.undeliverable,
            self.unreachable,
        )
        return not (any(lists) or self.open_plans)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail; `content_type` is a full MIME type with its parameters."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A composed mail before it becomes bytes; lines of `text` end in `\\n`."""

    sender_name: str
    sender: str
    recipient_name: str
    recipient: str
    subject: str
    text: str
    html: str
    reply_to: Contact | None = None
    references: tuple[str, ...] = ()  # Message-IDs without angle brackets
    attachments: tuple[Attachment, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
