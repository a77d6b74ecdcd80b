from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.people import HEAD, OFFICERS, Absence, Addressee, addressees, leaning_on, named_addressees, posts_of
from plans.units import Officer, Role, Unit

DAY = date(2026, 12, 4)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
AN, BINH = Officer("An", "an@a.vn"), Officer("Bình", "binh@a.vn", Role.CLERK)
CHIEF = Officer("Thủ trưởng", "chief@a.vn", Role.HEAD)
BOX = "box@a.vn"


def unit(*officers: Officer, mailbox: str | None = None) -> Unit:
    return Unit("a", "A", "xa", officers=officers, mailbox=mailbox)


def away(who: str, deputy: str | None = None, first: date = BEFORE, last: date | None = None) -> Absence:
    return Absence(f"{who}@a.vn", first, last, deputy and f"{deputy}@a.vn")


def told(of: Unit, *absent: Absence, unreachable: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """Who is written to as officers and as head; `an<binh` is An instead of Bình."""
    found = addressees(of, absent, {f"{u}@a.vn" for u in unreachable}, DAY)
    assert list(found) == [OFFICERS, HEAD]
    officers, head = ([_short(a) for a in some] for some in found.values())
    return officers, head


def _short(a: Addressee) -> str:
    return "<".join(x.partition("@")[0] for x in (a.address, a.instead_of) if x)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (unit(AN, CHIEF, mailbox=BOX), (["an"], ["chief"])),
        (unit(AN, BINH), (["an", "binh"], [])),
        (unit(CHIEF, mailbox=BOX), (["box"], ["chief"])),
        (unit(CHIEF), (["chief"], [])),
        (unit(AN, Officer("x", AN.address, Role.HEAD)), (["an"], [])),
        (unit(CHIEF, mailbox=CHIEF.address), (["chief"], [])),
        (unit(mailbox=BOX), (["box"], [])),
        (unit(), ([], [])),
    ],
)
def test_officers_else_the_mailbox_else_the_head(of: Unit, expected: tuple[list[str], list[str]]) -> None:
    assert told(of) == expected


@pytest.mark.parametrize(
    ("of", "absent", "expected"),
    [
        (unit(AN, CHIEF), [away("an", "thay")], (["thay<an"], ["chief"])),
        (unit(AN, BINH), [away("an", "binh")], (["binh"], [])),
        (unit(AN, BINH), [away("binh", "an")], (["an"], [])),
        (unit(AN, BINH, CHIEF), [away("an")], (["binh"], ["chief"])),
        (unit(AN, CHIEF, mailbox=BOX), [away("an")], (["box"], ["chief"])),
        (unit(AN, CHIEF), [away("an")], (["chief"], [])),
        (unit(AN), [away("an")], (["an"], [])),  # better than nobody
        (unit(AN, CHIEF), [away("an"), away("chief")], (["an"], ["chief"])),
        (unit(AN, CHIEF), [away("an"), away("chief", "pho")], (["pho<chief"], [])),
        (unit(AN, CHIEF), [away("chief", "an")], (["an"], [])),
        (unit(AN, CHIEF), [away("chief", "pho")], (["an"], ["pho<chief"])),
        (unit(AN, BINH), [away("an", "x"), away("x", "y")], (["y<an", "binh"], [])),
        (unit(AN, BINH), [away("an", "x"), away("x", "an")], (["binh"], [])),  # a circle
        (unit(AN, BINH), [away("an", "x"), away("binh", "x")], (["x<an"], [])),
        (unit(AN), [away("an", "x", last=BEFORE)], (["an"], [])),
        (unit(AN), [away("an", "x", last=DAY)], (["x<an"], [])),
        (unit(AN), [away("an", "x", first=DAY)], (["x<an"], [])),
        (unit(AN), [away("an", "x", first=AFTER)], (["an"], [])),
        (unit(AN), [away("an", "x"), away("an", first=DAY)], (["x<an"], [])),
        (unit(AN, mailbox=BOX), [away("an"), away("box")], (["an"], [])),
    ],
)
def test_the_deputy_of_an_absent_one_is_told_instead(
    of: Unit, absent: list[Absence], expected: tuple[list[str], list[str]]
) -> None:
    assert told(of, *absent) == expected


