"""What the pages show is what the rules say of each obligation, whatever has happened."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from actions.adjusting import close, extend, reopen, waive
from actions.board import Line, board_count, board_numbers, board_page, numbers_on
from actions.matrix import days_late
from actions.office import Act, Office
from actions.overdue import group_members, overdue
from actions.receiving import Receipt, accept, send_back, submit
from plans.access import Rights
from plans.deadlines import DeadlineKey
from plans.filtering import Filter, Several
from plans.obligations import Obligation
from plans.paging import Count
from plans.plan import Kind
from plans.problems import UserError
from plans.status import OPEN_STATES, State, Status
from store import board
from store.confirming import waiting
from store.matrix import read_matrix
from store.months import deadlines_between
from store.obligations import due_between, in_state, of_plan
from store.options import options
from store.records import year_record
from store.statuses import DONE, coming
from store.units import read_roster, unit_ids
from tests.actions.province import UNITS, Town, once, plan, task, yearly
from tests.conftest import load_sample, load_text, local

GROUPS = """
groups:
  - {id: khoi-1, name: Khối 1, members: [{unit: so-y-te}, {unit: xa-a}, {unit: xa-c, until: 30/06/2026}]}
"""
READERS = (
    Rights(coordinates=frozenset({"hai"})),
    Rights(acts_for=frozenset({"xa-a"})),
    Rights(coordinates=frozenset({"hai"}), heads=frozenset({"xa-a"}), oversees=frozenset({"xa-b"})),
    Rights(named=frozenset({("ke-hoach", "gio", "xa-b"), ("hai", "khac", "xa-c"), ("ke-hoach", "khong-co", "xa-c")})),
    Rights(
        coordinates=frozenset({"hai"}),
        acts_for=frozenset({"xa-a"}),
        named=frozenset({("hai", "khac", "xa-c"), ("ke-hoach", "gio", "xa-a"), ("ke-hoach", "gio", "xa-b")}),
    ),
    Rights(),
)
MIXED = plan(
    yearly("[moi-don-vi]"),
    once("{before: 20/11/2026}", "[moi-don-vi]"),
    task("gio", '{before: 20/11/2026, time: "10:00"}', "[cac-xa]"),
    task("quy", "{within: {quarter: 4, year: 2026}}", "[so-y-te, so-noi-vu]", kind="work"),
    task("moc", "{by: 18/11/2026}", "[moi-don-vi]", kind="milestone"),
    task("chi-tieu", "{by: 25/11/2026}", "[cac-xa]", kind="target"),
    task("thang", "{monthly: {by: 25}}", "[xa-a, xa-b, phuong-d]"),
)


def every(tx: Connection, office: Office, now: datetime, which: Filter, size: int = 7) -> list[Line]:
    """All pages of a list, one after the other."""
    found: list[Line] = []
    after: str | None = None
    while True:
        page = board_page(tx, office, now, which, size=size, after=after)
        found += page.rows
        after = page.after
        if after is None:
            return found
        assert len(page.rows) == size


def agrees_on_overdue(tx: Connection, office: Office, now: datetime) -> int:
    """The board's list is that of `nhachan overdue`, the longest overdue first, then by the order of units."""
    order = {slug: number for number, slug in enumerate(read_roster(tx).units)}
    late = overdue(tx, office, now)
    expected = sorted(late, key=lambda i: (i.obligation.dates.late_at, order[i.obligation.unit], i.obligation.id))
    found = every(tx, office, now, Filter())
    assert [(i.obligation, i.days_late, i.last_reminder and i.last_reminder.at) for i in found] == [
        (i.obligation, i.days_late, i.last_reminder) for i in expected
    ]
    assert {line.status for line in found} <= {Status.OVERDUE}
    assert board_count(tx, office, now, Filter()) == Count(len(late))
    return len(late)


