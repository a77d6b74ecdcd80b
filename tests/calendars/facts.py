"""Facts of events, and text that tries to be more than text."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from calendars.due import dates_for
from calendars.events import EventFacts, Progress, start_of
from calendars.working import WorkingCalendar
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from plans.words import words

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
VI = words("vi")
FACTS = EventFacts(
    uid="5c306223-deb9-55cc-909e-5448fee79d80",
    title="Báo cáo kết quả phong trào thi đua",
    kind=Kind.REPORT,
    status=Status.PENDING,
    dates=dates_for(date(2022, 12, 5), Operator.BEFORE, None, WorkingCalendar(), ZONE),
    stamp=datetime(2022, 11, 1, 3, 4, 5, 678, tzinfo=UTC),
    sequence=2,
    unit_name="Sở Nội vụ",
    document="2458/UBND-NC",
    quote="trước ngày 05 tháng 12 hàng năm",
    link="https://nhachan.example/obligations/12",
)

WHEN = dates_for(date(2026, 12, 4), Operator.BY, None, WorkingCalendar(), ZONE)
CAMPAIGN = dates_for(date(2026, 10, 30), Operator.BY, None, WorkingCalendar(), ZONE, opens=date(2026, 5, 8))


NASTY = (
    "x\r\nATTENDEE:mailto:a@b",
    "a\nEND:VEVENT\nBEGIN:VEVENT",
    "\\N \\n \\, \\; , ; : \" ^n ^'",
    "📮👩‍💻🇻🇳" * 40,
    "Tuyên dương, khen thưởng; đợt 1\u2028đợt 2\x85đợt 3\x00\x07",
    "\ud800 lone",
    "ế" * 5000,
    " ",
)
HOSTILE = st.text(st.characters(), max_size=300) | st.sampled_from(NASTY)
BRIEF = st.text(st.characters(), max_size=30) | st.sampled_from([text[:200] for text in NASTY])
DATES = [
    FACTS.dates,
    WHEN,
    CAMPAIGN,
    dates_for(date(2026, 3, 31), Operator.WITHIN, None, WorkingCalendar(), ZONE, opens=date(2026, 1, 1)),
    dates_for(date(2026, 12, 5), Operator.BY, time(16, 30), WorkingCalendar(), ZONE),
]


@st.composite
def progresses(draw):
    left, returned, waiting, missing, done = (draw(st.integers(0, 60)) for _ in range(5))
    total = left + returned + waiting + missing + done
    overdue, extended = draw(st.integers(0, left + returned)), draw(st.integers(0, total))
    return Progress(left, total, returned, overdue, waiting, missing, extended)


@st.composite
def event_facts(draw, text=BRIEF):
    """Any facts that the program could have, starts of campaigns included."""
    maybe = st.none() | text
    facts = EventFacts(
        uid=draw(st.uuids().map(str)),
        title=draw(text),
        kind=draw(st.sampled_from(Kind)),
        status=draw(st.sampled_from(Status)),
        dates=draw(st.sampled_from(DATES)),
        stamp=draw(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1))).replace(tzinfo=UTC),  # noqa: DTZ001
        sequence=draw(st.integers(0, 10**6)),
        coordinating=draw(st.booleans()),
        unit_name=draw(maybe),
        formerly=draw(maybe),
        leads=tuple(draw(st.lists(text, max_size=4))),
        document=draw(maybe),
        quote=draw(maybe),
        link=draw(maybe),
        sent_back=draw(st.booleans()),
        cancelled=draw(st.booleans()),
        progress=draw(st.none() | progresses()),
    )
    return (start_of(facts) or facts) if draw(st.booleans()) else facts
