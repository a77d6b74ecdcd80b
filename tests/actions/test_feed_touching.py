"""Whatever changes a feed's bytes touches it, and whatever changes what an event would say renders it: act by act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest
from icalendar import Calendar

from actions.adjusting import close, extend, reopen, waive
from actions.daily import refresh_day
from actions.ending import succeed
from actions.events import render_all, render_some
from actions.feeds import join_feed, revoke_feed, rotate_feed
from actions.happening import set_event
from actions.office import Office
from actions.people import absent, hand_over
from actions.receiving import Receipt, accept, send_back, submit
from actions.workdays import change_workdays
from plans.workdays import Workday
from store.events import next_waiting
from store.feeds import list_feeds
from tests.actions.province import AN, ONCE, YEARLY, Town, act, once, plan, task, yearly
from tests.conftest import load_text, local

assert YEARLY is not None
assert ONCE is not None

UNITS = """
units:
  - {id: ubnd, name: UBND tỉnh, kind: uy-ban, mailbox: vanthu@ubnd.example}
  - id: so-noi-vu
    name: Sở Nội vụ
    kind: so
    parent: ubnd
    officers:
      - {name: Chuyên viên Ban TĐKT, email: tdkt@snv.example}
      - {name: Giám đốc Sở Nội vụ, role: head, email: giamdoc@snv.example}
  - id: so-y-te
    name: Sở Y tế
    kind: so
    parent: ubnd
    groups: [khoi-1]
    officers:
      - {name: Chuyên viên Sở Y tế, email: an@syt.example}
      - {name: Giám đốc Sở Y tế, role: head, email: giamdoc@syt.example}
  - id: xa-a
    name: Xã A
    kind: xa
    parent: ubnd
    groups: [khoi-2]
    officers: [{name: Văn thư hai xã, role: clerk, email: chi@xa.example}]
  - id: xa-b
    name: Xã B
    kind: xa
    parent: xa-a
    groups: [khoi-2]
    officers: [{name: Văn thư hai xã, role: clerk, email: chi@xa.example}]
  - {id: phuong-d, name: Phường D, kind: phuong, mailbox: vanthu@phuong-d.example}
groups:
  - {id: khoi-1, name: Khối 1}
  - {id: khoi-2, name: Khối 2}
overseers:
  - {name: Ủy viên A, email: uva@hd.example, units: [so-y-te, xa-a]}
  - {name: Ủy viên B, email: uvb@hd.example, units: [xa-b]}
audiences:
  - {id: moi-don-vi, name: Các đơn vị, units: [so-y-te, xa-a, xa-b, phuong-d]}
