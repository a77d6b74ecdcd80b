"""What a year brings by the program's own policies, walked through with the real actions."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, time
from pathlib import Path

from sqlalchemy import Connection

from actions.office import Office
from actions.receiving import Receipt, submit
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation
from plans.status import State
from store.moments import moments_between
from store.obligations import due_between, of_plan
from store.plans import plan_slugs
from store.recipients import told_of_units
from tests.actions.province import AN, COORDINATOR, HEAD, TWO_UNITS, YEARLY, Town, act, at_text, plan, yearly
from tests.conftest import load_sample, load_text, local, make_desk

assert YEARLY is not None


def test_mails_of_the_yearly_report_of_2026(town: Town) -> None:
    """One silent unit: nine mails, then none; the coordinator has its list before the first "chưa ghi nhận"."""
    load_text(town.office, local("2026-01-02 09:00"), TWO_UNITS, plan(yearly()))
    town.walk("2026-10-15", "2027-02-28", idle=True)
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


def test_two_yearly_items_take_six_mails_a_year(town: Town) -> None:
    twice = plan(yearly(), yearly().replace("bao-cao-nam", "so-ket").replace("05/12", "15/06"))
    load_text(town.office, local("2026-01-02 09:00"), TWO_UNITS, twice)
    counts = year_of_mail(town, date(2026, 12, 31))
    assert counts[AN] == 6
    assert counts[HEAD] == 0


def test_year_of_the_sample_with_everybody_in_time(sqlite_office: Office, tmp_path: Path) -> None:
    """Bounds that the guide of units states: three mails for each item, one for each quarter with work to open.

    An officer of several units has the items of all of them.
    """
    town = Town(sqlite_office, make_desk(sqlite_office, tmp_path))
    load_sample(town.office, local("2026-01-02 09:00"), "dien-bien-2458", "dien-bien-88-2026")
    counts = year_of_mail(town, date(2026, 12, 31))
    with town.office.database.read() as tx:
        told = told_of_units(tx)
        items = Counter(
            o.unit for o in of_plans(tx) if o.tracked and o.dates.act_by.year == 2026 and o.state is not State.CANCELLED
        )
    of_officer: dict[str, set[str]] = defaultdict(set)
    heads, coordinators = set(), set()
    for t in told:
        unit, person = t.unit, t.person
        if t.audience == "head":
            heads.add(person.address)
        else:
            of_officer[person.address].add(unit)
            if unit == "so-noi-vu":
                coordinators.add(person.address)
    groups = {
        "officers": sorted(set(of_officer) - coordinators - heads),
        "heads": sorted(heads - set(of_officer)),
        "coordinators": sorted(coordinators),
    }
    for name, addresses in groups.items():
        seen = Counter(counts[a] for a in addresses)
        print(f"{name}: " + ", ".join(f"{n} mails × {people}" for n, people in sorted(seen.items())))
    for address in groups["officers"]:
        owed = sum(items[unit] for unit in of_officer[address])
        assert counts[address] <= 3 * owed + 4, f"{address}: {counts[address]} mails for {owed} items"
    assert {counts[a] for a in groups["heads"]} == {0}
    assert max(counts[a] for a in groups["coordinators"]) <= 60  # Monday pages of what falls due within the week


def of_plans(tx: Connection) -> list[Obligation]:
    return [o for slug in plan_slugs(tx) for o in of_plan(tx, slug)]


def year_of_mail(town: Town, last: date) -> Counter[str]:
    """Address → mails until the end of `last`, if everybody sends everything on the morning of the day to act by."""
    now = local("2026-01-02 10:00")
    while True:
        mondays = (
            local(f"{last.fromordinal(n)} 08:00") for n in range(date(2026, 1, 5).toordinal(), last.toordinal(), 7)
        )
        with town.office.database.read() as tx:
            stages = moments_between(tx, now, town.office.end_of(last))
            days = [town.office.at(o.dates.act_by, time(8)) for o in due_between(tx, town.office.today(now), last)]
        coming = [m for m in (*stages, *mondays, *days) if m > now]
        if not coming:
            return Counter(m.address for m in town.log("sent"))
        now = min(coming)
        at = at_text(now)
        town.tick(at)
        today = town.office.today(now)
        with town.office.database.read() as tx:
            due = [o for o in due_between(tx, today, today) if o.kind.can_be_late]
        done: dict[DeadlineKey, list[str]] = defaultdict(list)
        for o in due:
            done[o.key].append(o.unit)
        for key, units in done.items():
            submit(town.office, act(at), key, units, Receipt(today))