def agrees_on_everything(tx: Connection, office: Office, now: datetime) -> None:
    today = office.today(now)
    owed = of_plan(tx, "ke-hoach")
    of_status = {s: {o.id for o in owed if o.status(now, today) is s} for s in Status}
    agrees_on_overdue(tx, office, now)
    for status, numbers in of_status.items():
        found = every(tx, office, now, Filter(status=status), size=50)
        assert Counter(line.obligation.id for line in found) == Counter(numbers), status
    soon = due_between(tx, today, today + timedelta(days=7))
    declared = {o.id for o in in_state(tx, State.SUBMITTED) if o.tracked}
    queue = waiting(tx, Filter(), today).rows
    assert {d.obligation.id for d in queue} == declared
    assert [d.recorded_at for d in queue] == sorted(d.recorded_at for d in queue)
    numbers = board_numbers(tx, office, now, Filter())
    assert (numbers.overdue, numbers.due_soon, numbers.to_confirm) == (
        Count(len(of_status[Status.OVERDUE])),
        Count(len(soon)),
        Count(len(declared)),
    )
    for scope, statuses in (
        (coming(now), (Status.DUE_TODAY, Status.DUE_SOON, Status.PENDING, Status.RETURNED)),
        (DONE, (Status.SUBMITTED, Status.ON_TIME, Status.LATE, Status.MISSING, Status.WAIVED)),
    ):
        page = board.page(tx, Filter(), scope, today, size=500, newest_first=scope is DONE)
        days = [line.obligation.dates.late_at for line in page.rows]
        assert days == sorted(days, reverse=scope is DONE)
        assert {line.obligation.id for line in page.rows} == set().union(*(of_status[s] for s in statuses))
    matrix = read_matrix(tx, Filter(plan="ke-hoach", year=2026), now, today)
    shown = {
        (row.slug, column.key): cell.status
        for row in matrix.rows
        for column, cell in zip(matrix.columns, row.cells, strict=True)
        if cell is not None
    }
    assert shown == {(o.unit, o.key): o.status(now, today) for o in owed if year_of(o) == 2026}
    assert matrix.counts == Counter(shown.values())
    (group,) = matrix.groups
    assert (group.slug, group.units) == ("khoi-1", 2)
    assert group.counts == Counter(s for (unit, _), s in shown.items() if unit in ("so-y-te", "xa-a"))
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    days_of = Counter(
        (o.key, o.dates.act_by, o.dates.last_day, o.state in OPEN_STATES)
        for o in owed
        if o.tracked and first <= o.dates.act_by <= last and o.state not in (State.WAIVED, State.CANCELLED)
    )
    listed: Counter[object] = Counter()
    for d in deadlines_between(tx, Filter(), first, last, today):
        listed[d.key, d.act_by, d.last_day, True] += d.open
        listed[d.key, d.act_by, d.last_day, False] += d.total - d.open
    assert +listed == days_of
    bare = deadlines_between(tx, Filter(), first, last, today, counted=False)
    assert {(d.key, d.act_by, d.last_day) for d in bare} == {day[:3] for day in days_of}
    assert {(d.open, d.total) for d in bare} == {(0, 0)}
    record = year_record(tx, unit_ids(tx)["so-y-te"], 2026, now)
    judged = Counter(
        o.status(now, today)
        for o in owed
        if o.unit == "so-y-te" and year_of(o) == 2026 and o.tracked and o.kind.can_be_late
    )
    assert (record.on_time, record.late, record.missing, record.overdue) == tuple(
        judged[s] for s in (Status.ON_TIME, Status.LATE, Status.MISSING, Status.OVERDUE)
    )


def year_of(o: Obligation) -> int:
    named = o.key.period.parts().get("year")
    return int(named) if named else o.dates.last_day.year


def acts(office: Office, chance: random.Random) -> Iterator[Callable[[Obligation, Act], object]]:
    """What may happen to an obligation, at random."""
    today = timedelta(days=chance.randint(0, 3))
    yield lambda o, a: submit(office, a, o.key, [o.unit], Receipt(office.today(a.now) - today), by_unit=True)
    yield lambda o, a: submit(office, a, o.key, [o.unit], Receipt(office.today(a.now) - today))
    yield lambda o, a: accept(office, a, o.key, [o.unit])
    yield lambda o, a: send_back(office, a, o.key, [o.unit], office.today(a.now) + today, void=chance.random() < 0.5)
    yield lambda o, a: extend(office, a, o.key, [o.unit], max(o.dates.stated, office.today(a.now)) + 3 * today)
    yield lambda o, a: waive(office, a, o.key, [o.unit])
    yield lambda o, a: close(office, a, "ke-hoach", o.key.period.key) if chance.random() < 0.1 else None
    yield lambda _, a: reopen(office, a, "ke-hoach", None)


def test_pages_agree_with_the_rules_whatever_happens(town: Town) -> None:
    office, now, chance = town.office, local("2026-10-12 09:00"), random.Random(2026)
    load_text(office, now, UNITS + GROUPS, MIXED, track_from=date(2026, 10, 1))
    for turn in range(60):
        with office.database.read() as tx:
            owed = [o for o in of_plan(tx, "ke-hoach") if o.dates.stated < date(2027, 1, 10)]
        act = chance.choice(list(acts(office, chance)))
        with suppress(UserError):  # it is closed, or nothing is
            act(chance.choice(owed), Act("tester", now, "vì"))
        now += timedelta(hours=chance.choice([1, 7, 20, 30]))
        if turn % 12 == 11:
            with office.database.read() as tx:
                agrees_on_everything(tx, office, now)


