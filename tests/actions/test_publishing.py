from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import select

from actions.adjusting import close, extend, reopen, waive
from actions.daily import Refreshed, refresh_day
from actions.feeds import join_feed, revoke_feed, rotate_feed
from actions.publishing import MANIFEST, Published, feed_addresses, publish
from actions.receiving import Receipt, send_back, submit
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.feeds import FeedKind
from plans.workdays import Workday
from store.feeds import list_feeds
from store.schema import events
from tests.actions.province import ONCE, TWO_UNITS, UNITS, YEARLY, Town, act, everything, once, plan, yearly
from tests.conftest import load_sample, load_text, local

OCTOBER = local("2026-10-01 09:00")
NAMES = ("ubnd", "so-noi-vu", "so-y-te", "xa-a", "xa-b", "xa-c", "phuong-d")
assert YEARLY is not None
assert ONCE is not None
Y_TE = ["so-y-te"]
LINK = re.compile(r'href="([^"]+\.ics)"')


def feed(town: Town, unit: str = "so-y-te") -> bytes:
    return town.feed(unit)


def event(town: Town, period: str = "05/12/2026") -> dict[str, str]:
    """The event of so-y-te that speaks of this stated date."""
    found = [e for e in Calendar.from_ical(feed(town)).walk("VEVENT") if period in str(e["DESCRIPTION"])]
    (one,) = found
    return {name: str(one[name]) for name in ("UID", "SEQUENCE", "SUMMARY")} | {
        "DAY": one["DTSTART"].dt.isoformat(),
        "STAMP": one["DTSTAMP"].dt.isoformat(),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "feeds"


# -- files ------------------------------------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def owners(paths: Iterable[str]) -> list[str]:
    return [path.partition("/")[0] for path in paths]


def test_published_twice_is_the_same_to_the_byte(town: Town, tmp_path: Path) -> None:
    load_sample(town.office, OCTOBER, "dien-bien-2458", "dien-bien-88-2026")
    first = publish(town.office, tmp_path / "a")
    assert publish(town.office, tmp_path / "b") == first
    assert len(first.written) > 200
    assert files(tmp_path / "a") == files(tmp_path / "b")
    with town.office.database.read() as tx:
        found = {feed.owner: join_feed(tx, town.office, feed) for feed in list_feeds(tx)}
    assert {p.partition("/")[0]: c for p, c in files(tmp_path / "a").items() if p.endswith(".ics")} == found


def test_only_changed_files_are_written(town: Town, folder: Path) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(yearly("[moi-don-vi]")))
    first = publish(town.office, folder)
    assert owners(first.written)[: len(NAMES)] == list(NAMES)
    assert (first.unchanged, first.removed) == (0, ())
    before = {p: (folder / p).stat().st_mtime_ns for p in files(folder)}
    again = publish(town.office, folder)
    assert again == Published((), len(first.written) - 1, (), first.index)
    submit(town.office, act("2026-10-02 09:00"), YEARLY, ["xa-a"], Receipt(date(2026, 10, 2)))
    third = publish(town.office, folder)
    assert "xa-a" in owners(third.written)
    assert {"so-y-te", "xa-b", "office.workdays"}.isdisjoint(owners(third.written))
    after = {p: (folder / p).stat().st_mtime_ns for p in files(folder)}
    assert {p for p in after if after[p] != before.get(p)} == {*third.written, MANIFEST}


def test_addresses_that_are_no_more_are_deleted_and_what_others_keep_stays(town: Town, folder: Path) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    first = publish(town.office, folder, compressed=True)
    by_owner = dict(zip(owners(first.written), first.written, strict=True))
    assert (
        gzip.decompress((folder / (by_owner["ubnd"] + ".gz")).read_bytes()) == (folder / by_owner["ubnd"]).read_bytes()
    )
    foreign = b"BEGIN:VCALENDAR\r\nPRODID:-//other//EN\r\nEND:VCALENDAR\r\n"
    (folder / "foreign.ics").write_bytes(foreign)
    (folder / "index.html").write_text("mine")
    (folder / by_owner["ubnd"]).with_name("mine.txt").write_text("mine")
    (folder / "so-y-te.ics").write_bytes((folder / by_owner["so-y-te"]).read_bytes())  # as earlier versions named it
    rotate_feed(town.office, act("2026-10-02 09:00"), "ubnd")
    revoke_feed(town.office, act("2026-10-02 09:00"), "so-noi-vu")
    done = publish(town.office, folder)
    assert set(done.removed) == {by_owner["ubnd"], by_owner["so-noi-vu"], "so-y-te.ics"}
    left = files(folder)
    assert not [p for p in left if p.endswith(".gz")]
    assert by_owner["ubnd"] not in left
    assert not (folder / "so-noi-vu").exists()
    kept = {"foreign.ics", "index.html", str(Path(by_owner["ubnd"]).with_name("mine.txt"))}
    assert kept <= left.keys()
    assert left["foreign.ics"] == foreign
    ubnd = [p for p in left if p.startswith("ubnd/") and p.endswith(".ics")]
    assert len(ubnd) == 1
    page = left[done.index].decode()
    assert f'href="../../{ubnd[0]}"' in page
    assert by_owner["so-noi-vu"] not in page
    assert all((folder / done.index).parent.joinpath(link).resolve().is_file() for link in LINK.findall(page))