@pytest.mark.parametrize(
    ("of", "absent", "unreachable", "expected"),
    [
        (unit(AN, BINH), [], ("an",), (["binh"], [])),
        (unit(AN, CHIEF, mailbox=BOX), [], ("an",), (["box"], ["chief"])),
        (unit(AN, CHIEF, mailbox=BOX), [], ("an", "box"), (["chief"], [])),
        (unit(AN, CHIEF), [], ("chief",), (["an"], [])),
        (unit(AN, mailbox=BOX), [], ("an", "box"), ([], [])),
        (unit(AN), [away("an", "x")], ("an",), (["x<an"], [])),
        (unit(AN), [away("an", "x")], ("x",), (["an"], [])),
    ],
)
def test_addresses_that_a_server_refuses_are_left_out(
    of: Unit, absent: list[Absence], unreachable: tuple[str, ...], expected: tuple[list[str], list[str]]
) -> None:
    assert told(of, *absent, unreachable=unreachable) == expected


def test_officers_of_a_task_are_told_or_their_deputies_and_never_the_absent() -> None:
    absent = [away("an", "x"), away("binh")]
    assert named_addressees(["an@a.vn", "binh@a.vn"], absent, (), DAY) == (Addressee("x@a.vn", "an@a.vn"),)
    assert named_addressees(["binh@a.vn"], absent, (), DAY) == ()
    assert named_addressees(["an@a.vn"], (), {"an@a.vn"}, DAY) == ()


def test_who_leans_on_whom_goes_through_others() -> None:
    absent = [away("a", "b"), away("b", "c"), away("c", "a"), away("d", "e"), away("f")]
    assert leaning_on(["c@a.vn"], absent) == {"a@a.vn", "b@a.vn", "c@a.vn"}
    assert leaning_on(["f@a.vn"], absent) == {"f@a.vn"}


NAMES = st.sampled_from([f"{name}@a.vn" for name in ("a", "b", "c", "d", "e")])
DAYS = st.dates(DAY - timedelta(days=2), DAY + timedelta(days=2))
ABSENCES = st.lists(st.builds(Absence, NAMES, DAYS, st.none() | DAYS, st.none() | NAMES), max_size=8)
UNITS = st.builds(
    lambda officers, mailbox: unit(*officers, mailbox=mailbox),
    st.lists(st.builds(Officer, st.just("x"), NAMES, st.sampled_from(Role)), max_size=4, unique_by=lambda o: o.address),
    st.none() | NAMES,
)


@given(UNITS, ABSENCES, st.sets(NAMES))
def test_somebody_is_told_whenever_an_address_works(of: Unit, absent: list[Absence], unreachable: set[str]) -> None:
    found = addressees(of, absent, unreachable, DAY)
    if any(post not in unreachable for post in posts_of(of)):
        assert found[OFFICERS] != ()


@given(UNITS, ABSENCES, st.sets(NAMES))
def test_nobody_is_told_twice_nor_at_an_address_that_fails(
    of: Unit, absent: list[Absence], unreachable: set[str]
) -> None:
    everyone = [a.address for some in addressees(of, absent, unreachable, DAY).values() for a in some]
    assert len(everyone) == len(set(everyone))
    assert not unreachable & set(everyone)


@given(UNITS, ABSENCES, st.sets(NAMES))
def test_no_absent_one_is_told_while_a_deputy_can_be(of: Unit, absent: list[Absence], unreachable: set[str]) -> None:
    current = [a for a in absent if a.first <= DAY and (a.last is None or a.last >= DAY)]
    away_now = {a.address for a in current}
    covered = {
        a.address
        for a in current
        if a.deputy
        and a.deputy not in away_now | unreachable
        and all(b.deputy for b in current if b.address == a.address)
    }
    covered = {c for c in covered if all(b.deputy not in away_now | unreachable for b in current if b.address == c)}
    for some in addressees(of, absent, unreachable, DAY).values():
        assert not covered & {a.address for a in some}


@given(UNITS, ABSENCES, st.sets(NAMES))
def test_whoever_stands_in_stands_in_for_someone_absent_of_the_unit(
    of: Unit, absent: list[Absence], unreachable: set[str]
) -> None:
    for some in addressees(of, absent, unreachable, DAY).values():
        for a in some:
            assert a.instead_of is None or a.instead_of in posts_of(of)
            assert a.instead_of is not None or a.address in posts_of(of)
            if a.instead_of:
                assert any(x.address == a.instead_of and x.first <= DAY for x in absent)
