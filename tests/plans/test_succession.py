"""What becomes of an ended unit's obligations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.status import OPEN_STATES, State
from plans.succession import (
    NO_UNIT,
    Close,
    Heir,
    Holding,
    Merge,
    Outcome,
    Pass,
    decide,
    heir,
    in_office,
    is_succession,
    line_of,
    merged_into,
    successor_in,
    took_over_on,
)
from plans.units import Roster, Unit

LAST = date(2025, 6, 30)
DAY = date(2025, 7, 1)


def unit(slug: str, *successors: str, since: date | None = None, until: date | None = None) -> Unit:
    return Unit(slug, slug, "xa", since=since, until=until, successors=successors)


def ended(slug: str, *successors: str) -> Unit:
    return unit(slug, *successors, until=LAST)


def roster(*units: Unit) -> Roster:
    return Roster({u.slug: u for u in units})


def holding(number: int, owner: str, *, deadline: int = 1, home: str | None = None, **more: object) -> Holding:
    made = Holding(number, deadline, owner, home or owner, State.OPEN, None, date(2025, 6, 20))
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([unit("a")], Heir("a")),
        ([unit("a", "b", until=DAY), unit("b")], Heir("a")),  # the last day is its own
        ([ended("a")], Heir(None)),
        ([ended("a", "b"), unit("b", since=DAY)], Heir("b")),
        ([ended("a", "b", "c"), unit("b"), unit("c")], Heir(None)),
        ([ended("a", "b"), ended("b", "c"), unit("c")], Heir("c")),
        ([ended("a", "b", "c"), unit("b"), ended("c", "b")], Heir("b")),  # two ways to one
        ([ended("a", "b", "c"), unit("b"), ended("c")], Heir("b")),  # only one of them lives
        ([ended("a", "b"), unit("b", since=date(2025, 7, 5))], Heir("b", date(2025, 7, 5))),
        ([ended("a", "b"), ended("b", "a")], Heir(None)),
        ([ended("a", "gone")], Heir(None)),
    ],
)
def test_heir_is_the_only_living_successor(units: list[Unit], expected: Heir) -> None:
    assert heir(roster(*units), "a", DAY) == expected


def test_reasons_name_the_successor() -> None:
    assert (successor_in(merged_into("xa-a")), successor_in(NO_UNIT), successor_in(None)) == ("xa-a", None, None)
    reasons = (merged_into("xa-a"), NO_UNIT, "not_addressed", None)
    assert [is_succession(r) for r in reasons] == [True, True, False, False]


def test_passes_to_a_successor_that_owes_nothing() -> None:
    after = roster(ended("a", "b"), unit("b"))
    assert decide(after, DAY, [holding(1, "a")], {}) == [Pass(1, "a", "b")]
    assert decide(after, LAST, [holding(1, "a")], {}) == []


@pytest.mark.parametrize("state", [s for s in State if s is not State.CANCELLED])
def test_merges_into_whatever_the_successor_has_of_its_own(state: State) -> None:
    after = roster(ended("a", "b"), unit("b"))
    assert decide(after, DAY, [holding(1, "a")], {(1, "b"): (2, state)}) == [Merge(1, "a", "b")]


def test_a_cancelled_one_of_the_successor_revives() -> None:
    after = roster(ended("a", "b"), unit("b"))
    assert decide(after, DAY, [holding(1, "a")], {(1, "b"): (2, State.CANCELLED)}) == [Merge(1, "a", "b", revives=2)]


def test_of_two_that_merge_the_one_with_more_time_passes() -> None:
    after = roster(ended("a", "c"), ended("b", "c"), unit("c"))
    later = holding(2, "b", last_day=date(2025, 7, 15))
    assert decide(after, DAY, [holding(1, "a"), later], {}) == [Pass(2, "b", "c"), Merge(1, "a", "c")]
    same = holding(2, "b")
    assert decide(after, DAY, [same, holding(1, "a")], {}) == [Pass(1, "a", "c"), Merge(2, "b", "c")]


def test_closes_without_a_single_successor() -> None:
    for after in (roster(ended("a")), roster(ended("a", "b", "c"), unit("b"), unit("c"))):
        assert decide(after, DAY, [holding(1, "a", state=State.RETURNED)], {}) == [Close(1, "a")]


def test_waits_for_a_successor_that_has_not_begun() -> None:
    after = roster(ended("a", "b"), unit("b", since=date(2025, 7, 5)))
    assert decide(after, DAY, [holding(1, "a")], {}) == []
    assert decide(after, date(2025, 7, 5), [holding(1, "a")], {}) == [Pass(1, "a", "b")]


def test_closed_ones_pass_after_all_when_a_successor_is_named() -> None:
    closed = holding(1, "a", state=State.CANCELLED, reason=NO_UNIT)
    assert decide(roster(ended("a")), DAY, [closed], {}) == []
    after = roster(ended("a", "b"), unit("b"))
    assert decide(after, DAY, [closed], {}) == [Pass(1, "a", "b")]
    assert decide(after, DAY, [closed], {(1, "b"): (2, State.OPEN)}) == [Merge(1, "a", "b")]


def test_all_of_it_comes_back_when_the_end_was_a_mistake() -> None:
    again = roster(unit("a"), unit("b"))
    passed = holding(1, "b", home="a")
    merged = holding(2, "a", deadline=2, state=State.CANCELLED, reason=merged_into("b"))
    closed = holding(3, "a", deadline=3, state=State.CANCELLED, reason=NO_UNIT)
    assert decide(again, DAY, [passed, merged, closed], {(2, "b"): (9, State.OPEN)}) == [
        Pass(2, "a", "a"),
        Pass(3, "a", "a"),
        Pass(1, "b", "a"),
    ]


def test_another_successor_named_later_takes_over_from_the_first() -> None:
    corrected = roster(ended("a", "c"), unit("b"), unit("c"))
    merged = holding(2, "a", deadline=2, state=State.CANCELLED, reason=merged_into("b"))
    assert decide(corrected, DAY, [holding(1, "b", home="a"), merged], {}) == [Pass(1, "b", "c"), Pass(2, "a", "c")]


def test_a_place_is_left_before_another_takes_it() -> None:
    corrected = roster(ended("a", "c"), ended("b", "d"), unit("c"), unit("d"))
    first, second = holding(1, "d", home="a"), holding(2, "c", home="b")
    # Named the wrong way round at first: each would wait for the other, and both go on owing.
    assert decide(corrected, DAY, [first, second], {}) == []
    third = holding(3, "e", home="e")
    assert decide(roster(*corrected.units.values(), ended("e", "c")), DAY, [first, second, third], {}) == [
        Merge(3, "e", "c")
    ]
    onwards = roster(ended("a", "c"), ended("c", "d"), unit("d"), ended("e", "d"))
    rows = [holding(1, "a"), holding(2, "c")]
    assert decide(onwards, DAY, rows, {}) == [Pass(1, "a", "d"), Merge(2, "c", "d")]


NAMES = ("a", "b", "c", "d", "e")
DAYS = [date(2025, 6, 1), LAST, DAY, date(2025, 7, 9)]


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    units = []
    for i, name in enumerate(NAMES):
        since, until = draw(st.sampled_from([None, DAY])), draw(st.sampled_from([None, LAST, date(2025, 7, 5)]))
        heirs = draw(st.lists(st.sampled_from(NAMES[i + 1 :]), unique=True, max_size=2)) if i < 4 else []
        units.append(unit(name, *heirs, since=since if until != LAST else None, until=until))
    return roster(*draw(st.permutations(units)))


@st.composite
def stores(draw: st.DrawFn) -> dict[int, Holding]:
    """Obligations of two deadlines, at most one for each unit, as they were first made."""
    places = draw(st.lists(st.tuples(st.integers(1, 2), st.sampled_from(NAMES)), unique=True))
    states = [State.OPEN, State.OPEN, State.RETURNED, State.SUBMITTED, State.ACCEPTED, State.WAIVED]
    days = st.sampled_from([date(2025, 6, 20), date(2025, 12, 4)])
    return {
        n: holding(n, owner, deadline=d, state=draw(st.sampled_from(states)), last_day=draw(days))
        for n, (d, owner) in enumerate(places, 1)
    }


def one_day(found: Roster, day: date, rows: dict[int, Holding]) -> tuple[list[Outcome], dict[int, Holding]]:
    """What the store would ask about, and what it would hold afterwards; no place is ever taken twice."""
    units = found.units

    def is_asked(h: Holding) -> bool:
        until = units[h.unit].until
        is_over = until is not None and until < day
        return (h.state in OPEN_STATES and (is_over or h.home != h.unit)) or is_succession(h.reason)

    moving = [h for h in rows.values() if is_asked(h)]
    others = {(h.deadline, h.unit): (h.id, h.state) for h in rows.values() if not is_asked(h)}
    outcomes, after = decide(found, day, moving, others), dict(rows)
    for done in outcomes:
        if not isinstance(done, Pass):
            reason = merged_into(done.new) if isinstance(done, Merge) else NO_UNIT
            after[done.obligation] = replace(after[done.obligation], state=State.CANCELLED, reason=reason)
        if isinstance(done, Merge) and done.revives is not None:
            after[done.revives] = replace(after[done.revives], state=State.OPEN, reason=None)
    for done in outcomes:
        if isinstance(done, Pass):
            h = after[done.obligation]
            taken = [o.id for o in after.values() if (o.deadline, o.unit) == (h.deadline, done.new) and o.id != h.id]
            assert taken == [], "two obligations of one unit in one deadline"
            state = State.OPEN if h.state is State.CANCELLED else h.state
            after[h.id] = replace(h, unit=done.new, state=state, reason=None)
    return outcomes, after


@given(rosters(), stores(), st.sampled_from(DAYS))
def test_every_open_obligation_of_an_ended_unit_has_one_fate(
    found: Roster, rows: dict[int, Holding], day: date
) -> None:
    outcomes, after = one_day(found, day, rows)
    asked = [o.obligation for o in outcomes]
    assert len(asked) == len(set(asked))
    for h in rows.values():
        until = found.units[h.unit].until
        if until is None or until >= day or h.state not in OPEN_STATES:
            assert after[h.id] == h, "of a living unit, or of what is not open, nothing changes"
        elif heir(found, h.unit, day).begins is None:
            assert h.id in asked, "something open is left with a unit that is no more"
        else:
            assert h.id not in asked


@given(rosters(), stores(), st.sampled_from(DAYS))
def test_the_same_day_again_changes_nothing(found: Roster, rows: dict[int, Holding], day: date) -> None:
    _, after = one_day(found, day, rows)
    assert one_day(found, day, after) == ([], after)


@given(rosters(), rosters(), stores(), st.sampled_from(DAYS), st.sampled_from(DAYS))
def test_whatever_is_corrected_nothing_open_stays_with_an_ended_unit(
    first: Roster, second: Roster, rows: dict[int, Holding], day: date, later: date
) -> None:
    _, after = one_day(second, later, one_day(first, day, rows)[1])
    assert one_day(second, later, after) == ([], after)
    for h in after.values():
        until = second.units[h.unit].until
        over = until is not None and until < later
        assert not (h.state in OPEN_STATES and over) or heir(second, h.home, later).begins is not None
    assert set(after) == set(rows)


@given(rosters(), stores(), st.sampled_from(DAYS))
def test_an_end_taken_back_restores_what_was_open(found: Roster, rows: dict[int, Holding], day: date) -> None:
    _, after = one_day(found, day, rows)
    living = Roster({s: replace(u, until=None, since=None) for s, u in found.units.items()})
    _, again = one_day(living, day, after)
    assert {(h.id, h.unit, h.state in OPEN_STATES) for h in again.values()} == {
        (h.id, h.unit, h.state in OPEN_STATES) for h in rows.values()
    }


@pytest.mark.parametrize(
    ("units", "expected", "since"),
    [
        ([unit("a", since=date(2026, 1, 1))], "a", None),  # named before it begins
        ([unit("a", "b", until=DAY), unit("b")], "a", None),
        ([ended("a")], None, DAY),
        ([ended("a", "b"), unit("b")], "b", DAY),
        ([ended("a", "b"), unit("b", since=date(2025, 7, 2))], None, DAY),
        ([ended("a", "b", "c"), unit("b"), unit("c")], None, DAY),
        ([unit("a", "b", until=date(2025, 3, 1)), ended("b", "c"), unit("c")], "c", DAY),
        ([unit("a", "b", until=date(2025, 3, 1)), unit("b", "c", until=DAY), unit("c")], "b", date(2025, 3, 2)),
    ],
)
def test_who_is_in_office_and_since_when(units: list[Unit], expected: str | None, since: date | None) -> None:
    found = roster(*units)
    assert in_office(found, "a", DAY) == expected
    assert took_over_on(found, "a", DAY) == since


def test_line_of_a_unit_holds_whoever_may_come_after_it() -> None:
    found = roster(unit("a", "b"), ended("b", "c", "khong-co"), unit("c"), unit("d"))
    assert line_of(found, ["a"]) == {"a", "b", "c"}
    assert line_of(found, ["c", "d", "khong-co"]) == {"c", "d"}
