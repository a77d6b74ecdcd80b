"""Events of one deadline as bytes: each rendered by icalendar, and one rendered and the others filled in.

Beside it what the options of an address cost for a feed of a hundred events. Ends with 1 when filling in is less than
ten times as fast.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from calendars.due import dates_for
from calendars.events import EventFacts, event_bytes
from calendars.feeds import feed_bytes
from calendars.options import FeedOptions, with_options
from calendars.shapes import render_many
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from plans.words import words

LEAST = 10.0  # times the speed of icalendar
UNITS, ROUNDS = 500, 7
WORDS = words("vi")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
FACTS = EventFacts(
    uid="5c306223-deb9-55cc-909e-5448fee79d80",
    title="Báo cáo kết quả thực hiện phong trào thi đua và công tác khen thưởng năm 2026",
    kind=Kind.REPORT,
    status=Status.DUE_SOON,
    dates=dates_for(date(2026, 12, 5), Operator.BEFORE, None, WorkingCalendar(shipped_workdays()), ZONE),
    stamp=datetime(2026, 11, 2, 2, tzinfo=UTC),
    document="2458/UBND-NC",
    quote="trước ngày 05 tháng 12 hàng năm",
    link="https://nhachan.tinh.example/deadlines/dien-bien-2458/bao-cao-nam/2026",
)


def best(step: Callable[[], object]) -> float:
    """Microseconds of processor time, the least of some rounds: other programs run too."""
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        step()
        found.append(time.process_time() - begun)
    return min(found) * 1e6


def join(stored: list[bytes], options: FeedOptions) -> bytes:
    return feed_bytes("Sở Nội vụ", with_options(stored, options, WORDS))


def main() -> int:
    facts = [
        replace(FACTS, uid=f"{FACTS.uid[:-6]}{n:06}", unit_name=f"Ủy ban nhân dân xã số {n}") for n in range(UNITS)
    ]
    rendered = best(lambda: [event_bytes(one, WORDS) for one in facts]) / UNITS
    filled = best(lambda: render_many(facts, WORDS)) / UNITS
    ratio = rendered / filled
    print(f"an event by icalendar {rendered:6.0f} µs, filled in {filled:5.1f} µs: {ratio:.1f} times ({LEAST:g} set)")
    stored = render_many(facts[:100], WORDS)
    for said, options in (
        ("as stored", FeedOptions()),
        ("alarms", FeedOptions(alarms=True)),
        ("to-dos", FeedOptions(todo=True)),
        ("both", FeedOptions(alarms=True, todo=True)),
    ):
        joined = best(partial(join, stored, options))
        print(f"joining 100 events, {said:10}{joined:6.0f} µs")
    return ratio < LEAST


if __name__ == "__main__":
    sys.exit(main())