def test_board_of_the_sample_is_what_the_command_line_lists(town: Town) -> None:
    load_sample(town.office, local("2026-11-20 09:00"), "dien-bien-88-2020", track_from=date(2020, 1, 1))
    with town.office.database.read() as tx:
        assert agrees_on_overdue(tx, town.office, local("2026-11-20 09:00")) > 50
        assert agrees_on_overdue(tx, town.office, local("2027-01-04 08:00")) > 50


def test_board_is_narrowed_by_every_part_of_a_filter(town: Town) -> None:
    now = local("2026-12-28 09:00")
    load_text(town.office, local("2026-10-12 09:00"), UNITS + GROUPS, MIXED, track_from=date(2026, 10, 1))
    load_text(
        town.office,
        local("2026-10-12 09:00"),
        UNITS + GROUPS,
        plan(task("khac", "{by: 01/12/2026}", "[moi-don-vi]", title="Đề án khác"), slug="hai", number="2458/UBND-NC"),
    )
    with town.office.database.read() as tx:
        all_late = [i.obligation for i in overdue(tx, town.office, now)]
        ids = unit_ids(tx)
        members = group_members(tx, "khoi-1", date(2026, 12, 28))

        def shown(which: Filter) -> set[tuple[str, str]]:
            lines = every(tx, town.office, now, which)
            found = {(str(line.obligation.key), line.obligation.unit) for line in lines}
            assert board_count(tx, town.office, now, which) == Count(len(lines)) == Count(len(found))
            return found

        def late(test: Callable[[Obligation], bool]) -> set[tuple[str, str]]:
            found = {(str(o.key), o.unit) for o in all_late if test(o)}
            assert found
            assert len(found) < len(all_late)
            return found

        assert members == {"so-y-te", "xa-a"}
        assert shown(Filter()) == {(str(o.key), o.unit) for o in all_late}
        assert shown(Filter(plan="hai")) == late(lambda o: o.key.plan == "hai")
        assert shown(Filter(group="khoi-1")) == late(lambda o: o.unit in members)
        assert shown(Filter(unit_kind="xa")) == late(lambda o: o.unit.startswith("xa-"))
        assert shown(Filter(task_kind=Kind.REPORT, plan="ke-hoach")) == late(lambda o: o.key.plan == "ke-hoach")
        assert shown(Filter(period="2026-11")) == late(lambda o: o.key.period.key == "2026-11")
        assert shown(Filter(year=2026, plan="hai")) == late(lambda o: o.key.plan == "hai")
        assert shown(Filter(year=2027)) == set()
        assert shown(Filter(text="so y TE")) == late(lambda o: o.unit == "so-y-te")
        assert shown(Filter(text="xã a")) == late(lambda o: o.unit == "xa-a")
        assert shown(Filter(text="de an")) == late(lambda o: o.key.task == "khac")
        assert shown(Filter(text="2458/ubnd")) == late(lambda o: o.key.plan == "hai")
        assert shown(Filter(text="viec", units=frozenset({ids["xa-a"]}))) == late(
            lambda o: o.unit == "xa-a" and o.key.plan == "ke-hoach"
        )
        assert shown(Filter(text="a", group="khoi-1")) == late(lambda o: o.unit in members)
        assert shown(Filter(units=frozenset({ids["xa-a"], ids["xa-b"]}))) == late(lambda o: o.unit in ("xa-a", "xa-b"))
        for which in (Filter(plan="x"), Filter(group="x"), Filter(unit_kind="x"), Filter(text="không có")):
            assert shown(which) == set()
        assert shown(Filter(units=frozenset())) == set()
        everything = Filter(reader=Rights(reads_all=True))
        assert shown(everything) == shown(Filter())
        assert numbers_on(tx, town.office, now, everything, 3) == [
            line.obligation.id for line in every(tx, town.office, now, Filter())[:4]
        ]
        for reader in READERS:
            may = [o for o in all_late if reader.may_read_item(o.key.plan, o.key.task, o.unit)]
            assert shown(Filter(reader=reader)) == {(str(o.key), o.unit) for o in may}, reader
            assert shown(Filter(reader=reader, text="xa a")) == {(str(o.key), o.unit) for o in may if o.unit == "xa-a"}
            counted = board_numbers(tx, town.office, now, Filter(reader=reader))
            assert counted.overdue == Count(len(may))
            asked = {o.key.plan for o in may}
            assert {p.slug for p in options(tx, reader, 2026).plans} == asked


