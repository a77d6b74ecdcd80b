"""What a year brings by the program's own policies, walked through with the real actions."""

from __future__ import annotations

from datetime import date

from actions.receiving import Receipt, submit
from tests.actions.province import AN, COORDINATOR, HEAD, TWO_UNITS, YEARLY, Town, act, plan, yearly
from tests.conftest import load_text, local

assert YEARLY is not None


def test_mails_of_the_yearly_report_of_2026(town: Town) -> None:
    """One silent unit: nine mails, then none; the coordinator has its list before the first "chưa ghi nhận"."""
    load_text(town.office, local("2026-01-02 09:00"), TWO_UNITS, plan(yearly()))
    town.walk("2026-10-15", "2027-02-28")
    mails = [(at, who, stages) for at, who, kind, stages in town.sent() if kind != "monday"]
    assert mails == [
        ("2026-11-19 08:00", AN, ["T-15"]),
        ("2026-12-01 08:00", AN, ["T-3wd"]),
        ("2026-12-04 08:00", AN, ["T0"]),
        ("2026-12-04 14:00", HEAD, ["T0-head"]),
        ("2026-12-07 08:00", COORDINATOR, ["T+1wd-list"]),
        ("2026-12-07 14:00", AN, ["T+1wd"]),
        ("2026-12-09 14:00", AN, ["T+3wd"]),
        ("2026-12-09 14:00", HEAD, ["T+3wd-head"]),
        ("2026-12-16 14:00", AN, ["T+8wd"]),
        ("2026-12-16 14:00", HEAD, ["T+8wd-head"]),
    ]


def test_mails_of_the_yearly_report_of_2026_sent_on_the_last_day(town: Town) -> None:
    load_text(town.office, local("2026-01-02 09:00"), TWO_UNITS, plan(yearly()))
    town.walk("2026-10-15", "2026-12-03")
    town.tick("2026-12-04 08:00")
    submit(town.office, act("2026-12-04 11:00"), YEARLY, ["so-y-te"], Receipt(date(2026, 12, 4)), by_unit=True)
    town.tick("2026-12-04 14:00")
    town.walk("2026-12-05", "2027-01-31")
    assert [(at, who, stages) for at, who, kind, stages in town.sent() if kind != "monday"] == [
        ("2026-11-19 08:00", AN, ["T-15"]),
        ("2026-12-01 08:00", AN, ["T-3wd"]),
        ("2026-12-04 08:00", AN, ["T0"]),
    ]