"""
CAMPAIGN = task("dot", "{from: 15/10/2026, to: 20/12/2026}", "[xa-a]", kind="work", with_="[so-y-te, xa-b]")
AFTER = task("sau-dai-hoi", "{after: {event: dai-hoi, name: Đại hội, days: 10}}", "[so-y-te]")
OWN = once("{by: 18/11/2026}", "[so-y-te, xa-a]", officers="[an@syt.example]")
TASKS = (yearly("[moi-don-vi]"), OWN, CAMPAIGN, AFTER)
Y_TE, XA_A = ["so-y-te"], ["xa-a"]
CHI, HEAD = "chi@xa.example", "giamdoc@syt.example"


@dataclass
class Seen:
    """Every feed as it was: its bytes and its revision."""

    town: Town
    feeds: dict[str, tuple[bytes, int]] = field(default_factory=dict)

    def look(self) -> set[str]:
        """The feeds whose bytes have changed since the last look; each of them must have been touched."""
        with self.town.office.database.read() as tx:
            found = {f.owner: (join_feed(tx, self.town.office, f), f.revision) for f in list_feeds(tx)}
        before, self.feeds = self.feeds, found
        changed = {owner for owner, (body, _) in found.items() if owner in before and body != before[owner][0]}
        untouched = {owner for owner in changed if found[owner][1] == before[owner][1]}
        assert untouched == set(), "changed, and not touched"
        assert before.keys() <= found.keys()
        return changed

    def check_rendered(self, at: str) -> None:
        """Nothing would be said otherwise if all were rendered anew; of the calendars, nothing changes."""
        office = self.town.office
        with office.database.trial() as tx:
            render_all(tx, office, local(at))
            while some := next_waiting(tx, 1000):
                assert render_some(tx, office, local(at), some) == 0, some
            again = {f.owner: join_feed(tx, office, f) for f in list_feeds(tx)}
        assert again == {owner: body for owner, (body, _) in self.feeds.items()}


def _kind(owner: str) -> str:
    return owner if owner.startswith("office.") else owner.partition(".")[0] if "." in owner else "unit"


MUCH = {"unit", "person", "branch", "group", "overseer", "plan", "office.all"}
NAMED = {"unit", "person", "plan", "office.all"}  # which name units
Does = Callable[[Office, str], object]


def _load(*tasks: str, units: str = UNITS, **more: str) -> Does:
    return lambda office, at: load_text(office, local(at), units, plan(*tasks, **more))


def _refresh(office: Office, at: str) -> object:
    return refresh_day(office, local(at))


def _declare(office: Office, at: str) -> object:
    return submit(office, act(at), YEARLY, Y_TE, Receipt(date(2026, 10, 2)), by_unit=True)


def _units(old: str, new: str, *more: tuple[str, str]) -> Does:
    units = UNITS
    for before, after in ((old, new), *more):
        assert before in units
        units = units.replace(before, after)
    return _load(*TASKS, units=units)


OTHERWISE = (yearly("[moi-don-vi]", title="Báo cáo khác"), OWN, CAMPAIGN, AFTER)
FEWER_HELP = (TASKS[0], OWN, CAMPAIGN.replace("so-y-te, xa-b", "so-y-te"), AFTER)
OTHER_OFFICERS = (TASKS[0], OWN.replace("an@syt.example", HEAD), CAMPAIGN, AFTER)
OFF = date(2026, 12, 4)
DAYS = MUCH | {"office.workdays"}
STEPS: list[tuple[str, str, Does, set[str]]] = [
    # at, what, how, kinds of feeds whose bytes change
    ("2026-10-02 08:00", "a day", _refresh, set()),
    ("2026-10-02 09:00", "declared", _declare, MUCH),
    (
        "2026-10-02 10:00",
        "returned",
        lambda o, at: send_back(o, act(at, "?"), YEARLY, Y_TE, date(2026, 11, 2)),
        MUCH,
    ),
    ("2026-10-02 11:00", "extended", lambda o, at: extend(o, act(at), YEARLY, XA_A, date(2026, 12, 18)), MUCH),
    ("2026-10-02 12:00", "sent again", _declare, MUCH),
    ("2026-10-02 13:00", "accepted", lambda o, at: accept(o, act(at), YEARLY, Y_TE), MUCH),
    ("2026-10-02 14:00", "waived", lambda o, at: waive(o, act(at, "vì"), YEARLY, ["xa-b"]), MUCH),
    ("2026-10-05 08:00", "event", lambda o, at: set_event(o, act(at), "dai-hoi", date(2026, 11, 3)), MUCH),
    ("2026-10-05 09:00", "same again", _load(*TASKS), set()),
    ("2026-10-05 10:00", "another title", _load(*OTHERWISE), MUCH),
    ("2026-10-05 11:00", "another number", _load(*OTHERWISE, number="12/KH"), MUCH),
    ("2026-10-05 12:00", "helps no more", _load(*FEWER_HELP), MUCH),
    ("2026-10-05 13:00", "helps again", _load(*TASKS), {"unit", "person"}),
    ("2026-10-05 14:00", "task removed", _load(TASKS[0], OWN, AFTER), MUCH),
    ("2026-10-05 14:30", "its number", _load(TASKS[0], OWN, AFTER, number="13/KH"), MUCH),
    ("2026-10-05 15:00", "task back", _load(*TASKS), MUCH),
    ("2026-10-05 16:00", "officers of a task", _load(*OTHER_OFFICERS), {"person"}),
    ("2026-10-06 08:00", "unit renamed", _units("name: Sở Y tế\n", "name: Sở Y tế mới\n"), NAMED),
    ("2026-10-06 09:00", "person renamed", _units("Chuyên viên Sở Y tế", "Chuyên viên khác"), NAMED),
    ("2026-10-06 10:00", "group renamed", _units("name: Khối 1", "name: Khối một"), {"group", "person"}),
    ("2026-10-06 11:00", "another group", _units("groups: [khoi-1]", "groups: [khoi-2]"), {"group"}),
    ("2026-10-06 12:00", "another overseer", _units("[xa-b]}", "[xa-b, phuong-d]}"), {"group", "overseer"}),
    (
        "2026-10-06 13:00",
        "another parent",
        _units("parent: xa-a", "parent: ubnd", ("id: phuong-d,", "id: phuong-d, parent: ubnd,")),
        {"branch", "overseer"},
    ),
    ("2026-10-06 14:00", "as before", _load(*TASKS), {"branch"}),
    ("2026-10-06 15:00", "handed over", lambda o, at: hand_over(o, act(at), CHI, "dao@xa.example"), {"person"}),
    ("2026-10-06 16:00", "absent", lambda o, at: absent(o, act(at), HEAD, date(2026, 10, 6), None, AN), set()),
    ("2026-10-07 08:00", "day off", lambda o, at: change_workdays(o, act(at), [Workday(OFF, False, "nghỉ")]), DAYS),
    ("2026-10-07 09:00", "worked again", lambda o, at: change_workdays(o, act(at), (), [OFF]), DAYS),
    ("2026-10-15 08:00", "another day", _refresh, {"office.workdays"}),
    ("2026-11-05 08:00", "crossed out long ago", _refresh, {"unit", "person", "group", "overseer"}),
    ("2026-11-11 08:00", "due soon", _refresh, MUCH),
    ("2026-11-19 08:00", "overdue", _refresh, MUCH),
    ("2026-11-19 09:00", "closed", lambda o, at: close(o, act(at), "ke-hoach", "once"), MUCH),
    ("2026-11-19 10:00", "reopened", lambda o, at: reopen(o, act(at, "sót"), "ke-hoach", "once"), MUCH),
    ("2026-11-20 08:00", "merged", lambda o, at: succeed(o, act(at), "xa-b", XA_A, date(2026, 11, 20)), {"unit"}),
    (
        "2026-11-21 08:00",
        "taken over",
        lambda o, at: succeed(o, act(at), "phuong-d", XA_A, date(2026, 11, 21)),
        {"unit"},
    ),
    ("2026-11-23 08:00", "next day", _refresh, {"unit"}),
    ("2027-06-07 08:00", "far ahead", _refresh, MUCH),
    ("2026-11-23 08:00", "clock set back", _refresh, MUCH),
    ("2029-01-08 08:00", "two years later", _refresh, MUCH),
    ("2029-01-08 09:00", "rotated", lambda o, at: rotate_feed(o, act(at), "xa-a"), set()),
    ("2029-01-08 10:00", "revoked", lambda o, at: revoke_feed(o, act(at), "xa-a"), set()),
]


@pytest.fixture
def walked(town: Town) -> Seen:
    load_text(town.office, local("2026-10-01 09:00"), UNITS, plan(*TASKS))
    return Seen(town)


def test_whatever_changes_a_feed_touches_it(walked: Seen) -> None:
    refresh_day(walked.town.office, local("2026-10-01 10:00"))
    walked.look()
    surprises = []
    for number, (at, what, how, kinds) in enumerate(STEPS):
        how(walked.town.office, at)
        changed = walked.look()
        if not kinds <= {_kind(owner) for owner in changed} or (not kinds and changed):
            surprises.append((what, sorted(changed)))
        if number % 6 == 5 or what == STEPS[-1][1]:
            walked.check_rendered(at)
    assert not surprises, "\n".join(map(str, surprises))


def test_what_passed_to_a_unit_elsewhere_is_counted_there_alone(sqlite_town: Town) -> None:
    load_text(sqlite_town.office, local("2026-10-01 09:00"), UNITS, plan(OWN, CAMPAIGN))
    refresh_day(sqlite_town.office, local("2026-10-01 10:00"))
    seen = Seen(sqlite_town)
    seen.look()
    succeed(sqlite_town.office, act("2026-10-08 08:00"), "xa-a", ["phuong-d"], date(2026, 10, 8))
    assert {"group.khoi-2", "branch.xa-a", "branch.ubnd"} <= seen.look()
    seen.check_rendered("2026-10-08 08:00")


def test_person_whose_units_stopped_helping_one_after_the_other_sees_it_crossed_out_once(town: Town) -> None:
    def helped_by(units: str) -> str:
        return task("dot", "{from: 15/10/2026, to: 20/12/2026}", "[phuong-d]", kind="work", with_=units)

    seen = Seen(town)
    for at, units in (("08:00", "[xa-a, xa-b]"), ("09:00", "[xa-a]"), ("10:00", "[so-y-te]")):
        load_text(town.office, local(f"2026-10-08 {at}"), UNITS, plan(helped_by(units)))
    refresh_day(town.office, local("2026-10-08 11:00"))
    seen.look()
    shown = [Calendar.from_ical(body).walk("VEVENT") for owner, (body, _) in seen.feeds.items() if "person" in owner]
    both = [events for events in shown if any(e.get("STATUS") == "CANCELLED" for e in events)]
    assert [len(events) for events in both] == [2], "the campaign and its first day"
    assert {e["LAST-MODIFIED"].dt for e in both[0]} == {local("2026-10-08 10:00")}
