"""The change of 01/07/2025 in the sample: ten districts end, forty-five communes begin; in March departments merged."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from icalendar import Calendar

from actions.daily import refresh_day
from actions.loading import load
from actions.receiving import Receipt, submit
from actions.succeeding import Fate
from plans.deadlines import DeadlineKey
from plans.files.documents import read_documents
from plans.obligations import Obligation
from plans.status import State
from plans.units import Roster
from store.obligations import of_deadline, of_plan
from tests.actions.province import Town, act, plan, task
from tests.conftest import SAMPLES, load_sample, load_text, local

YEARLY_2024 = DeadlineKey.parse("dien-bien-2458/bao-cao-nam/2024")
YEARLY_2025 = DeadlineKey.parse("dien-bien-2458/bao-cao-nam/2025")
HALF = DeadlineKey.parse("ke-hoach/sau-thang/2025-H1")
assert YEARLY_2024 is not None
assert YEARLY_2025 is not None
assert HALF is not None
DISTRICTS = {
    "thanh-pho-dien-bien-phu",
    "thi-xa-muong-lay",
    "huyen-dien-bien",
    "huyen-dien-bien-dong",
    "huyen-muong-ang",
    "huyen-muong-cha",
    "huyen-muong-nhe",
    "huyen-nam-po",
    "huyen-tua-chua",
    "huyen-tuan-giao",
}
SPLIT = DISTRICTS - {"thi-xa-muong-lay"}
CLOSED = (State.CANCELLED, "no_unit")
COORDINATORS = {"tdkt.snv@dienbien.example", "truongban.snv@dienbien.example"}


def owed(town: Town, key: DeadlineKey) -> dict[str, tuple[State, str | None]]:
    with town.office.database.read() as tx:
        return {o.unit: (o.state, o.reason) for o in of_deadline(tx, key)}


def changed(before: dict[str, tuple[State, str | None]], after: dict[str, tuple[State, str | None]]) -> set[str]:
    return {u for u in before.keys() | after.keys() if before.get(u) != after.get(u)}


def sample() -> Roster:
    text = (SAMPLES / "dien-bien" / "units.yaml").read_bytes()
    return read_documents([("units.yaml", text)]).rosters[0]


def unaware() -> Roster:
    """The roster as it could have been in January 2025: nobody knows of an end, no commune has been made."""
    roster = sample()
    units = {s: replace(u, until=None, successors=()) for s, u in roster.units.items() if u.since is None}
    groups = {s: replace(g, members=tuple(m for m in g.members if m.unit in units)) for s, g in roster.groups.items()}
    seers = tuple(replace(o, units=tuple(u for u in o.units if u in units)) for o in roster.overseers)
    return Roster(units, groups, roster.audiences, seers, roster.leaders)


def test_what_is_still_open_goes_on_when_departments_merge_and_districts_end(town: Town) -> None:
    load_sample(town.office, local("2024-12-02 09:00"), "dien-bien-2458", track_from=date(2024, 1, 1))
    submit(town.office, act("2024-12-04 09:00"), YEARLY_2024, ["huyen-muong-ang"], Receipt(date(2024, 12, 4)))
    submit(
        town.office, act("2024-12-04 09:00"), YEARLY_2024, ["huyen-nam-po"], Receipt(date(2024, 12, 4)), by_unit=True
    )
    town.ticks("2025-02-28 16:00")
    before = owed(town, YEARLY_2024)
    assert Counter(state for state, _ in before.values())[State.CANCELLED] == 0
    assert before.keys() >= DISTRICTS
    refresh_day(town.office, local("2025-03-01 00:05"))
    march = owed(town, YEARLY_2024)
    assert {u: march.get(u) for u in changed(before, march)} == {
        "so-ke-hoach-va-dau-tu": (State.CANCELLED, "merged:so-tai-chinh"),
        "so-giao-thong-van-tai": (State.CANCELLED, "merged:so-xay-dung"),
        "so-nong-nghiep-va-phat-trien-nong-thon": None,
        "so-nong-nghiep-va-moi-truong": (State.OPEN, None),
        "so-tai-nguyen-va-moi-truong": (State.CANCELLED, "merged:so-nong-nghiep-va-moi-truong"),
        "so-thong-tin-va-truyen-thong": (State.CANCELLED, "merged:so-khoa-hoc-va-cong-nghe"),
        "so-lao-dong-thuong-binh-va-xa-hoi": None,
        "so-noi-vu": (State.OPEN, None),  # which coordinates, and owed none of its own
        "ban-dan-toc": None,
        "so-dan-toc-va-ton-giao": (State.OPEN, None),
    }
    town.ticks("2025-06-30 08:00", "2025-06-30 14:00")
    assert owed(town, YEARLY_2024) == march
    done = refresh_day(town.office, local("2025-07-01 00:05"))
    july = owed(town, YEARLY_2024)
    assert done.succeeded == 8
    assert {u: july.get(u) for u in changed(march, july)} == {
        "thi-xa-muong-lay": None,
        "phuong-muong-lay": (State.OPEN, None),
        **dict.fromkeys(SPLIT - {"huyen-muong-ang", "huyen-nam-po"}, CLOSED),
    }
    assert (july["huyen-muong-ang"], july["huyen-nam-po"]) == ((State.ACCEPTED, None), (State.SUBMITTED, None))
    town.tick("2025-07-01 08:00")
    told = {m[1]: Counter(s.partition(".")[0] for s in m[3]) for m in town.sent() if m[0] == "2025-07-01 08:00"}
    assert told.pop("vhxh.pmuonglay@dienbien.example") == {"T+8wd": 1, "n-taken": 1, "n-new": 1}
    assert told.pop("chutich.pmuonglay@dienbien.example") == {"T+8wd-head": 1}
    assert told == {address: {"n-ended": 7} for address in COORDINATORS}


def test_change_that_nobody_knew_of_when_the_year_was_planned(town: Town) -> None:
    half = plan(
        task("sau-thang", "{half_yearly: {by: [20/06, 20/12]}}", "[cac-huyen-thi-xa-thanh-pho, hoi-dong-tdkt]"),
        slug="ke-hoach",
    )
    yearly = (SAMPLES / "dien-bien" / "plans" / "dien-bien-2458.yaml").read_text(encoding="utf-8")
    plans = read_documents([("a.yaml", half.encode()), ("b.yaml", yearly.encode())]).plans
    january, june = act("2025-01-02 09:00"), act("2025-06-16 09:00")
    load(town.office, january, [unaware()], plans, track_from=date(2025, 1, 1))
    assert owed(town, HALF).keys() == DISTRICTS | {"hoi-dong-tdkt"}
    with town.office.database.read() as tx:
        first = {o.id: o.unit for o in of_plan(tx, "dien-bien-2458", "2025")}
    report = load(town.office, june, [sample()], [])
    assert Counter(s.fate for s in report.succeeded) == {Fate.PASSED: 3, Fate.MERGED: 4}, "departments of March"
    known = owed(town, YEARLY_2025)
    assert {known[d] for d in DISTRICTS} == {(State.OPEN, None)}, "until its last day a district goes on owing"
    assert sum(1 for u in known if u.startswith(("xa-", "phuong-"))) == 45
    refresh_day(town.office, local("2025-06-30 08:00"))
    assert owed(town, YEARLY_2025) == known
    done = refresh_day(town.office, local("2025-07-01 00:05"))
    assert done.succeeded == 10 * 4, "two halves of 2025, the first of 2026, and the year 2025"
    after = owed(town, YEARLY_2025)
    assert {d: after[d] for d in DISTRICTS} == {
        **dict.fromkeys(SPLIT, CLOSED),
        "thi-xa-muong-lay": (State.CANCELLED, "merged:phuong-muong-lay"),
    }
    assert first.keys() <= {o.id for o in _all(town)}
    assert {u for u, (s, _) in owed(town, HALF).items() if s is State.OPEN} == {"phuong-muong-lay", "hoi-dong-tdkt"}


def _all(town: Town) -> list[Obligation]:
    with town.office.database.read() as tx:
        return of_plan(tx, "dien-bien-2458")


@pytest.mark.parametrize(
    ("unit", "says"),
    [
        ("thi-xa-muong-lay", "Đơn vị đã kết thúc: việc chuyển cho UBND phường Mường Lay; xin đăng ký lịch mới"),
        (
            "huyen-muong-ang",
            "Đơn vị đã kết thúc; các đơn vị kế thừa: UBND xã Mường Ảng, UBND xã Búng Lao, UBND xã Mường Lạn, "
            "UBND xã Nà Tấu; xin đăng ký lịch mới",
        ),
    ],
)
def test_feed_of_a_district_before_and_after(sqlite_town: Town, unit: str, says: str) -> None:
    load_sample(sqlite_town.office, local("2024-12-02 09:00"), "dien-bien-2458", track_from=date(2024, 1, 1))

    def said(at: str) -> list[str]:
        refresh_day(sqlite_town.office, local(at))
        feed = Calendar.from_ical(sqlite_town.feed(unit))
        return [str(e["SUMMARY"]) for e in feed.walk("VEVENT") if "kết thúc" in str(e["SUMMARY"])]

    assert said("2025-06-30 08:00") == []
    assert said("2025-07-01 08:00") == [says]


def test_heads_of_clusters_and_the_council_may_owe(sqlite_town: Town) -> None:
    roster = (SAMPLES / "dien-bien" / "units.yaml").read_text(encoding="utf-8")
    clusters = "cum-vung-thap, cum-vung-cao, cum-xa-1, cum-xa-2, cum-xa-3, cum-xa-4, cum-xa-5"
    heads = (
        f"audiences:\n  - {{id: cac-truong, name: Các cụm trưởng, khối trưởng, heads: [khoi-1, khoi-4, {clusters}]}}\n"
    )
    document = plan(
        task("so-ket", "{half_yearly: {by: [20/06, 20/12]}}", "[cac-truong, hoi-dong-tdkt]"),
        task("khoi", "{half_yearly: {by: [20/06, 20/12]}}", "[khoi-1]"),
    )
    given = roster.replace("audiences:\n", heads.replace("Các cụm trưởng, khối trưởng", "Các trưởng cụm và khối"), 1)
    load_text(sqlite_town.office, local("2025-01-02 09:00"), given, document, track_from=date(2025, 1, 1))

    def who(name: str) -> set[str]:
        key = DeadlineKey.parse(f"ke-hoach/{name}")
        assert key is not None
        return set(owed(sqlite_town, key))

    june = {"so-tai-chinh", "ubmttq-tinh", "thanh-pho-dien-bien-phu", "huyen-muong-cha", "hoi-dong-tdkt"}
    communes = {"phuong-dien-bien-phu", "xa-na-son", "xa-tuan-giao", "phuong-muong-lay", "xa-muong-nhe"}
    assert who("so-ket/2025-H1") == june
    assert who("so-ket/2025-H2") == {"so-tai-chinh", "ubmttq-tinh", "hoi-dong-tdkt"} | communes
    assert who("so-ket/2026-H1") == {"so-tu-phap", "ubmttq-tinh", "hoi-dong-tdkt"} | communes
    assert len(who("khoi/2025-H2")) == 6, "without the coordinator and the department that ended"
