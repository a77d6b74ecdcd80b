"""The subject of each mail: its most urgent item, then "và n việc khác"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from notifications.items import Line, MondayPage
from notifications.rendering import render_subject
from notifications.urgency import Told, Urgency
from plans.periods import Period
from plans.plan import Kind
from plans.urging import urged_on
from plans.words import Words


def digest_subject(told: Sequence[Told], words: Words) -> str:
    """The subject of a digest whose items are in order of urgency."""
    main = besides_news(told)
    first = main[0]
    if urges(told):
        return _of_item("urge", first, words, others=len(told) - 1)
    if opens(main):
        leading = sum(not t.item.coordinating for t in main)
        helping = len(main) - leading
        return render_subject("opening", words, first.title, period=opening(main), leading=leading, helping=helping)
    return _of_item("digest", first, words, others=len(told) - 1)


def besides_news(told: Sequence[Told]) -> Sequence[Told]:
    """What a mail is about; new tasks only go along with it, unless there is nothing else."""
    return [t for t in told if t.urgency is not Urgency.NEW] or told


def urges(told: Sequence[Told]) -> bool:
    """Whether the mail leaves because a coordinator asked for it."""
    return all(urged_on(t.item.stage) is not None for t in told)


def opens(told: Sequence[Told]) -> bool:
    """Whether the mail only announces a period that begins."""
    return all(t.urgency is Urgency.OPENING or (t.item.coordinating and t.item.stage == "open-with") for t in told)


def opening(told: Sequence[Told]) -> Period | None:
    """The period that all items open; None where they differ or have none."""
    periods = {t.item.key.period for t in told}
    period = next(iter(periods))
    return period if len(periods) == 1 and period.parts() else None


def unrecorded_subject(first: Told, groups: int, units: int, words: Words) -> str:
    """The subject of the coordinator's list; `units` counts those of the first deadline."""
    return _of_item("unrecorded", first, words, units=units, others=groups - 1)


def monday_subject(page: MondayPage, words: Words) -> str:
    """The numbers that matter most, two at most: what is late, what waits to be confirmed, then the rest."""
    return render_subject("monday", words, monday=page.monday, counts=counts(page))


def counts(page: MondayPage) -> dict[str, int]:
    """How much there is of each; units for reports not sent or not completed, tasks for work not done."""
    found = {
        "units": _units(line for line in page.overdue if not line.sent_back),
        "returned": _units(line for line in page.overdue if line.sent_back),
        "work": sum(line.kind is Kind.WORK for line in page.overdue),
        "to_confirm": len(page.to_confirm),
        "requests": len(page.requests),
        "due": len(page.due_this_week),
        "undeliverable": len(page.undeliverable),
        "unreachable": len(page.unreachable),
        "open_plans": len(page.open_plans),
    }
    return {name: number for name, number in found.items() if number}


def _of_item(name: str, told: Told, words: Words, **numbers: int) -> str:
    return render_subject(name, words, told.title, words.period(told.item.key.period), told=told, **numbers)


def _units(lines: Iterable[Line]) -> int:
    return len({line.unit_name for line in lines if line.kind is not Kind.WORK})
