"""A digest filled into its shape is the digest drawn by itself, whatever it names."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.working import WorkingCalendar
from notifications import composing
from notifications.composing import compose_digest, draw_digest
from notifications.items import Digest, Item, Post
from notifications.mime import Clean, cleaned
from notifications.rendering import _filled, laid_out, wrapped
from notifications.shapes import Drawn, shape_of
from plans.announcements import News
from plans.plan import Kind
from plans.words import words
from plans.workdays import Workday
from tests.notifications.samples import CALENDAR, SETTINGS, digest, due, item

TODAY = date(2026, 12, 4)

NAMES = st.text(
    st.sampled_from("aĐôứ \t\n.,;:<>&\"'{}%/\\-–“”\u0301\u200b\ue000\ue100\ue101\ue200\ue201\x00"), max_size=30
) | st.sampled_from(["Sở Y tế", "Ủy ban nhân dân xã " + "Rất Dài " * 12, "  ", "<b>x</b>", "{{ 7 * 7 }}"])
LINKS = st.none() | st.from_regex(r"https://[a-z]{1,8}\.example/l/[a-zA-Z0-9\-_&?=<\"']{0,90}", fullmatch=True)


def drawn_alone(one: Digest, language: str) -> Drawn:
    found = draw_digest(one, TODAY, CALENDAR, words(language), ics=True)
    return replace(found, text=laid_out([wrapped(line.rstrip()) for line in found.text.splitlines()]))


def composed(one: Digest, language: str) -> Drawn:
    mail = compose_digest(one, TODAY, CALENDAR, words(language), SETTINGS, b"x")
    return Drawn(mail.subject, mail.text, mail.html)


STAGES = ("T-15", "T0", "T0-head", "T+1wd", "open", "open-with", *(news.value for news in News))
DAYS = [date(2026, 12, d) for d in (1, 4, 5, 7, 20)]


@st.composite
def items(draw: st.DrawFn) -> Item:
    return item(
        draw(st.integers(1, 3)),
        unit_name=draw(NAMES),
        link=draw(LINKS),
        formerly=draw(st.none() | NAMES),
        reason=draw(st.none() | NAMES),
        title=draw(st.sampled_from(["Báo cáo TĐKT", "Một việc rất dài " * 15, "\ue100 <i>"])),
        stage=draw(st.sampled_from(STAGES)),
        kind=draw(st.sampled_from([Kind.REPORT, Kind.WORK, Kind.MILESTONE])),
        dates=due(draw(st.sampled_from(DAYS))),
        coordinating=draw(st.booleans()),
    )


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    return replace(
        digest(*draw(st.lists(items(), min_size=1, max_size=4))),
        name=draw(NAMES),
        address=draw(st.sampled_from(["hoa@soyte.example", "x"])),
        feed=draw(LINKS),
        page=draw(LINKS),
        units=tuple(draw(st.lists(NAMES, max_size=3))),
        posts=draw(st.sampled_from([(), (Post("Sở Y tế", "officer"),)])),
        deputy_for=draw(st.none() | NAMES),
    )


@settings(max_examples=150, deadline=None)
@given(digests(), st.sampled_from(["vi", "en"]))
def test_digest_filled_into_its_shape_is_the_digest_drawn_alone(one: Digest, language: str) -> None:
    found = composed(one, language)
    assert found == drawn_alone(one, language)
    taken_for_clean = [text for text in (found.text, found.html) if isinstance(text, Clean)]
    assert [cleaned(str(text)) for text in taken_for_clean] == taken_for_clean


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["", "a", "việc", "Ủy", "–", "x" * 76, "x" * 80, "a-b", "\t", "\xa0", "1."]), max_size=60),
    st.integers(0, 8),
    st.integers(0, 8),
)
def test_line_is_filled_as_the_library_fills_it(words: list[str], start: int, indent: int) -> None:
    line = (" " * start + " ".join(words)).rstrip() or "x"
    theirs = textwrap.fill(line, 78, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    assert _filled(line, " " * indent) == theirs


def test_digests_of_a_wave_have_one_shape() -> None:
    composing._form.cache_clear()
    wave = [
        digest(item(n, unit=f"xa-{n}", unit_name=f"Xã {n}", link=f"https://n.example/l/{n}"), name=f"Văn thư {n}")
        for n in range(50)
    ]
    same = [replace(one, items=(replace(one.items[0], key=wave[0].items[0].key),)) for one in wave]
    for one in same:
        assert composed(one, "vi") == drawn_alone(one, "vi")
    assert composing._form.cache_info().misses == 1
    assert isinstance(compose_digest(same[0], TODAY, CALENDAR, words("vi"), SETTINGS).html, Clean)


def test_shape_is_drawn_anew_when_the_calendar_has_changed() -> None:
    calendar = WorkingCalendar([])
    one = digest(item(dates=due(date(2026, 12, 20))))
    before = compose_digest(one, TODAY, calendar, words("vi"), SETTINGS).subject
    calendar.take([Workday(date(2026, 12, 8), False, "Nghỉ")], "2")
    after = compose_digest(one, TODAY, calendar, words("vi"), SETTINGS).subject
    assert before.rpartition(", ")[2] == "còn 10 ngày làm việc"
    assert after.rpartition(", ")[2] == "còn 9 ngày làm việc"


def test_subject_that_names_a_unit_has_no_shape() -> None:
    ended = digest(item(stage=News.ENDED.value, unit_name="Xã " + "Dài " * 40))
    assert composed(ended, "vi") == drawn_alone(ended, "vi")
    assert "Xã Dài" in composed(ended, "vi").subject


def test_shape_holds_no_name_and_no_link() -> None:
    found = shape_of(digest(item(unit_name="Sở Y tế", link="https://n.example/l/1")))
    assert found is not None
    shape, values = found
    said = repr((shape.rest, shape.opened()))
    assert "Y tế" not in said
    assert "https" not in said
    assert {"Văn thư đơn vị", "Sở Y tế", "https://n.example/l/1"} <= set(values.values())