def test_lists_of_several_statuses_are_what_is_unfinished_and_what_is_due_within_a_week(town: Town) -> None:
    load_text(town.office, local("2026-10-12 09:00"), UNITS, MIXED, track_from=date(2026, 10, 1))
    now, today = local("2026-11-17 09:00"), date(2026, 11, 17)
    with town.office.database.read() as tx:
        owed = of_plan(tx, "ke-hoach")
        unfinished = {o.id for o in owed if o.tracked and (o.kind.can_be_late or o.dates.last_day >= today)}
        week = {o.id for o in owed if o.tracked and today <= o.dates.act_by <= today + timedelta(days=7)}
        assert {line.obligation.id for line in every(tx, town.office, now, Filter(several=Several.OPEN))} == unfinished
        found = every(tx, town.office, now, Filter(several=Several.WEEK))
        assert {line.obligation.id for line in found} == week
        assert board_numbers(tx, town.office, now, Filter()).due_soon == Count(len(week))
        assert board_count(tx, town.office, now, Filter(several=Several.WEEK)) == Count(len(week))


def test_options_are_named_as_people_name_them(town: Town) -> None:
    load_text(town.office, local("2026-10-12 09:00"), UNITS + GROUPS, MIXED, track_from=date(2026, 10, 1))
    with town.office.database.read() as tx:
        found = options(tx, Rights(reads_all=True), 2026)
        own = options(tx, Rights(acts_for=frozenset({"xa-a"})), 2026)
    assert found.groups == (("khoi-1", "Khối 1"),)
    assert ("xa", "Các xã") in found.kinds
    assert found.years == (2028, 2027, 2026, 2025, 2024)
    assert {p.key for p in found.periods} >= {"2026", "2026-10", "2026-11", "2026-12"}
    assert {p.parts().get("year") for p in found.periods} == {2026}
    assert (own.groups, own.kinds, [p.slug for p in own.plans]) == ((), (), ["ke-hoach"])


def test_matrix_has_no_column_that_nobody_in_it_owes(town: Town) -> None:
    load_text(town.office, local("2026-10-12 09:00"), UNITS + GROUPS, MIXED, track_from=date(2026, 10, 1))
    with town.office.database.read() as tx:

        def columns(*units: str) -> set[str]:
            which = Filter(plan="ke-hoach", year=2026, reader=Rights(acts_for=frozenset(units)))
            return {c.key.task for c in read_matrix(tx, which, local("2026-10-12 09:00"), date(2026, 10, 12)).columns}

        assert columns("so-noi-vu") == {"quy"}
        assert columns("phuong-d") == {"bao-cao-nam", "mot-lan", "moc", "thang"}
        assert columns("ubnd") == set()


def test_days_late_are_those_between_what_was_judged_and_the_first_receipt(town: Town) -> None:
    office, at = town.office, lambda day: Act("tester", local(f"2026-12-{day:02} 15:00"), "Thiếu biểu")
    load_text(office, local("2026-10-12 09:00"), UNITS + GROUPS, plan(yearly("[moi-don-vi]")))
    key = DeadlineKey.parse("ke-hoach/bao-cao-nam/2026")
    assert key is not None
    # Before 05/12/2026, a Saturday: in time up to the end of that day.
    submit(office, at(4), key, ["xa-c"], Receipt(date(2026, 12, 4)))
    submit(office, at(9), key, ["xa-a", "so-y-te"], Receipt(date(2026, 12, 9)))
    extend(office, at(9), key, ["xa-b"], date(2026, 12, 10))
    submit(office, at(16), key, ["xa-b"], Receipt(date(2026, 12, 14)))
    send_back(office, at(16), key, ["so-y-te"], date(2026, 12, 18))
    submit(office, at(17), key, ["so-y-te"], Receipt(date(2026, 12, 17)))
    with office.database.read() as tx:
        found = read_matrix(tx, Filter(plan="ke-hoach"), local("2026-12-21 09:00"), date(2026, 12, 21))
        ids, (column,) = unit_ids(tx), [c for c in found.columns if c.key == key]
        days = days_late(tx, office, found)
    assert days == {(ids["xa-a"], column.id): 3, (ids["so-y-te"], column.id): 3, (ids["xa-b"], column.id): 2}
