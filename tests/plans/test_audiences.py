"""Whom a reference means on a day."""

from datetime import date

import pytest

from plans.audiences import UNDETERMINED, Resolver, resolve
from plans.units import Audience, Group, Membership, Roster, Unit

TODAY = date(2026, 3, 2)


def unit(slug, kind="xa", since=None, until=None):
    return Unit(slug, slug, kind, since=since, until=until)


def roster(*units, groups=(), audiences=()):
    return Roster({u.slug: u for u in units}, {g.slug: g for g in groups}, {a.slug: a for a in audiences})


THREE = (unit("so-noi-vu", "so"), unit("xa-mot"), unit("xa-hai"))


def test_resolve_a_unit_named_outright():
    assert resolve(["xa-mot"], roster(*THREE), TODAY) == ["xa-mot"]


def test_resolve_keeps_the_order_of_the_roster_and_each_unit_once():
    everyone = Audience("tat-ca", "Tất cả", kinds=("so", "xa"))
    found = resolve(["xa-hai", "tat-ca", "xa-hai"], roster(*THREE, audiences=[everyone]), TODAY)
    assert found == ["so-noi-vu", "xa-mot", "xa-hai"]


@pytest.mark.parametrize("reference", [UNDETERMINED, "khong-co", ""])
def test_resolve_a_reference_that_means_nobody(reference):
    assert resolve([reference], roster(*THREE), TODAY) == []


def test_resolve_an_audience_of_kinds_groups_units_and_audiences():
    cluster = Group("cum", "Cụm", (Membership("xa-hai"),))
    inner = Audience("trong", "Trong", units=("xa-mot",))
    outer = Audience("ngoai", "Ngoài", kinds=("so",), groups=("cum",), audiences=("trong",))
    found = resolve(["ngoai"], roster(*THREE, groups=[cluster], audiences=[inner, outer]), TODAY)
    assert found == ["so-noi-vu", "xa-mot", "xa-hai"]


def test_resolve_exceptions_of_an_audience_also_from_nested_ones():
    inner = Audience("trong", "Trong", kinds=("xa",))
    outer = Audience("ngoai", "Ngoài", audiences=("trong",), exceptions=("xa-mot",))
    assert resolve(["ngoai"], roster(*THREE, audiences=[inner, outer]), TODAY) == ["xa-hai"]


def test_resolve_audiences_that_include_each_other():
    one = Audience("mot", "Một", units=("xa-mot",), audiences=("hai",))
    two = Audience("hai", "Hai", units=("xa-hai",), audiences=("mot",))
    both = roster(*THREE, audiences=[one, two])
    assert resolve(["mot"], both, TODAY) == ["xa-mot", "xa-hai"]
    assert resolve(["hai"], both, TODAY) == ["xa-mot", "xa-hai"]


def test_resolve_an_audience_of_unknown_parts():
    lost = Audience("lac", "Lạc", groups=("khong-co",), units=("cung-khong",), audiences=("khong-not",))
    assert resolve(["lac"], roster(*THREE, audiences=[lost]), TODAY) == []


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2025, 6, 29), ["huyen-cu"]),
        (date(2025, 6, 30), ["huyen-cu"]),
        (date(2025, 7, 1), ["xa-moi"]),
        (date(2030, 1, 1), ["xa-moi"]),
    ],
)
def test_resolve_includes_the_first_and_last_day_of_a_unit(on, expected):
    old = unit("huyen-cu", until=date(2025, 6, 30))
    new = unit("xa-moi", since=date(2025, 7, 1))
    everyone = Audience("tat-ca", "Tất cả", kinds=("xa",))
    assert resolve(["tat-ca"], roster(old, new, audiences=[everyone]), on) == expected
    assert resolve(["huyen-cu", "xa-moi"], roster(old, new), on) == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [(date(2025, 12, 31), ["xa-mot"]), (date(2026, 1, 1), ["xa-hai"]), (date(2027, 1, 1), [])],
)
def test_resolve_follows_the_membership_of_the_day(on, expected):
    members = (
        Membership("xa-mot", until=date(2025, 12, 31)),
        Membership("xa-hai", head=True, since=date(2026, 1, 1), until=date(2026, 12, 31)),
    )
    khoi = roster(*THREE, groups=[Group("khoi", "Khối", members)])
    assert resolve(["khoi"], khoi, on) == expected


