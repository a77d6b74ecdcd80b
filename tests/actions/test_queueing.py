from __future__ import annotations

from tests.actions.province import TWO_UNITS, Town, plan, yearly
from tests.conftest import load_text, local


def test_yearly_report_of_a_silent_unit(town: Town) -> None:
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(yearly()))
    town.walk("2026-10-01", "2027-01-31")
    for line in town.sent():
        print(line)
    assert 0
