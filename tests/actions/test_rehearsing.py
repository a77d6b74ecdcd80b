from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from actions.office import Office
from actions.rehearsing import rehearse
from store.mail_log import Logged
from tests.actions.province import AN, TWO_UNITS, UNITS, Town, everything, once, plan, task, yearly
from tests.conftest import load_sample, load_text, local, make_desk

FIRST, LAST = date(2026, 12, 1), date(2026, 12, 31)


def told(mails: list[Logged]) -> list[tuple[object, ...]]:
    """What two mails have in common whose Message-IDs differ."""
    return [
        (m.at, m.address, m.kind, m.subject, m.state, [(i.deadline, i.unit, i.stage, i.state) for i in m.items])
        for m in mails
    ]


def ticked(town: Town, *clocks: str) -> list[tuple[object, ...]]:
    town.walk(FIRST.isoformat(), LAST.isoformat(), *clocks, idle=True)
    return told([m for m in town.log("sent") if m.at >= local(f"{FIRST} 00:00")])


def test_rehearsal_of_a_month_is_what_ticking_writes(sqlite_town: Town, tmp_path: Path) -> None:
    load_sample(sqlite_town.office, local("2026-10-01 09:00"), "dien-bien-2458", "dien-bien-88-2026")
    rehearsed = told(rehearse(sqlite_town.office, sqlite_town.desk, FIRST, LAST))
    assert len(rehearsed) > 400
    assert ticked(sqlite_town, "08:00", "14:00") == rehearsed


def test_rehearsal_is_what_ticking_every_hour_writes(town: Town) -> None:
    texts = (
        yearly("[moi-don-vi]"),
        once("{by: 11/12/2026}", "[cac-xa]"),
        task("thang", "{monthly: {by: 20}}", "[cac-xa, so-y-te]"),
        task("viec", "{within: {quarter: 4, year: 2026}}", "[so-y-te]", kind="work"),
    )
    load_text(town.office, local("2026-10-01 09:00"), UNITS, plan(*texts, issued="01/10/2026"))
    rehearsed = told(rehearse(town.office, town.desk, FIRST, LAST))
    assert len({m[1] for m in rehearsed}) == 7
    assert ticked(town, *(f"{hour:02}:00" for hour in range(24))) == rehearsed


def test_rehearsal_changes_nothing(town: Town) -> None:
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(yearly()))
    before = everything(town.office.database)
    days: list[date] = []
    rehearse(town.office, town.desk, FIRST, date(2026, 12, 4), progress=days.append)
    assert days == [date(2026, 12, d) for d in (1, 2, 3, 4)]
    assert everything(town.office.database) == before


@pytest.mark.parametrize("now", ["2026-11-10 15:00", "2026-12-01 10:00", "2026-12-01 20:00"])
def test_rehearsal_goes_on_from_now(sqlite_town: Town, now: str) -> None:
    """What leaves before the first day is not told as if it were to leave on it."""
    load_text(sqlite_town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(yearly(), once("{by: 06/11/2026}")))
    mails = rehearse(sqlite_town.office, sqlite_town.desk, FIRST, date(2026, 12, 4), now=local(now))
    of_an = [(m.sent_at, [i.stage for i in m.items if i.state == "sent"]) for m in mails if m.address == AN]
    # On 20/11 the first report was told of for the last time; T-3wd of the second is what December begins with.
    expected = {
        "2026-11-10 15:00": [("2026-12-01 08:00", ["T-3wd"])],
        "2026-12-01 10:00": [("2026-12-01 10:00", ["T-3wd"]), ("2026-12-01 14:00", ["T+8wd"])],
        "2026-12-01 20:00": [("2026-12-02 08:00", ["T-3wd"]), ("2026-12-02 14:00", ["T+8wd"])],
    }[now]
    assert of_an == [*((local(at), stages) for at, stages in expected), (local("2026-12-04 08:00"), ["T0"])]


def test_rehearsal_leaves_out_what_was_sent_already(sqlite_town: Town) -> None:
    load_text(sqlite_town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(yearly()))
    sqlite_town.tick("2026-12-01 08:00")
    mails = rehearse(sqlite_town.office, sqlite_town.desk, FIRST, date(2026, 12, 4), now=local("2026-12-01 09:00"))
    assert [m.at for m in mails if m.address == AN] == [local("2026-12-04 08:00")]


def test_rehearsal_counts_what_waits_in_the_outbox(sqlite_office: Office, tmp_path: Path) -> None:
    town = Town(replace(sqlite_office), make_desk(sqlite_office, tmp_path / "mail"))
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(yearly()))
    town.box.always = "deferred"
    town.tick("2026-11-19 08:00")
    mails = rehearse(town.office, town.desk, FIRST, date(2026, 12, 1), now=local("2026-12-01 07:00"))
    assert [[i.stage for i in m.items if i.state == "sent"] for m in mails if m.address == AN] == [["T-3wd"]]
