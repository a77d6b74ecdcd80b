"""Everything at random: what people do, what mail servers answer, crashes, downtime; the promises hold throughout."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from actions.adjusting import close, extend, reopen, waive
from actions.daily import refresh_day
from actions.feeds import join_feed
from actions.loading import load
from actions.office import Act, Office
from actions.people import absent, back, hand_over
from actions.queueing import queue_due
from actions.receiving import Receipt, accept, send_back, submit
from actions.workdays import change_workdays
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from notifications.claiming import claim_batch
from notifications.desk import Desk
from notifications.outlets import Letter, Outcome
from notifications.recording import record
from plans.announcements import news_of
from plans.files.documents import Documents, read_documents
from plans.obligations import Obligation
from plans.people import addressees
from plans.problems import UserError
from plans.status import OPEN_STATES, State
from plans.workdays import Workday
from store.absences import read_absences
from store.database import Database
from store.feeds import list_feeds
from store.marks import read_mark
from store.moments import moments_between
from store.obligations import judged_by, of_plan
from store.people import unreachable_addresses
from store.results import release
from store.schema import deadlines, dues, extensions, messages, obligations, people, reminders
from store.units import read_roster
from tests.actions.province import UNITS, once, plan, task, yearly
from tests.conftest import local, make_desk, make_office

START = local("2026-11-02 09:00")
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
ABROAD = ZoneInfo("Europe/Berlin")  # where summer time ended on 25/10/2026
FEW = UNITS.replace("kinds: [so, xa, phuong]", "units: [so-y-te, xa-a, xa-b, phuong-d]")
QUARTER = task("viec-quy", "{within: {quarter: 4, year: 2026}}", "[so-y-te, xa-a]", kind="work", with_="[xa-b]")
THURSDAY = once("{before: 19/11/2026}", "[moi-don-vi]")  # late from Friday on, so that T+1wd is that Friday's
PLANS = {
    "plain": plan(yearly("[moi-don-vi]"), THURSDAY, QUARTER),
    "another title": plan(yearly("[moi-don-vi]", title="Báo cáo khác"), THURSDAY, QUARTER),
    "later": plan(yearly("[moi-don-vi]", "{yearly: {by: 18/12}}"), once("{by: 25/11/2026}", "[moi-don-vi]"), QUARTER),
    "fewer": plan(yearly("[moi-don-vi]"), QUARTER),
    "narrower": plan(yearly("[so-y-te, xa-a]"), once("{before: 19/11/2026}", "[xa-a, xa-b]"), QUARTER),
}
ROSTERS = {
    "plain": FEW,
    "another officer": FEW.replace("an@syt.example", "moi@syt.example"),
    "another clerk": FEW.replace("chi@xa.example", "dao@xa.example"),
    "xã B merges": FEW.replace("id: xa-b,", "id: xa-b, until: 20/11/2026, successors: [xa-a],").replace(
        "id: xa-b\n", "id: xa-b\n    until: 20/11/2026\n    successors: [xa-a]\n"
    ),
    "xã A is split": FEW.replace("id: xa-a\n", "id: xa-a\n    until: 30/11/2026\n    successors: [xa-c, phuong-d]\n"),
    "phường D passes on": FEW.replace("id: phuong-d,", "id: phuong-d, until: 03/12/2026, successors: [xa-c],"),
}
PEOPLE = ("an@syt.example", "chi@xa.example", "moi@syt.example", "giamdoc@syt.example", "vanthu@phuong-d.example")
ENDED = ("sent", "failed", "unknown", "superseded")
Key = tuple[int, date, str, int]  # obligation, last day, stage, person: the ledger's


@cache
def read(roster: str, variant: str) -> Documents:
    return read_documents([("units.yaml", ROSTERS[roster].encode()), ("plan.yaml", PLANS[variant].encode())])


class CrashError(Exception):
    """The process died with letters in hand."""


@dataclass(frozen=True)
class Arrived:
    """A letter that reached the mail server, whether or not its sender came to know."""

    letter: Letter
    told: frozenset[Key]
    kind: str


class Province(RuleBasedStateMachine):
    """Four units, three tasks; time goes on from stage to stage, by hours, and in leaps of up to forty days."""

    template: ClassVar[Path]
    folder: ClassVar[Path]
    database: ClassVar[Database]  # one engine for all examples: most of the time would go into compiling its queries

    zone: ClassVar[ZoneInfo] = VIETNAM
    start: ClassVar[datetime] = START

    def __init__(self) -> None:
        super().__init__()
        for left in self.folder.glob("store.db*"):
            left.unlink()
        shutil.copyfile(self.template, self.folder / "store.db")
        self.now = self.latest = self.start
        self.mood: str = "sent"  # what the mail server answers until further notice
        self.arrived: list[Arrived] = []
        self.written: dict[str, frozenset[Key]] = {}  # Message-ID → what its bytes say
        self.known: set[Key] = set()
        calendar = WorkingCalendar(shipped_workdays())  # of this example alone: what it changes stays in it
        self.office: Office = replace(make_office(self.database, calendar), zone=self.zone)
        self.desk: Desk = make_desk(self.office, self.folder / "mail")
        self.looks = 0
        self.joined: dict[str, tuple[bytes, int]] = {}  # feed → its bytes and its revision, as they were
        self.given: dict[int, tuple[date, ...]] = {}  # obligation → the stated dates granted to it, in their order

    def teardown(self) -> None:
        self.database.close()

    # -- what people do -----------------------------------------------------------------------------------------------

    @initialize()
    def first_load(self) -> None:
        self.load("plain", "plain")

    @rule(variant=st.sampled_from(sorted(PLANS)), roster=st.sampled_from(sorted(ROSTERS)))
    def load(self, variant: str, roster: str) -> None:
        documents = read(roster, variant)
        try:
            load(self.office, self._act(), documents.rosters, documents.plans)
        except UserError as error:  # the file would undo a hand-over: that takes a second word
            if not all(p.code == "load.handed_over" for p in error.problems):
                raise
            load(self.office, self._act(), documents.rosters, documents.plans, replace_newer=True)

    @rule(data=st.data(), by_unit=st.booleans(), days_ago=st.integers(0, 3))
    def submit(self, data: st.DataObject, by_unit: bool, days_ago: int) -> None:
        o = self._some(data)
        received = self.office.today(self.now) - timedelta(days=days_ago)
        if o.state is State.MISSING and not by_unit:
            with pytest.raises(UserError, match=r"submit\.closed"):
                submit(self.office, self._act(), o.key, [o.unit], Receipt(received))
            return
        submit(self.office, self._act(), o.key, [o.unit], Receipt(received), by_unit=by_unit)

    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        o = self._some(data)
        accept(self.office, self._act(), o.key, [o.unit])

    @rule(data=st.data(), days=st.integers(0, 10), void=st.booleans())
    def send_back(self, data: st.DataObject, days: int, void: bool) -> None:
        o = self._some(data)
        until = self.office.today(self.now) + timedelta(days=days)
        send_back(self.office, self._act(), o.key, [o.unit], until, void=void)

    @rule(data=st.data(), days=st.integers(1, 20))
    def extend(self, data: st.DataObject, days: int) -> None:
        o = self._some(data)
        later = max(o.dates.stated, self.office.today(self.now)) + timedelta(days=days)
        for change in extend(self.office, self._act(), o.key, [o.unit], later):
            if not change.skipped:
                self.given[o.id] = (*self.given.get(o.id, ()), later)

    @rule(data=st.data())
    def waive(self, data: st.DataObject) -> None:
        o = self._some(data)
        waive(self.office, self._act(), o.key, [o.unit])

    @rule(period=st.sampled_from(["2026", "once", "2026-Q4"]))
    def close(self, period: str) -> None:
        close(self.office, self._act(), "ke-hoach", period)

    @rule(period=st.sampled_from([None, "2026", "once", "2026-Q4"]))
    def reopen(self, period: str | None) -> None:
        with suppress(UserError):  # nothing is closed
            reopen(self.office, self._act(), "ke-hoach", period)

    @rule(data=st.data(), days=st.integers(-2, 30), kind=st.sampled_from(["off", "work", "clear"]))
    def workday_changes(self, data: st.DataObject, days: int, kind: str) -> None:
        """Rather a day on which something is to be done."""
        pressing = sorted({o.dates.act_by for o in self._all() if o.state in OPEN_STATES and o.tracked})
        some = [self.office.today(self.now) + timedelta(days=days), *pressing]
        day = data.draw(st.sampled_from(some), label="day")
        with suppress(UserError):  # it is so already
            rows = [] if kind == "clear" else [Workday(day, working=kind == "work", name="theo thông báo")]
            change_workdays(self.office, self._act(), rows, [day] if kind == "clear" else [])

    @rule(
        who=st.sampled_from(PEOPLE),
        deputy=st.sampled_from([None, *PEOPLE]),
        begins=st.integers(0, 9),
        span=st.integers(0, 30),
    )
    def absent(self, who: str, deputy: str | None, begins: int, span: int) -> None:
        first = self.office.today(self.now) + timedelta(days=begins)
        with suppress(UserError):  # not on file, or away already
            absent(self.office, self._act(), who, first, first + timedelta(days=span), deputy)

    @rule(who=st.sampled_from(PEOPLE))
    def back(self, who: str) -> None:
        with suppress(UserError):
            back(self.office, self._act(), who)

    @rule(old=st.sampled_from(PEOPLE), new=st.sampled_from([*PEOPLE, "khac@syt.example"]))
    def hand_over(self, old: str, new: str) -> None:
        with suppress(UserError):  # the same person, or without a post
            hand_over(self.office, self._act(), old, new)

    def _some(self, data: st.DataObject) -> Obligation:
        """Rather one that is in a mail on its way."""
        on_its_way = select(reminders.c.obligation_id).where(reminders.c.state.in_(("waiting", "queued")))
        with self.database.read() as tx:
            numbers = set(tx.scalars(on_its_way))
        found = [o for o in self._all() if o.tracked and o.dates.stated < date(2027, 6, 1)]
        pressing = [o for o in found if o.id in numbers]
        return data.draw(st.sampled_from(pressing * 5 + found), label="obligation")

    def _all(self) -> list[Obligation]:
        with self.database.read() as tx:
            return of_plan(tx, "ke-hoach")

    def _act(self) -> Act:
        return Act("tester", self.now, "vì")

    # -- time and mail ------------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 3, 24, 72]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(days=st.integers(4, 40))
    def downtime(self, days: int) -> None:
        self.now = self.office.next_working_moment(self.now + timedelta(days=days))

    @rule(hours=st.sampled_from([1, 30]))
    def clock_is_set_back(self, hours: int) -> None:
        self.latest = max(self.latest, self.now)
        self.now -= timedelta(hours=hours)

    @rule()
    def a_month_forwards(self) -> None:
        self.now += timedelta(days=31)

    @rule(stages=st.integers(1, 4))
    def next_stage(self, stages: int) -> None:
        """On to a moment at which something comes due: it is queued, and people may be faster than the mail."""
        with self.database.read() as tx:
            coming = moments_between(tx, self.now, self.now + timedelta(days=60))
        if coming:
            self.now = coming[:stages][-1]
        self._queue()

    @rule(stages=st.integers(1, 2))
    def next_stage_and_mail(self, stages: int) -> None:
        self.next_stage(stages)
        self._deliver(self.mood)

    @rule(mood=st.sampled_from(["sent", "deferred", "unknown", "down", "refused"]))
    def mail_server_changes(self, mood: str) -> None:
        self.mood = mood

    @rule()
    def deliver(self) -> None:
        self._deliver(self.mood)

    @rule(mood=st.sampled_from(["sent", "deferred", "unknown", "down"]))
    def tick(self, mood: str) -> None:
        self._queue()
        self._deliver(mood)

    @rule(arrives=st.booleans())
    def crash(self, arrives: bool) -> None:
        """With a letter in hand: the server has it, or not, and nobody knows."""
        self._queue()
        with suppress(CrashError):
            self._deliver("crash after" if arrives else "crash before")
        self.database.close()

    @rule()
    def catch_up(self) -> None:
        """The next opening, with a mail server that works: one mail for each person, and nothing is left over."""
        self.now = self.office.next_working_moment(max(self.now, self.latest) + timedelta(hours=1))
        self.mood = "sent"
        m = messages.c
        with self.database.read() as tx:
            in_doubt = set(tx.scalars(select(m.message_ref).where(m.uncertain | (m.state == "sending"))))
        before = len(self.arrived)
        self.tick("sent")
        new = [a for a in self.arrived[before:] if a.letter.message_id not in in_doubt]
        told = Counter((a.letter.recipient, "digest" if a.kind == "urgent" else a.kind) for a in new)
        assert set(told.values()) <= {1}, told
        for a in new:
            items = [(obligation, person) for obligation, _, stage, person in a.told if news_of(stage) is None]
            assert len(items) == len(set(items)), "an item is told by two stages"
        with self.database.read() as tx:
            waits = (m.state == "sending") | ((m.state == "queued") & (m.next_at <= self.now))
            assert tx.execute(select(m.id).where(waits)).all() == []

    def _queue(self) -> None:
        refresh_day(self.office, self.now)
        queue_due(self.office, self.desk, self.now)

    def _deliver(self, mood: str) -> None:
        if not self.office.is_working_moment(self.now):
            return
        while (batch := claim_batch(self.office.database, self.desk, self.now)).looked_at:
            for ready in batch.ready:
                if not ready.uncertain:
                    self.written[ready.letter.message_id] = self._check_claim(ready.letter.message_id)
            if mood == "down":
                with self.database.write() as tx:
                    release(tx, {ready.message: ready.attempt for ready in batch.ready})
                break
            # Each by itself: a crash comes between two letters.
            for ready in batch.ready:
                record(self.database, self.desk, "machine", [(ready, self._take(ready.letter, mood))], self.now)

    def _take(self, letter: Letter, mood: str) -> Outcome:
        if mood in ("sent", "unknown", "crash after"):
            with self.database.read() as tx:
                kind = tx.execute(
                    select(messages.c.kind).where(messages.c.message_ref == letter.message_id)
                ).scalar_one()
            self.arrived.append(Arrived(letter, self.written[letter.message_id], kind))
        if mood.startswith("crash"):
            raise CrashError
        return Outcome(mood, None, mood)  # type: ignore[arg-type]

    def _check_claim(self, ref: str) -> frozenset[Key]:
        """What a message says that is marked `sending` just now; promises 4 and 11 hold for it."""
        of = {o.id: o for o in self._all()}
        c = reminders.c
        query = select(c.obligation_id, c.last_day, c.stage, c.person_id).join(messages, messages.c.id == c.message_id)
        with self.database.read() as tx:
            held = tx.execute(query.where(messages.c.message_ref == ref, c.state == "queued")).all()
            lists = select(c.obligation_id, c.last_day, messages.c.sent_at).outerjoin(messages)
            listed = lists.where(c.kind == "unrecorded", c.state.in_(("waiting", "queued", "sent")))
            asked = {(o, d): at or self.now for o, d, at in tx.execute(listed)}
        afternoon = self.office.last_afternoon(self.now)
        told = self._responsible()
        for obligation, last_day, stage, person in held:
            o, news = of[obligation], news_of(stage)
            if news is not None:
                continue
            if "list" not in stage and stage != "open-with":
                assert person in told[o.unit], "a mail leaves to someone who is not responsible, or is away"
            assert o.state in OPEN_STATES, "a mail leaves for finished work"
            assert last_day == o.dates.last_day, "a mail leaves for a date that is no longer in force"
            assert "+" not in stage or self.now >= o.dates.late_at, "an overdue mail leaves before it is late"
            if stage.startswith("T+") and not stage.endswith("-list"):
                since = asked.get((obligation, last_day), self.start)
                assert since < afternoon, "an overdue mail leaves before the coordinator could record what came in"
        return frozenset((o, d, s, p) for o, d, s, p in held)

    def _responsible(self) -> dict[str, set[int]]:
        """Unit → everyone who may be written to for it today, by the rules and not by what the store derived."""
        day = self.office.today(self.now)
        with self.database.read() as tx:
            roster = read_roster(tx)
            away = [a for a in read_absences(tx, day) if a.first <= day and (a.last is None or day <= a.last)]
            bad = unreachable_addresses(tx)
            numbers = {address: number for address, number in tx.execute(select(people.c.address, people.c.id))}
        return {
            slug: {numbers[one.address] for some in addressees(unit, away, bad, day).values() for one in some}
            for slug, unit in roster.units.items()
        }

    # -- the promises -------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_queued_twice(self) -> None:
        """Promise 1, in the ledger: one row for each key, and none ever goes."""
        c = reminders.c
        query = select(c.obligation_id, c.last_day, c.stage, c.person_id)
        with self.database.read() as tx:
            found = [(o, d, s, p) for o, d, s, p in tx.execute(query)]
        assert len(found) == len(set(found))
        assert self.known <= set(found), "a reminder vanished"
        self.known = set(found)

    @invariant()
    def nothing_is_told_twice(self) -> None:
        """Promise 1, at the mail server: what came twice came in the same bytes under the same Message-ID."""
        mails: dict[Key, set[str]] = defaultdict(set)
        contents: dict[str, set[bytes]] = defaultdict(set)
        for a in self.arrived:
            contents[a.letter.message_id].add(a.letter.content)
            for key in a.told:
                mails[key].add(a.letter.message_id)
        assert {len(refs) for refs in mails.values()} <= {1}
        assert {len(found) for found in contents.values()} <= {1}

    @invariant()
    def nothing_is_lost(self) -> None:
        """Promise 2: every reminder is on its way or has ended as it says, and every message will be tried."""
        c, m = reminders.c, messages.c
        query = select(reminders, m.state.label("of_message"), m.message_ref).outerjoin(messages, m.id == c.message_id)
        arrived = {a.letter.message_id for a in self.arrived}
        told = {key for a in self.arrived for key in a.told}
        with self.database.read() as tx:
            for row in tx.execute(query):
                assert row.state in ("waiting", "queued", *ENDED)
                assert (row.reason is not None) == (row.state == "superseded")
                assert (row.message_id is None) <= (row.state in ("waiting", "superseded"))
                if row.state == "queued":
                    assert row.of_message in ("queued", "sending")
                elif row.state not in ("waiting", "superseded"):
                    assert row.of_message == row.state
                said = (row.obligation_id, row.last_day, row.stage, row.person_id)
                if row.state == "superseded":
                    assert said not in told, "it counts as not needed, but it was told"
                if row.state == "sent":
                    assert row.message_ref in arrived
                    assert said in self.written[row.message_ref], "it counts as sent, but its mail does not say it"
            for row in tx.execute(select(messages)):
                assert row.state in ("queued", "sending", *ENDED)
                assert (row.sent_at is not None) == (row.state == "sent")
                latest = max(self.now, self.latest)
                assert row.state != "queued" or row.next_at <= latest + timedelta(hours=6)
                assert row.state != "sending" or row.lease_until <= latest + timedelta(minutes=10)

    @invariant()
    def one_digest_a_day(self) -> None:
        """Promise 3: one of a kind a local day; what follows the day's digest is urgent."""
        m = messages.c
        once_a_day = select(m.person_id, m.local_day, m.kind).where(m.kind.in_(("digest", "unrecorded", "monday")))
        follows = select(reminders.c.urgent).join(messages, m.id == reminders.c.message_id).where(m.kind == "urgent")
        with self.database.read() as tx:
            assert set(Counter(tuple(r) for r in tx.execute(once_a_day)).values()) <= {1}
            assert set(tx.scalars(follows)) <= {True}

    @invariant()
    def nothing_open_is_passed_by(self) -> None:
        """By a settled date nothing is open."""
        there = select(obligations.c.id).join(dues, dues.c.id == obligations.c.due_id)
        with self.database.read() as tx:
            assert not tx.scalars(
                there.where(dues.c.settled.is_(True), obligations.c.state.in_(("open", "returned")))
            ).all()

    @invariant()
    def extending_never_loses_the_original(self) -> None:
        """Every date that was granted, in its order; the first rests on what was in force before any of them."""
        c = extensions.c
        query = select(c.obligation_id, dues.c.stated).join(dues, dues.c.id == c.due_id).order_by(c.id)
        found: dict[int, tuple[date, ...]] = {}
        with self.database.read() as tx:
            for obligation, stated in tx.execute(query):
                found[obligation] = (*found.get(obligation, ()), stated)
            of_rule = select(func.count()).select_from(dues).where(dues.c.basis == "rule")
            assert tx.scalar(of_rule) == tx.scalar(select(func.count()).select_from(deadlines))
        for obligation, stated_days in found.items():
            assert set(stated_days) <= set(self.given[obligation])

    @invariant()
    def no_feed_changes_untouched(self) -> None:
        """Promise 6: whoever holds a feed's bytes may go by its revision. Every third act, for it takes time."""
        self.looks += 1
        if self.looks % 3:
            return
        with self.database.read() as tx:
            found = {f.owner: (join_feed(tx, self.office, f), f.revision) for f in list_feeds(tx)}
        for owner, (body, revision) in self.joined.items():
            assert found[owner][0] == body or found[owner][1] > revision, owner
        self.joined = found

    @invariant()
    def dates_are_what_the_calendar_says(self) -> None:
        """Act by is a working day ≤ last day, and no working day lies between; whatever the table has become."""
        calendar = self.office.calendar
        for o in self._all():
            if o.state in OPEN_STATES:
                assert o.dates.act_by == calendar.preceding(o.dates.last_day)

    @invariant()
    def what_ended_units_owed_has_passed_on(self) -> None:
        """Nothing open stays with a unit that had ended when the day was last looked at; one per unit and deadline."""
        with self.database.read() as tx:
            roster, day = read_roster(tx), read_mark(tx, "refreshed")
        owing = [(o.key, o.unit) for o in self._all()]
        assert len(owing) == len(set(owing))
        for o in self._all():
            until = roster.units[o.unit].until
            if o.state in OPEN_STATES and o.tracked and until and day:
                assert until >= date.fromisoformat(day), f"{o.key} is left with {o.unit}"

    @invariant()
    def nobody_is_accused_of_what_came_in_time(self) -> None:
        """Promise 11: what was received in time is not late, whenever it is confirmed and whatever was corrected."""
        for o in self._all():
            if o.state is State.ACCEPTED and o.received_on is not None and o.kind.can_be_late:
                with self.database.read() as tx:
                    in_time = self.office.start_of(o.received_on) < judged_by(tx, o.id).late_at
                assert not (in_time and o.late), f"{o.key} of {o.unit} came in time"


class ProvinceAbroad(Province):
    """The same where clocks are set: an hour that comes twice, in the night to 25/10/2026."""

    zone = ABROAD
    start = datetime(2026, 10, 22, 9, tzinfo=ABROAD).astimezone(UTC)


@pytest.mark.parametrize("machine", [Province, ProvinceAbroad])
def test_promises_hold_whatever_happens(machine: type[Province], sqlite_template: Path, tmp_path: Path) -> None:
    machine.template, machine.folder = sqlite_template, tmp_path
    machine.database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    thorough = settings(
        max_examples=14 if machine is Province else 5,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=thorough)
