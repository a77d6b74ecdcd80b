"""From what a message says to a mail: chooses order, sections and words; decides neither who is written to nor when.

`words` chooses the language; the templates of a language are a folder of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import groupby

from notifications import subjects
from notifications.items import Attachment, Contact, Digest, Line, Mail, MondayPage
from notifications.mime import new_message_id
from notifications.rendering import draw_text, laid_out, render_html, render_text, wrapped
from notifications.settings import MailSettings
from notifications.shapes import Drawn, Form, Shape, may_be_filled, shape_of
from notifications.stages import Calendar
from notifications.titles import plain
from notifications.urgency import Told, Urgency, tell
from plans.policies import AFTERNOON
from plans.words import Words

CALENDAR_FILE = "nhac-han.ics"
# A method would make clients treat the file as an invitation to be answered (RFC 5546), not as dates to be kept.
CALENDAR_TYPE = "text/calendar; charset=utf-8"
_SECTION = {
    Urgency.LATE: "late",
    Urgency.PAST: "due",
    Urgency.TODAY: "due",
    Urgency.RETURNED: "returned",
    Urgency.AHEAD: "due",
    Urgency.OPENING: "opening",
    Urgency.COORDINATING: "coordinating",
    Urgency.REFUSED: "refused",
    Urgency.TAKEN: "taken",
    Urgency.RESTORED: "restored",
    Urgency.NEW: "new",
    Urgency.CANCELLED: "cancelled",
    Urgency.GIVEN: "given",
    Urgency.ENDED: "ended",
}
_SECTIONS = (
    "late",
    "returned",
    "due",
    "refused",
    "taken",
    "restored",
    "new",
    "opening",
    "coordinating",
    "cancelled",
    "given",
    "ended",
)
_SHORTENED = ("taken", "restored", "new", "cancelled", "given")  # lists that a plan or a hand-over can make long
_SHOWN = 10
# Gmail cuts a mail off at 102 kB of HTML, with whatever stands at its end.
LARGEST_HTML = 100_000  # bytes
_DIGEST = ((30, 130), (12, 60), (4, 20), (1, 8))  # how many items stand there in full, and how many in all
_LIST = (100, 30, 10, 3)  # how many units of a deadline are named


def compose_digest(
    digest: Digest, today: date, calendar: Calendar, words: Words, settings: MailSettings, ics: bytes | None = None
) -> Mail:
    """All of a person's reminders of the moment, said as they stand on the local day `today`.

    `ics` is the calendar file of its items. A mail of one item refers to that item's thread. Raises ValueError for a
    digest without items.
    """
    if not digest.items:
        raise ValueError("an empty digest is not sent")
    drawn = _drawn(digest, today, calendar, words, ics=ics is not None)
    alone = len({(item.obligation, item.coordinating) for item in digest.items}) == 1
    return _mail(
        settings,
        digest.name,
        digest.address,
        drawn.subject,
        drawn.text,
        drawn.html,
        contact=digest.contact,
        references=(thread(settings.domain, digest.items[0].obligation),) if alone else (),
        ics=ics,
    )


def _drawn(digest: Digest, today: date, calendar: Calendar, words: Words, *, ics: bool) -> Drawn:
    found = form_of(digest, today, calendar, words, ics=ics)
    if found is not None:
        form, values = found
        return form.fill(values)
    drawn = draw_digest(digest, today, calendar, words, ics=ics)
    return replace(drawn, text=laid_out(wrapped(line.rstrip()) for line in drawn.text.splitlines()))


def form_of(
    digest: Digest, today: date, calendar: Calendar, words: Words, *, ics: bool
) -> tuple[Form, dict[str, str]] | None:
    """The form of a digest and what is to be filled in; None for one that is drawn by itself."""
    found = shape_of(digest)
    if found is None:
        return None
    shape, values = found
    form = _form(shape, _Moment(today, calendar, calendar.revision, words, ics))
    return None if form is None else (form, values)


@dataclass(frozen=True, slots=True)
class _Moment:
    """What a digest depends on besides itself."""

    today: date
    calendar: Calendar
    revision: object  # of the calendar: its days may change
    words: Words
    ics: bool


@lru_cache(256)
def _form(shape: Shape, moment: _Moment) -> Form | None:
    """The shape drawn, for all mails that have it; None: it serves nobody."""
    opened = shape.opened()
    drawn = draw_digest(opened, moment.today, moment.calendar, moment.words, ics=moment.ics)
    # A long one is shortened by what its own names and links leave room for.
    fits = len(drawn.html) <= LARGEST_HTML // 4
    return Form(drawn) if fits and may_be_filled(opened, drawn, shape.places) else None


def draw_digest(digest: Digest, today: date, calendar: Calendar, words: Words, *, ics: bool) -> Drawn:
    """What the templates say of a digest, its text before it is laid out."""
    notes = {item.note for item in digest.items}
    note = notes.pop() if len(notes) == 1 else None
    # What is said of all is said once, above them.
    items = tuple(replace(item, note=None) for item in digest.items) if note else digest.items
    told = tell(items, today, calendar, words)
    subject = subjects.digest_subject(told, words)
    main = subjects.besides_news(told)
    opens = subjects.opens(main)
    sections = _sections(told)
    context = {
        "told": told,
        "urged": subjects.urges(told),
        "note": note,
        "news": not any(t.asks or t.urgency is Urgency.COORDINATING for t in told),
        "head": all(t.item.stage.endswith("-head") for t in told),
        "opens": opens,
        "period": subjects.opening(main) if opens else None,
        "ics": ics,
    }
    return Drawn(
        subject,
        draw_text("digest", words, digest=digest, sections=sections, page=_page(digest, sections), **context),
        _digest_html(digest, sections, words, **context),
    )


def compose_unrecorded(digest: Digest, today: date, calendar: Calendar, words: Words, settings: MailSettings) -> Mail:
    """The coordinator's list of the first overdue day: who is not recorded yet, by deadline.

    Raises ValueError for a digest without items.
    """
    told = tell(digest.items, today, calendar, words)
    if not told:
        raise ValueError("an empty list is not sent")
    groups = _by_deadline(told)
    subject = subjects.unrecorded_subject(groups[0][0], len(groups), len(groups[0][1]), words)
    context = {"digest": digest, "today": today, "leaves": AFTERNOON, "groups": groups}
    return _mail(
        settings,
        digest.name,
        digest.address,
        subject,
        render_text("unrecorded", words, **context),
        _list_html("unrecorded", words, **context),
        contact=digest.contact,
    )


def compose_monday(page: MondayPage, words: Words, settings: MailSettings) -> Mail:
    """Bản tin thứ Hai. Raises ValueError for an empty page, which is not sent."""
    if page.empty:
        raise ValueError("an empty page is not sent")
    subject = subjects.monday_subject(page, words)
    context = {"page": page, "sections": _monday_sections(page)}
    return _mail(
        settings,
        page.name,
        page.address,
        subject,
        render_text("monday", words, shown=_LIST[0], **context),
        _list_html("monday", words, **context),
        contact=page.contact,
    )


def thread(domain: str, obligation: int) -> str:
    """The Message-ID to which all mails about one obligation refer, so that clients show them together."""
    return new_message_id(domain, "obligation", obligation)


_Section = tuple[str, list[Told], int]  # its name, the items it shows, how many more there are


@dataclass(frozen=True, slots=True)
class _Group:
    """The units of one task on a Monday page."""

    title: str
    last_day: date | None  # None for mail that could not be delivered
    lines: tuple[Line, ...]

    @property
    def link(self) -> str | None:
        return next((line.link for line in self.lines if line.link), None)

    @property
    def document(self) -> str | None:
        return next((line.document for line in self.lines if line.document), None)


@dataclass(frozen=True, slots=True)
class _Part:
    code: str
    groups: tuple[_Group, ...]

    @property
    def size(self) -> int:
        return sum(len(group.lines) for group in self.groups)


def _sections(told: Sequence[Told]) -> list[_Section]:
    """The sections that hold something, with their items and how many more are not shown."""
    found: dict[str, list[Told]] = {section: [] for section in _SECTIONS}
    for t in told:
        found[_SECTION[t.urgency]].append(t)
    shown = {s: rows[:_SHOWN] if s in _SHORTENED else rows for s, rows in found.items()}
    return [(section, shown[section], len(rows) - len(shown[section])) for section, rows in found.items() if rows]


def _page(digest: Digest, sections: Sequence[_Section]) -> str | None:
    """Where all of it can be read, when the mail does not hold it."""
    return digest.page if any(more for _, _, more in sections) else None


def _digest_html(digest: Digest, sections: Sequence[_Section], words: Words, **context: object) -> str:
    """The HTML part of a digest; a long one tells its last items in a line, or only how many they are."""
    html = ""
    for full, shown in _DIGEST:
        kept: list[_Section] = []
        for section, rows, more in sections:
            first = rows[: max(shown - sum(len(rows) for _, rows, _ in kept), 0)]
            kept.append((section, first, more + len(rows) - len(first)))
        page = _page(digest, kept)
        html = render_html("digest", words, digest=digest, sections=kept, full=full, page=page, **context)
        if len(html.encode()) <= LARGEST_HTML:
            break
    return html


def _list_html(name: str, words: Words, **context: object) -> str:
    """The HTML part of a list of units by deadline; of very many only the first are named."""
    html = ""
    for shown in _LIST:
        html = render_html(name, words, shown=shown, **context)
        if len(html.encode()) <= LARGEST_HTML:
            break
    return html


def _by_deadline(told: Iterable[Told]) -> list[tuple[Told, list[Told]]]:
    found: dict[tuple[str, date], list[Told]] = {}
    for t in told:  # one deadline has several dates where some were extended, or sent back
        found.setdefault((str(t.item.key), t.item.dates.last_day), []).append(t)
    # The subject names the first: the deadline that most units have missed.
    return [(rows[0], rows) for rows in sorted(found.values(), key=len, reverse=True)]


def _monday_sections(page: MondayPage) -> list[_Part]:
    dated = (("overdue", page.overdue), ("due", page.due_this_week), ("to_confirm", page.to_confirm))
    parts = [_Part(code, _groups(lines, dated=True)) for code, lines in dated]
    parts.append(_Part("requests", _groups(page.requests, dated=False)))
    parts.append(_Part("undeliverable", _groups(page.undeliverable, dated=False)))
    parts.append(_Part("unreachable", _groups(page.unreachable, dated=False)))
    return [part for part in parts if part.groups]


def _groups(lines: Sequence[Line], *, dated: bool) -> tuple[_Group, ...]:
    """Lines of one task stand together; the longest overdue task comes first."""

    def task(line: Line) -> tuple[date, str, str, str]:
        return line.last_day, plain(line.title), line.document or "", line.link or ""

    return tuple(
        _Group(title, last_day if dated else None, tuple(rows))
        for (last_day, title, _, _), rows in groupby(sorted(lines, key=task), key=task)
    )


def _mail(
    settings: MailSettings,
    name: str,
    address: str,
    subject: str,
    text: str,
    html: str,
    *,
    contact: Contact | None = None,
    references: tuple[str, ...] = (),
    ics: bytes | None = None,
) -> Mail:
    attachments = () if ics is None else (Attachment(CALENDAR_FILE, CALENDAR_TYPE, ics),)
    return Mail(
        sender_name=settings.sender_name,
        sender=settings.sender,
        recipient_name=name,
        recipient=address,
        subject=subject,
        text=text,
        html=html,
        reply_to=contact,
        references=references,
        attachments=attachments,
    )
