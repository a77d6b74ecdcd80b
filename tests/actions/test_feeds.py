"""Which feed holds what, how what is withdrawn leaves it, and how feeds are bound and caught up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from icalendar import Calendar
from sqlalchemy import select

from actions import events as rendering
from actions.adjusting import close, extend, waive
from actions.daily import Refreshed, refresh_day
from actions.feeds import (
    bind_feeds,
    feed_title,
    feed_url,
    join_feed,
    render_anew,
    render_waiting,
    revoke_feed,
    rotate_feed,
)
from actions.office import Office
from actions.people import absent
from actions.receiving import Receipt, submit
from actions.workdays import change_workdays
from calendars.feeds import etag
from calendars.options import FeedOptions
from calendars.working import WorkingCalendar
from plans.problems import UserError
from plans.words import words
from plans.workdays import Workday
from store.database import Database
from store.events import count_waiting
from store.feeds import find_feed, list_feeds
from store.marks import secret, trail
from store.schema import people
from tests.actions.province import ONCE, YEARLY, Town, act, everything, once, plan, yearly
from tests.actions.test_feed_touching import AN, CAMPAIGN, CHI, HEAD, OWN, TASKS, UNITS, Y_TE
from tests.conftest import load_text, local, make_office

assert YEARLY is not None
assert ONCE is not None
OCTOBER = local("2026-10-01 09:00")
CAMPAIGN_TITLE = "Việc dot"


def owner(town: Town, address: str, kind: str = "person") -> str:
    with town.office.database.read() as tx:
        return f"{kind}.{tx.scalar(select(people.c.id).where(people.c.address == address))}"


def said(town: Town, feed: str, until: str = "2027") -> list[tuple[str, str]]:
    """(day, title) of what a feed holds, by day; of days before `until`."""
    found = Calendar.from_ical(town.feed(feed)).walk("VEVENT")
    return sorted((d, str(e["SUMMARY"])) for e in found if (d := e["DTSTART"].dt.isoformat()) < until)


def one(town: Town, feed: str, title: str) -> dict[str, str]:
    """The only event of 2026 whose title ends so, that of a first day left out."""
    found = [e for e in Calendar.from_ical(town.feed(feed)).walk("VEVENT") if str(e["SUMMARY"]).endswith(title)]
    (e,) = [e for e in found if "Bắt đầu" not in str(e["SUMMARY"]) and e["DTSTART"].dt.year == 2026]
    return {name: str(e.get(name, "")) for name in ("UID", "SEQUENCE", "SUMMARY", "STATUS")}


def everything_joined(office: Office) -> dict[str, bytes]:
    with office.database.read() as tx:
        return {feed.owner: join_feed(tx, office, feed) for feed in list_feeds(tx)}


# -- which feed holds what --------------------------------------------------------------------------------------------


def test_each_kind_of_feed_holds_its_own(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    submit(town.office, act("2026-10-02 09:00"), YEARLY, Y_TE, Receipt(date(2026, 10, 2)))
    own, sent, report = ("2026-11-18", "Việc mot-lan"), ("2026-12-04", "[Đã gửi] Việc bao-cao-nam"), "Việc bao-cao-nam"
    start, helps = (
        ("2026-10-15", f"(Phối hợp) Bắt đầu: {CAMPAIGN_TITLE}"),
        ("2026-12-18", f"(Phối hợp) {CAMPAIGN_TITLE}"),
    )
    assert said(town, "so-y-te") == [start, own, sent, helps]
    # The task's own officer, instead of the unit's others; the head gets what heads get.
    assert said(town, owner(town, AN)) == [start, own, sent, helps]
    assert said(town, owner(town, HEAD)) == [start, own, sent, helps]
    begins, ends, due = (
        ("2026-10-15", f"Bắt đầu: {CAMPAIGN_TITLE}"),
        ("2026-12-18", CAMPAIGN_TITLE),
        ("2026-12-04", report),
    )
    assert said(town, "xa-a") == [begins, own, due, ends]
    # Two communes, of which the other helps in the campaign; each owes a report.
    assert said(town, owner(town, CHI)) == sorted([start, begins, own, due, due, ends, helps])
    assert said(town, "phuong-d") == said(town, owner(town, "vanthu@phuong-d.example")) == [due]
    counts = [
        ("2026-10-15", f"Bắt đầu: {CAMPAIGN_TITLE}"),
        ("2026-11-18", "[2/2 chưa gửi] Việc mot-lan"),
        ("2026-12-04", "[3/4 chưa gửi] Việc bao-cao-nam"),
        ("2026-12-18", CAMPAIGN_TITLE),
    ]
    assert said(town, "office.all") == said(town, "plan.ke-hoach") == counts
    assert said(town, "group.khoi-1") == [own, sent]
    assert [t for _, t in said(town, "group.khoi-2") if "nam" in t] == ["[2/2 chưa gửi] Việc bao-cao-nam"]
    assert [t for _, t in said(town, "branch.ubnd") if "nam" in t] == ["[2/3 chưa gửi] Việc bao-cao-nam"]
    assert [t for _, t in said(town, "branch.xa-a") if "nam" in t] == ["[2/2 chưa gửi] Việc bao-cao-nam"]
    assert [t for _, t in said(town, owner(town, "uva@hd.example", "overseer")) if "nam" in t] == [
        "[1/2 chưa gửi] Việc bao-cao-nam"
    ]
    assert ("2026-09-02", "[Ngày nghỉ] Quốc khánh") in said(town, "office.workdays")
    assert ("2026-08-22", "Đi làm bù (thứ Bảy)") in said(town, "office.workdays")


def test_task_with_officers_of_its_own_is_not_in_the_feeds_of_others(town: Town) -> None:
    more = UNITS.replace(
        "      - {name: Giám đốc Sở Y tế",
        "      - {name: Khác, email: khac@syt.example}\n      - {name: Giám đốc Sở Y tế",
    )
    load_text(town.office, OCTOBER, more, plan(OWN, yearly()))
    assert [t for _, t in said(town, owner(town, "khac@syt.example"))] == ["Việc bao-cao-nam"]
    assert [t for _, t in said(town, owner(town, AN))] == ["Việc mot-lan", "Việc bao-cao-nam"]


def test_absence_hands_no_calendar_to_a_deputy(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    before = everything_joined(town.office)
    absent(town.office, act("2026-10-02 09:00"), AN, date(2026, 10, 2), None, CHI)
    assert everything_joined(town.office) == before


def test_members_of_a_group_count_where_they_are_on_the_last_day(town: Town) -> None:
    heads = "  - {id: khoi-1, name: Khối 1, head: [{unit: xa-a, from: 01/01/2026, until: 30/11/2026}]}"
    load_text(town.office, OCTOBER, UNITS.replace("  - {id: khoi-1, name: Khối 1}", heads), plan(*TASKS))
    assert [t for _, t in said(town, "group.khoi-1")] == ["[2/2 chưa gửi] Việc mot-lan", "Việc bao-cao-nam"]


def test_options_and_names(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    with town.office.database.read() as tx:
        key = secret(tx)
        feeds = {feed.owner: feed for feed in list_feeds(tx)}
        lead = join_feed(tx, town.office, feeds["so-y-te"], FeedOptions(lead_only=True, todo=True, language="en"))
    assert b"coordinating" not in lead
    assert lead.count(b"BEGIN:VTODO") == len(Calendar.from_ical(lead).walk("VTODO")) > 0
    assert "Lịch nhắc hạn: Sở Y tế".encode() in lead, "a language that is not kept is the office's"
    names = {name: feed_title(feed, words("vi")) for name, feed in feeds.items()}
    assert names["so-y-te"] == "Lịch nhắc hạn: Sở Y tế"
    assert names[owner(town, AN)] == "Lịch nhắc hạn của Chuyên viên Sở Y tế"
    assert names["branch.ubnd"] == "Lịch theo dõi: UBND tỉnh và các đơn vị trực thuộc"
    assert names["plan.ke-hoach"] == "Lịch theo dõi: Kế hoạch ke-hoach"
    assert names["office.all"] == "Lịch theo dõi toàn bộ"
    files = {name: feed_url(town.office, key, feed).rpartition("/")[2] for name, feed in feeds.items()}
    assert files["so-y-te"] == "so-y-te.ics"
    assert files["office.workdays"] == "ngay-nghi-va-lam-bu.ics"
    assert len({url for feed in feeds.values() if (url := feed_url(town.office, key, feed))}) == len(feeds)


def test_second_language_is_kept_beside_the_first(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    refresh_day(town.office, OCTOBER)
    vietnamese = everything_joined(town.office)
    town.office = replace(town.office, other_languages=("en",))
    refresh_day(town.office, local("2026-10-01 10:00"))
    assert everything_joined(town.office) == vietnamese
    submit(town.office, act("2026-10-01 11:00"), YEARLY, Y_TE, Receipt(date(2026, 10, 1)))
    with town.office.database.read() as tx:
        feed = find_feed(tx, "so-y-te")
        assert feed is not None
        english = join_feed(tx, town.office, feed, FeedOptions(language="en"))
    found = {str(e["UID"]): e for e in Calendar.from_ical(english).walk("VEVENT")}
    here = {str(e["UID"]): e for e in Calendar.from_ical(town.feed()).walk("VEVENT")}
    assert found.keys() == here.keys()
    assert {u: e["SEQUENCE"] for u, e in found.items()} == {u: e["SEQUENCE"] for u, e in here.items()}
    assert "[Sent] Việc bao-cao-nam" in {str(e["SUMMARY"]) for e in found.values()}
    town.office = replace(town.office, other_languages=())
    refresh_day(town.office, local("2026-10-01 12:00"))
    assert town.feed() == Calendar.from_ical(town.feed()).to_ical() or b"SUMMARY:[Sent]" not in town.feed()


# -- what is withdrawn ------------------------------------------------------------------------------------------------


def test_waived_is_crossed_out_for_thirty_days(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    refresh_day(town.office, OCTOBER)
    before = one(town, "xa-b", "Việc bao-cao-nam")
    waive(town.office, act("2026-10-02 09:00", "vì"), YEARLY, ["xa-b"])
    crossed = {**before, "SEQUENCE": "1", "SUMMARY": "[Không phải thực hiện] Việc bao-cao-nam", "STATUS": "CANCELLED"}
    assert one(town, "xa-b", "Việc bao-cao-nam") == crossed
    refresh_day(town.office, local("2026-10-31 00:05"))
    assert one(town, "xa-b", "Việc bao-cao-nam") == crossed
    refresh_day(town.office, local("2026-11-01 00:05"))
    assert [t for _, t in said(town, "xa-b") if "nam" in t] == []


@pytest.mark.parametrize("gone_for", ["2026-10-09 09:00", "2026-12-01 09:00"])
def test_what_comes_back_goes_on_counting(town: Town, gone_for: str) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    refresh_day(town.office, OCTOBER)
    feeds = [("xa-a", "Việc dot"), ("so-y-te", "(Phối hợp) Việc dot"), ("office.all", "Việc dot")]
    before = [one(town, feed, title) for feed, title in feeds]
    fewer = plan(TASKS[0], OWN, TASKS[3])
    load_text(town.office, local("2026-10-02 09:00"), UNITS, fewer)
    crossed = [one(town, feed, "Việc dot") for feed, _ in feeds]
    assert [c["STATUS"] for c in crossed] == ["CANCELLED"] * 3
    assert [c["UID"] for c in crossed] == [b["UID"] for b in before]
    refresh_day(town.office, local(gone_for))
    load_text(town.office, local(gone_for), UNITS, plan(*TASKS))
    after = [one(town, feed, "Việc dot") for feed, _ in feeds]
    assert [a["UID"] for a in after] == [b["UID"] for b in before]
    assert [a["STATUS"] for a in after] == [""] * 3
    assert all(int(a["SEQUENCE"]) > int(c["SEQUENCE"]) for a, c in zip(after, crossed, strict=True))


def test_unit_that_helps_no_more_keeps_a_crossed_out_copy_and_others_do_not(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    refresh_day(town.office, OCTOBER)
    before = one(town, "xa-b", "(Phối hợp) Việc dot")
    others = town.feed("so-y-te")
    narrower = plan(*TASKS[:2], CAMPAIGN.replace("so-y-te, xa-b", "so-y-te"), TASKS[3])
    load_text(town.office, local("2026-10-02 09:00"), UNITS, narrower)
    crossed = one(town, "xa-b", "(Phối hợp) [Đã hủy] Việc dot")
    assert (crossed["UID"], crossed["SEQUENCE"], crossed["STATUS"]) == (before["UID"], "1", "CANCELLED")
    assert one(town, owner(town, CHI), "(Phối hợp) [Đã hủy] Việc dot") == crossed
    assert town.feed("so-y-te") == others
    load_text(town.office, local("2026-10-03 09:00"), UNITS, plan(*TASKS))
    again = one(town, "xa-b", "(Phối hợp) Việc dot")
    assert again == {**before, "SEQUENCE": "2"}
    load_text(town.office, local("2026-10-05 09:00"), UNITS, narrower)
    assert one(town, "xa-b", "[Đã hủy] Việc dot")["SEQUENCE"] == "3"
    refresh_day(town.office, local("2026-11-04 00:05"))
    assert [t for _, t in said(town, "xa-b") if "Việc dot" in t] == []


def test_day_that_is_worked_again_is_crossed_out(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    day = date(2026, 12, 4)
    change_workdays(town.office, act("2026-10-02 09:00"), [Workday(day, False, "nghỉ bù")])
    assert one(town, "office.workdays", "nghỉ bù")["SUMMARY"] == "[Ngày nghỉ] nghỉ bù"
    change_workdays(town.office, act("2026-10-03 09:00"), (), [day])
    assert one(town, "office.workdays", "nghỉ bù")["STATUS"] == "CANCELLED"
    change_workdays(town.office, act("2026-10-04 09:00"), [Workday(day, False, "nghỉ bù")])
    again = one(town, "office.workdays", "nghỉ bù")
    assert (again["STATUS"], again["SEQUENCE"]) == ("", "2")


def test_long_overdue_stays_until_it_is_done(sqlite_town: Town) -> None:
    load_text(sqlite_town.office, OCTOBER, UNITS, plan(once("{by: 04/11/2026}", "[so-y-te]")))
    refresh_day(sqlite_town.office, local("2030-01-07 00:05"))
    for feed in ("so-y-te", owner(sqlite_town, HEAD), "group.khoi-1", "office.all", "plan.ke-hoach"):
        assert [t for _, t in said(sqlite_town, feed)] == ["[Quá hạn] Việc mot-lan"], feed
    submit(sqlite_town.office, act("2030-01-07 09:00"), ONCE, Y_TE, Receipt(date(2030, 1, 7)))
    assert said(sqlite_town, "so-y-te") == said(sqlite_town, "office.all") == []


def test_extended_campaign_moves_its_end_and_not_its_start(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    key = YEARLY.parse("ke-hoach/dot/once")
    assert key is not None
    extend(town.office, act("2026-10-02 09:00"), key, ["xa-a"], date(2026, 12, 31))
    found = [(d, t) for d, t in said(town, "xa-a") if CAMPAIGN_TITLE in t]
    assert found == [("2026-10-15", f"Bắt đầu: {CAMPAIGN_TITLE}"), ("2026-12-31", CAMPAIGN_TITLE)]


def test_closed_deadline_says_what_never_came(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(OWN))
    submit(town.office, act("2026-11-02 09:00"), ONCE, ["xa-a"], Receipt(date(2026, 11, 2)))
    close(town.office, act("2026-11-30 09:00"), "ke-hoach", "once")
    assert [t for _, t in said(town, "office.all")] == ["[1/2 không gửi] Việc mot-lan"]


# -- bytes once -------------------------------------------------------------------------------------------------------


def test_same_acts_give_the_same_bytes_on_both_engines_and_after_a_restart(
    new_database: Callable[[str], Database], calendar: WorkingCalendar
) -> None:
    found = []
    for engine in ("sqlite", "postgresql"):
        database = new_database(engine)
        office = make_office(database, calendar)
        with database.write() as tx:
            secret(tx)
        load_text(office, OCTOBER, UNITS, plan(*TASKS))
        refresh_day(office, local("2026-10-02 00:05"))
        submit(office, act("2026-10-02 09:00"), YEARLY, Y_TE, Receipt(date(2026, 10, 2)))
        waive(office, act("2026-10-02 10:00", "vì"), YEARLY, ["xa-b"])
        joined = everything_joined(office)
        restarted = make_office(Database(database.url.render_as_string(hide_password=False)), calendar)
        assert everything_joined(restarted) == joined
        restarted.database.close()
        assert render_anew(office, local("2026-10-02 11:00")) > 0
        assert everything_joined(office) == joined, "what says the same stays as it is"
        found.append(joined)
    assert found[0] == found[1]


def test_much_waits_and_is_rendered_afterwards_to_the_same(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    expected = everything_joined(town.office)
    monkeypatch.setattr(rendering, "MOST", 3)
    submit(
        town.office, act("2026-10-02 09:00"), YEARLY, [*Y_TE, "xa-a", "xa-b", "phuong-d"], Receipt(date(2026, 10, 2))
    )
    assert everything_joined(town.office) == expected, "nothing is rendered yet"
    seen: list[tuple[int, int]] = []
    assert render_waiting(town.office, local("2026-10-02 10:00"), lambda done, of: seen.append((done, of))) == 6
    assert seen == [(4, 6), (5, 6), (6, 6)]
    assert ("2026-12-04", "[Đã gửi] Việc bao-cao-nam") in said(town, "xa-b")
    assert [t for _, t in said(town, "office.all") if "nam" in t] == ["[Đã đủ 4/4] Việc bao-cao-nam"]
    assert render_waiting(town.office, local("2026-10-02 11:00")) == 0
    # A load of what is new.
    load_text(town.office, local("2026-10-02 12:00"), UNITS, plan(*TASKS, slug="hai"))
    with town.office.database.read() as tx:
        assert count_waiting(tx) > 0
    assert render_waiting(town.office, local("2026-10-02 13:00"), stopped=lambda: True) == 0
    render_waiting(town.office, local("2026-10-02 13:00"))
    assert sum("Việc mot-lan" in t for _, t in said(town, "so-y-te")) == 2


def test_new_address_of_the_pages_renders_every_link_anew_under_its_uid(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    refresh_day(town.office, OCTOBER)
    before = one(town, "xa-a", "Việc bao-cao-nam")
    town.office = replace(town.office, base_url="https://nhachan.tinh.example")
    assert refresh_day(town.office, local("2026-10-01 10:00")).events > 0
    assert refresh_day(town.office, local("2026-10-01 11:00")) == Refreshed()
    assert one(town, "xa-a", "Việc bao-cao-nam") == {**before, "SEQUENCE": "1"}
    assert b"127.0.0.1" not in town.feed("xa-a")


def test_bound_feeds_carry_the_tag_of_their_bytes(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    before = everything(town.office.database, ["feeds"])
    seen: list[tuple[int, int]] = []
    count = bind_feeds(town.office, lambda done, of: seen.append((done, of)))
    assert seen == [(count, count)]
    with town.office.database.read() as tx:
        feeds = list_feeds(tx)
        assert [feed.etag for feed in feeds] == [etag(join_feed(tx, town.office, feed)) for feed in feeds]
    assert len(feeds) == count
    assert bind_feeds(town.office) == 0
    assert everything(town.office.database, ["feeds"]) == before
    submit(town.office, act("2026-10-02 09:00"), YEARLY, Y_TE, Receipt(date(2026, 10, 2)))
    assert bind_feeds(town.office, stopped=lambda: True) == 0
    assert 0 < bind_feeds(town.office) < count
    with town.office.database.read() as tx:
        changed = {f.owner for f in list_feeds(tx) if f.modified == local("2026-10-02 09:00")}
    assert changed >= {"so-y-te", "group.khoi-1", "branch.ubnd", "office.all", "plan.ke-hoach"}
    assert changed.isdisjoint({"xa-a", "xa-b", "group.khoi-2", "office.workdays"})


def test_rotating_and_revoking_are_in_the_trail(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, plan(*TASKS))
    assert rotate_feed(town.office, act("2026-10-02 09:00"), "xa-a").version == 2
    assert revoke_feed(town.office, act("2026-10-02 09:00"), "xa-a").revoked
    assert revoke_feed(town.office, act("2026-10-02 09:00"), "xa-a").revoked
    with town.office.database.read() as tx:
        assert [e.action for e in trail(tx, "feeds/xa-a")] == ["revoke_feed", "rotate_feed"]
    for change in (rotate_feed, revoke_feed):
        with pytest.raises(UserError, match=r"feed\.unknown"):
            change(town.office, act("2026-10-02 09:00"), "xa-la")