def test_resolve_excludes_units_of_audiences_and_groups_only():
    everyone = Audience("tat-ca", "Tất cả", kinds=("so", "xa"))
    khoi = Group("khoi", "Khối", (Membership("so-noi-vu"), Membership("xa-mot")))
    all_of_it = roster(*THREE, groups=[khoi], audiences=[everyone])
    excluding = ["so-noi-vu"]
    assert resolve(["tat-ca"], all_of_it, TODAY, excluding) == ["xa-mot", "xa-hai"]
    assert resolve(["khoi"], all_of_it, TODAY, excluding) == ["xa-mot"]
    assert resolve(["so-noi-vu"], all_of_it, TODAY, excluding) == ["so-noi-vu"]
    assert resolve(["tat-ca", "so-noi-vu"], all_of_it, TODAY, excluding) == ["so-noi-vu", "xa-mot", "xa-hai"]


def test_resolve_takes_iterators():
    assert resolve(iter(["xa-mot"]), roster(*THREE), TODAY, iter(["xa-mot"])) == ["xa-mot"]


@pytest.mark.parametrize(
    ("on", "expected"),
    [(date(2025, 12, 31), ["xa-mot"]), (date(2026, 1, 1), ["xa-hai"]), (date(2027, 1, 1), [])],
)
def test_resolve_the_heads_of_groups_on_the_day(on, expected):
    members = (
        Membership("so-noi-vu"),
        Membership("xa-mot", head=True, until=date(2025, 12, 31)),
        Membership("xa-hai", head=True, since=date(2026, 1, 1), until=date(2026, 12, 31)),
    )
    heads = Audience("truong", "Trưởng khối", heads=("khoi", "khong-co"))
    khoi = roster(*THREE, groups=[Group("khoi", "Khối", members)], audiences=[heads])
    assert resolve(["truong"], khoi, on) == expected


def test_resolve_a_named_unit_that_has_ended_to_its_only_successor():
    old = Unit("so-cu", "Sở cũ", "so", until=date(2025, 2, 28), successors=("so-moi",))
    split = Unit("huyen", "Huyện", "huyen", until=date(2025, 2, 28), successors=("xa-mot", "xa-hai"))
    found = roster(old, split, unit("so-moi", "so", since=date(2025, 3, 1)), *THREE)
    assert resolve(["so-cu", "huyen"], found, date(2025, 2, 28)) == ["so-cu", "huyen"]
    assert resolve(["so-cu", "huyen"], found, date(2025, 3, 1)) == ["so-moi"]


def test_who_is_left_out_of_audiences_is_so_by_its_successor_after_its_end():
    ended = Unit("so-noi-vu", "so-noi-vu", "so", until=date(2026, 3, 1), successors=("xa-mot",))
    everyone = Audience("tat-ca", "Tất cả", kinds=("so", "xa"))
    found = roster(ended, *THREE[1:], audiences=[everyone])
    assert resolve(["tat-ca"], found, date(2026, 3, 1), ["so-noi-vu"]) == ["xa-mot", "xa-hai"]
    assert resolve(["tat-ca"], found, TODAY, ["so-noi-vu"]) == ["xa-hai"]
    assert resolve(["tat-ca", "so-noi-vu"], found, TODAY, ["so-noi-vu"]) == ["xa-mot", "xa-hai"], "named outright"


def test_units_with_a_day_of_their_own_owe_as_the_audience_is_on_it():
    joins, leaves = Membership("xa-ba", since=date(2026, 4, 1)), Membership("xa-hai", until=date(2026, 3, 31))
    ends = unit("xa-bon", until=date(2026, 3, 31))
    cluster = Group("cum", "Cụm", (Membership("xa-mot"), leaves, joins, Membership("xa-bon")))
    resolver = Resolver(roster(*THREE, unit("xa-ba"), ends, groups=[cluster]))
    later = date(2026, 4, 2)
    assert resolver.resolve_each(("cum",), TODAY, {}) == ("xa-mot", "xa-hai", "xa-bon")
    own = dict.fromkeys(("xa-hai", "xa-ba", "xa-bon", "so-noi-vu", "khong-co"), later)
    assert resolver.resolve_each(("cum",), TODAY, own) == ("xa-mot", "xa-ba", "xa-bon"), "who ends passes it on"
    assert resolver.resolve_each(("cum",), TODAY, dict.fromkeys(own, TODAY)) == ("xa-mot", "xa-hai", "xa-bon")
