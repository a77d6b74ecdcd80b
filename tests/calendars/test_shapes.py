"""What is filled in is byte by byte what icalendar renders anew."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar.parser import Contentline

from calendars import shapes
from calendars.events import event_bytes
from calendars.shapes import fold, render_many
from plans.words import LANGUAGES, words
from tests.calendars.facts import BRIEF, FACTS, VI, event_facts

STAMPS = st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
UNITS = st.tuples(BRIEF, st.integers(0, 10**6), STAMPS, BRIEF)


@settings(deadline=None, max_examples=40)
@given(event_facts(), st.lists(UNITS, max_size=3), st.sampled_from(LANGUAGES))
@example(FACTS, [("ế" * 5000, 1, datetime(2026, 1, 1, tzinfo=UTC), "ế" * 5000)], "vi")
@example(FACTS, [("a", 1, datetime(2026, 1, 1, tzinfo=UTC), "2026-12-05")], "vi")
@example(replace(FACTS, quote="\ue000"), [("a", 1, datetime(2026, 1, 1, tzinfo=UTC), "\ue000")], "vi")
@example(replace(FACTS, document="Đơn vị thực hiện: \ue000"), [("a", 1, datetime(2026, 1, 1, tzinfo=UTC), "a")], "vi")
def test_events_of_one_deadline_are_the_same_bytes_filled_in_as_rendered(first, units, language):
    others = [replace(first, uid=u, sequence=n, stamp=at, unit_name=name) for u, n, at, name in units]
    many = [first, *others, first]
    assert render_many(many, words(language)) == [event_bytes(one, words(language)) for one in many]


@settings(deadline=None, max_examples=300)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")) | st.text("\\^aế📮", max_size=400))
@example("a" * 74)
@example("a" * 75)
@example("a" * 73 + "\\n" + "a" * 80)
@example("a" * 72 + "📮" + "a" * 80)
def test_lines_are_folded_as_icalendar_folds_them(text):
    assert fold(text.encode()) == Contentline(text).to_ical()


def test_icalendar_renders_each_shape_once(monkeypatch: pytest.MonkeyPatch):
    rendered = []
    monkeypatch.setattr(shapes, "event_bytes", lambda facts, said: rendered.append(facts) or event_bytes(facts, said))
    units = [replace(FACTS, uid=f"{n}", unit_name=f"Xã {n}", sequence=n) for n in range(50)]
    late = [replace(one, formerly="Huyện A") for one in units]
    assert len(set(render_many([*units, *late], VI))) == 100
    assert len(rendered) == 2