def test_broken_manifest_writes_all_anew(sqlite_town: Town, folder: Path) -> None:
    load_text(sqlite_town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    first = publish(sqlite_town.office, folder)
    outside = folder.parent / "outside.ics"
    outside.write_text("not ours")
    for broken in ('{"../outside.ics": "x", "../../a/outside.ics": "x"}', "[1", "[]", '{"a/b/c.ics": 1}'):
        (folder / MANIFEST).write_text(broken)
        done = publish(sqlite_town.office, folder)
        assert set(done.written) == set(first.written) - {first.index}
        assert done.removed == ()
    assert outside.read_text() == "not ours"


def test_address_that_was_rotated_goes_even_where_the_manifest_is_lost(sqlite_town: Town, folder: Path) -> None:
    load_text(sqlite_town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    first = publish(sqlite_town.office, folder)
    rotate_feed(sqlite_town.office, act("2026-10-02 09:00"), "ubnd")
    (folder / MANIFEST).unlink()
    assert owners(publish(sqlite_town.office, folder).removed) == ["ubnd"]
    assert not (folder / next(p for p in first.written if p.startswith("ubnd/"))).exists()


def test_address_written_before_an_interruption_goes_when_it_is_rotated(sqlite_town: Town, folder: Path) -> None:
    load_text(sqlite_town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    publish(sqlite_town.office, folder)
    for unit in ("ubnd", "so-y-te"):
        rotate_feed(sqlite_town.office, act("2026-10-02 09:00"), unit)
    with sqlite_town.office.database.read() as tx:
        urls = {a.feed.owner: a.url or "" for a in feed_addresses(tx, sqlite_town.office)}
    in_the_way = folder / urls["so-y-te"].partition("/feeds/")[2]
    in_the_way.mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        publish(sqlite_town.office, folder)
    written = folder / urls["ubnd"].partition("/feeds/")[2]
    assert written.exists()
    in_the_way.rmdir()
    rotate_feed(sqlite_town.office, act("2026-10-02 10:00"), "ubnd")
    publish(sqlite_town.office, folder)
    assert not written.exists()
    assert len(list((folder / "ubnd").rglob("*.ics"))) == 1


def test_publishing_binds_and_changes_nothing_else(town: Town, folder: Path) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    before = everything(town.office.database)
    publish(town.office, folder)
    with town.office.database.read() as tx:
        addresses = feed_addresses(tx, town.office, FeedKind.UNIT)
    after = everything(town.office.database)
    assert {name for name in after if after[name] != before[name]} == {"feeds"}
    assert [(a.feed.owner, a.feed.name) for a in addresses] == [
        ("ubnd", "UBND tỉnh"),
        ("so-noi-vu", "Sở Nội vụ"),
        ("so-y-te", "Sở Y tế"),
    ]
    assert len({a.url for a in addresses}) == 3


# -- what an event says -----------------------------------------------------------------------------------------------


def test_sequence_rises_only_when_what_it_says_changes(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    first = event(town)
    assert (first["SEQUENCE"], first["DAY"]) == ("0", "2026-12-04")
    load_text(town.office, OCTOBER + timedelta(hours=1), TWO_UNITS, plan(yearly()))
    refresh_day(town.office, local("2026-10-02 00:05"))
    assert event(town) == first
    load_text(town.office, OCTOBER + timedelta(hours=2), TWO_UNITS, plan(yearly(title="Báo cáo khác")))
    second = event(town)
    assert (second["UID"], second["SEQUENCE"]) == (first["UID"], "1")
    assert second["STAMP"] == "2026-10-01T04:00:00+00:00"


def test_uid_stays_through_submit_return_and_extend(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    seen = [event(town)]
    submit(town.office, act("2026-11-20 09:00"), YEARLY, Y_TE, Receipt(date(2026, 11, 20)), by_unit=True)
    seen.append(event(town))
    send_back(town.office, act("2026-11-23 09:00", "thiếu"), YEARLY, Y_TE, date(2026, 12, 1))
    seen.append(event(town, period="01/12/2026"))
    extend(town.office, act("2026-11-24 09:00"), YEARLY, Y_TE, date(2026, 12, 18))
    seen.append(event(town, period="18/12/2026"))
    waive(town.office, act("2026-11-25 09:00", "vì"), YEARLY, Y_TE)
    seen.append(event(town, period="18/12/2026"))
    assert len({e["UID"] for e in seen}) == 1
    assert [e["SEQUENCE"] for e in seen] == ["0", "1", "2", "3", "4"]
    assert [e["DAY"] for e in seen] == ["2026-12-04", "2026-12-04", "2026-12-01", "2026-12-18", "2026-12-18"]
    assert seen[1]["SUMMARY"].startswith("[Đã gửi]")


def test_corrected_date_moves_the_event_of_what_is_accepted(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    submit(town.office, act("2026-11-20 09:00"), YEARLY, Y_TE, Receipt(date(2026, 11, 20)))
    load_text(town.office, local("2026-11-20 10:00"), TWO_UNITS, plan(yearly(due="{yearly: {by: 18/12}}")))
    assert event(town, period="18/12/2026")["DAY"] == "2026-12-18"


def test_removed_task_leaves_a_cancelled_event(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(), once("{by: 15/11/2026}")))
    before = event(town)
    load_text(town.office, OCTOBER, TWO_UNITS, plan(once("{by: 15/11/2026}")))
    after = event(town)
    assert (after["UID"], after["SEQUENCE"]) == (before["UID"], "1")
    assert b"STATUS:CANCELLED" in feed(town)


def test_removed_task_stands_crossed_out_under_the_number_that_its_plan_has_now(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(), once("{by: 15/11/2026}")))
    load_text(town.office, OCTOBER + timedelta(hours=1), TWO_UNITS, plan(once("{by: 15/11/2026}")))
    crossed = event(town)
    load_text(town.office, OCTOBER + timedelta(hours=2), TWO_UNITS, plan(once("{by: 15/11/2026}"), number="12/KH-UBND"))
    after = event(town)
    assert (after["UID"], after["SEQUENCE"], after["SUMMARY"]) == (crossed["UID"], "2", crossed["SUMMARY"])
    said = [str(e["DESCRIPTION"]) for e in Calendar.from_ical(feed(town)).walk("VEVENT")]
    assert ["12/KH-UBND" in text for text in said] == [True] * 3  # of one task two years
    load_text(town.office, OCTOBER + timedelta(hours=3), TWO_UNITS, plan(once("{by: 20/11/2026}"), number="12/KH-UBND"))
    assert event(town) == after  # what concerns other tasks alone leaves it as it is


def test_closed_period_says_so_until_it_is_reopened(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    before = event(town)
    close(town.office, act("2026-12-31 09:00"), "ke-hoach", "2026")
    closed = event(town)
    assert (closed["UID"], closed["SUMMARY"]) == (before["UID"], "[Không gửi] Việc bao-cao-nam")
    assert b"STATUS:CANCELLED" not in feed(town)  # some clients would hide it
    reopen(town.office, act("2027-01-04 09:00", "sót"), "ke-hoach", "2026")
    again = event(town)
    assert again["SUMMARY"] != closed["SUMMARY"]
    assert again["SEQUENCE"] > closed["SEQUENCE"]


# -- what the date changes --------------------------------------------------------------------------------------------


def test_refresh_day_renders_what_the_date_changed_once_a_day(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    assert refresh_day(town.office, local("2026-11-26 00:05")) == Refreshed()
    seen = [event(town)["SUMMARY"]]
    for day in ("2026-11-27", "2026-12-04", "2026-12-05", "2026-12-06"):
        assert refresh_day(town.office, local(f"{day} 00:05")).events == (0 if day == "2026-12-05" else 2), (
            day
        )  # the unit's, the deadline's
        assert refresh_day(town.office, local(f"{day} 09:00")) == Refreshed()
        seen.append(event(town)["SUMMARY"])
    assert [s.partition("] ")[0] if "]" in s else "" for s in seen] == [
        "",
        "[Sắp đến hạn",
        "[Đến hạn",
        "[Đến hạn",
        "[Quá hạn",
    ]


def test_refresh_day_extends_the_horizon_and_announces_nothing(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    done = refresh_day(town.office, local("2027-06-05 00:05"))
    assert (done.deadlines, done.obligations) == (1, 1)
    town.tick("2027-06-07 08:00")
    assert {i.deadline for m in town.log() for i in m.items} == {"ke-hoach/bao-cao-nam/2026"}


def test_refresh_day_moves_what_a_change_of_the_working_calendar_moves(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    submit(town.office, act("2026-11-20 09:00"), YEARLY, Y_TE, Receipt(date(2026, 11, 20)))
    before = event(town)
    friday_off = Workday(date(2026, 12, 4), False, "nghỉ bù")
    office = replace(town.office, calendar=WorkingCalendar([*shipped_workdays(), friday_off]))
    refresh_day(office, local("2026-11-21 00:05"))
    after = event(town)
    assert (before["DAY"], after["DAY"]) == ("2026-12-04", "2026-12-03")
    assert (after["UID"], after["SEQUENCE"]) == (before["UID"], str(int(before["SEQUENCE"]) + 1))


def test_refresh_day_after_a_clock_set_back_renders_again(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    refresh_day(town.office, local("2026-12-04 00:05"))
    today = event(town)["SUMMARY"]
    refresh_day(town.office, local("2026-11-20 00:05"))
    assert event(town)["SUMMARY"] != today


def test_refresh_day_with_a_guard_that_says_no_does_nothing(town: Town) -> None:
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly()))
    before = everything(town.office.database)
    assert refresh_day(town.office, local("2026-12-04 00:05"), guard=lambda _: False) == Refreshed()
    assert everything(town.office.database) == before
    assert refresh_day(town.office, local("2026-12-04 00:05"), guard=lambda _: True).events == 2


@pytest.mark.parametrize(("at", "there"), [("2028-12-03 10:00", True), ("2028-12-04 10:00", False)])
def test_feed_keeps_730_days_of_what_is_done(sqlite_town: Town, at: str, there: bool) -> None:
    load_text(sqlite_town.office, OCTOBER, TWO_UNITS, plan(once("{by: 04/12/2026}")))
    submit(sqlite_town.office, act("2026-12-01 09:00"), ONCE, Y_TE, Receipt(date(2026, 12, 1)))
    refresh_day(sqlite_town.office, local(at))
    assert (b"BEGIN:VEVENT" in feed(sqlite_town)) is there


# -- language ---------------------------------------------------------------------------------------------------------


def marked(town: Town) -> dict[tuple[str, int], tuple[str, str, int]]:
    """Whose event → its UID, language and sequence."""
    c = events.c
    with town.office.database.read() as tx:
        found = tx.execute(select(c.owner, c.owner_id, c.uid, c.language, c.sequence))
        return {(owner, number): (uid, language, sequence) for owner, number, uid, language, sequence in found}


def test_change_of_language_renders_every_event_anew_once(town: Town) -> None:
    helped = once("{by: 18/12/2026}", "[so-noi-vu]", kind="work", with_="[so-y-te]")
    load_text(town.office, OCTOBER, TWO_UNITS, plan(yearly(), helped))
    refresh_day(town.office, OCTOBER)
    assert refresh_day(town.office, OCTOBER) == Refreshed()
    vietnamese = marked(town)
    before = event(town)
    assert before["SUMMARY"] == "Việc bao-cao-nam"

    town.office = replace(town.office, language="en")
    submit(town.office, act("2026-10-01 11:00"), YEARLY, Y_TE, Receipt(date(2026, 10, 1)))
    later = local("2026-10-01 12:00")
    done_already = 2  # the unit's event and the deadline's, by the act
    assert refresh_day(town.office, later) == Refreshed(events=len(vietnamese) - done_already)
    assert refresh_day(town.office, later) == Refreshed()
    english = marked(town)
    assert english == {owner: (uid, "en", sequence + 1) for owner, (uid, _, sequence) in vietnamese.items()}
    after = event(town)
    assert after == {
        **before,
        "SUMMARY": "[Sent] Việc bao-cao-nam",
        "SEQUENCE": "1",
        "STAMP": "2026-10-01T04:00:00+00:00",
    }
    lines = feed(town).replace(b"\r\n ", b"").decode()
    assert "Last day: Friday\\, 04/12/2026." in lines
    assert "Ngày cuối" not in lines

    town.office = replace(town.office, language="vi")
    assert refresh_day(town.office, local("2026-10-01 14:00")) == Refreshed(events=len(vietnamese))
    assert event(town)["SEQUENCE"] == "2"
