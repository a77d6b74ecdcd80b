from __future__ import annotations

import pytest

from plans.problems import Place, Problem
from plans.referring import References, lines_of
from plans.units import Audience, Group, Roster, Unit

ROSTER = Roster(
    units={slug: Unit(slug, name, "") for slug, name in (("so-y-te", "Sở Y tế"), ("xa-a", "Xã A"), ("xa-a-2", "Xã A"))},
    groups={"khoi-1": Group("khoi-1", "Khối 1")},
    audiences={"cac-xa": Audience("cac-xa", "Các xã, phường")},
)
NAMES = References(ROSTER)


def test_names_are_found_however_they_are_written() -> None:
    texts = lines_of("so y te; CÁC XÃ, PHƯỜNG\r\nkhoi-1\n\n ; @chua-xac-dinh;so-y-te")
    assert NAMES.read("owed_by", texts) == (["so-y-te", "cac-xa", "khoi-1", "@chua-xac-dinh"], [])


def test_name_of_two_units_is_shown_and_asked_for_by_id() -> None:
    assert [NAMES.shown(s) for s in ("so-y-te", "xa-a", "cac-xa", "la")] == ["Sở Y tế", "xa-a", "Các xã, phường", "la"]
    assert NAMES.read("to", ["Xã A"]) == (
        [],
        [Problem("edit.name_several", {"name": "Xã A", "ids": "xa-a, xa-a-2"}, Place("to"))],
    )


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("Sở Y tê tỉnh", None, {}),
        ("Sở Y tếe", "edit.name_unknown.nearest", {"nearest": "Sở Y tế"}),
        ("Các xã phườn", "edit.name_unknown.nearest", {"nearest": "Các xã, phường"}),
        ("Zzz 9!", "edit.name_unknown", {}),
    ],
)
def test_unknown_name_is_told_with_what_comes_near(text: str, code: str | None, params: dict[str, str]) -> None:
    found, problems = NAMES.read("owed_by", [text])
    if code is None:
        assert (found, problems) == (["so-y-te"], [])
    else:
        assert problems == [Problem(code, {"name": text, **params}, Place("owed_by"))]
    assert NAMES.read("owed_by", ["la-lung"]) == (["la-lung"], [])  # told when the plan is checked


def test_of_very_many_unknown_names_the_first_are_compared() -> None:
    found, problems = NAMES.read("owed_by", ["Sở Y tếe", *(f"Sở Y tếe {n}" for n in range(2_000))])
    assert found == []
    assert len(problems) == 2_001
    assert [problems[0].code, problems[-1].code] == ["edit.name_unknown.nearest", "edit.name_unknown"]
