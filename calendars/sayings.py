"""The words of an event: its title with the status before it, its categories, its description line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote as percent_encode

from calendars.due import stated_step
from calendars.facts import EventFacts, Progress
from plans.plan import Kind
from plans.status import Status
from plans.unicode_forms import composed
from plans.words import Words

# C0 and C1 controls, lone surrogates and bidirectional overrides: some clients break on them, some are deceived.
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_URI = "%:/?#[]@!$&'()*+,;=~"  # RFC 3986: what needs no encoding besides letters, digits and "-._"
_NAMED = 3  # units named one by one


def clean(text: str) -> str:
    r"""`text` in NFC with `\n` as its only control character.

    A backslash before a capital N is written small: icalendar 7 takes it for a line break when it escapes text.
    """
    text = _UNWANTED.sub("", _BREAKS.sub("\n", text)).replace("\t", " ").replace("\\N", "\\n")
    return composed(text)


def one_line(text: str) -> str:
    """`clean` text with every run of white space as one space."""
    return " ".join(clean(text).split())


def uri(link: str) -> str:
    return percent_encode(one_line(link), safe=_URI)


def summary(facts: EventFacts, words: Words) -> str:
    """ "[Quá hạn] Báo cáo …", "[12/45 chưa gửi] Báo cáo …", "(Phối hợp) Bắt đầu: Hội nghị …"."""
    title = one_line(facts.title)
    if facts.start:
        title = words("feed.start", title=title)
    if (counted := _counted(facts, words)) is not None:
        title = f"[{counted}] {title}"
    elif facts.status is not Status.PENDING:
        title = f"[{_status(facts, words)}] {title}"
    return f"({words('feed.coordinating')}) {title}" if facts.coordinating else title


def categories(facts: EventFacts, words: Words) -> Iterator[str]:
    """The status and the role. What has no status of its own says none: it would be wrong once its day has passed."""
    if facts.status is not Status.PENDING or not (facts.coordinating or facts.start):
        yield _status(facts, words)
    if facts.start:
        yield words("feed.starting")
    if facts.coordinating:
        yield words("feed.coordinating")


def description(facts: EventFacts, words: Words) -> Iterator[str]:
    """The document's words come first; then what follows from them."""
    dates = facts.dates
    if facts.quote and (quote := clean(facts.quote).strip()):
        yield words("feed.quote", quote=quote)
    yield words.step(stated_step(dates))
    yield words("feed.last_day", day=dates.last_day)
    if dates.act_by != dates.last_day:
        yield words("feed.act_by", day=dates.act_by)
    if facts.kind.can_be_late and not facts.coordinating and dates.late_on != dates.last_day:
        # Another day than the last one: it has not to be worked out from the words of the document.
        at = {} if dates.at is None else {"at": f"{dates.at:%H:%M}"}
        yield words("feed.late_at" if at else "feed.late_after", day=dates.late_on, **at)
    if facts.progress is not None:
        yield from _counts(facts.progress, facts.kind, words)
    yield from _units(facts, words)
    if facts.document:
        yield words("feed.document", number=one_line(facts.document))
    if facts.link:
        yield words("feed.link", link=uri(facts.link))


def _status(facts: EventFacts, words: Words) -> str:
    return words.status(facts.status, facts.kind, sent_back=facts.sent_back, within="feed.status")


def _counted(facts: EventFacts, words: Words) -> str | None:
    """How many are not done; None where the status says it better: of one unit, and of what is called off."""
    found = facts.progress
    if found is None or found.total <= 1 or facts.status is Status.CANCELLED:
        return None
    work = "" if facts.kind is Kind.REPORT else "_work"
    if found.left:
        said = words(f"feed.progress{work}", left=found.left, total=found.total)
    elif found.returned:
        said = words("feed.progress_returned", left=found.returned, total=found.total)
    elif found.missing:
        return words(f"feed.progress_missing{work}", left=found.missing, total=found.total)
    else:
        return words("feed.progress_done", total=found.total)
    if not found.overdue:
        return said
    all_of_them = found.overdue == (found.left or found.returned)
    return words("feed.progress_overdue" if all_of_them else "feed.progress_some_overdue", said=said, n=found.overdue)


def _counts(found: Progress, kind: Kind, words: Words) -> Iterator[str]:
    if found.total > 1:
        work = "" if kind is Kind.REPORT else "_work"
        done = found.total - found.open - found.missing
        yield words(f"feed.count_done{work}", n=done, total=found.total)
        for name in ("waiting", "returned", "overdue"):
            if n := getattr(found, name):
                yield words(f"feed.count_{name}", n=n)
        if found.missing:
            yield words(f"feed.count_missing{work}", n=found.missing)
    if found.extended:
        yield words("feed.count_extended", n=found.extended)


def _units(facts: EventFacts, words: Words) -> Iterator[str]:
    if facts.unit_name:
        yield words("feed.unit", unit=one_line(facts.unit_name))
    elif len(facts.leads) > _NAMED:
        yield words("feed.units", n=len(facts.leads))
    elif facts.leads:
        # Names hold commas of their own: "Sở Văn hóa, Thể thao và Du lịch".
        yield words("feed.unit", unit="; ".join(one_line(name) for name in facts.leads))
    if facts.formerly:
        yield words("feed.formerly", unit=one_line(facts.formerly))
    if facts.coordinating:
        yield words("feed.helping")
