"""Everything at random: what people do, what mail servers answer, crashes, downtime; the promises hold throughout."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from actions.adjusting import close, extend, waive
from actions.daily import refresh_day
from actions.loading import load
from actions.office import Act, Office
from actions.queueing import queue_due
from actions.receiving import Receipt, accept, send_back, submit
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from notifications.delivery import claim_batch, record
from notifications.desk import Desk
from notifications.outlets import Kind, Letter, Outcome
from plans.files.documents import Documents, read_documents
from plans.obligations import Obligation
from plans.status import OPEN_STATES, State
from store.database import Database
from store.deadlines import moments_between
from store.obligations import judged_by, of_plan
from store.schema import messages, reminders
from tests.actions.province import UNITS, once, plan, task, yearly
from tests.conftest import local, make_desk, make_office

START = local("2026-11-02 09:00")
CALENDAR = WorkingCalendar(shipped_workdays())
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
}
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

    def __init__(self) -> None:
        super().__init__()
        for left in self.folder.glob("store.db*"):
            left.unlink()
        shutil.copyfile(self.template, self.folder / "store.db")
        self.now = START
        self.mood: Kind = "sent"  # what the mail server answers until further notice
        self.arrived: list[Arrived] = []
        self.written: dict[str, frozenset[Key]] = {}  # Message-ID → what its bytes say
        self.known: set[Key] = set()
        self.office: Office = make_office(self.database, CALENDAR)
        self.desk: Desk = make_desk(self.office, self.folder / "mail")

    def teardown(self) -> None:
        self.database.close()

    # -- what people do -----------------------------------------------------------------------------------------------

    @initialize()
    def first_load(self) -> None:
        self.load("plain", "plain")

    @rule(variant=st.sampled_from(sorted(PLANS)), roster=st.sampled_from(sorted(ROSTERS)))
    def load(self, variant: str, roster: str) -> None:
        documents = read(roster, variant)
        load(self.office, self._act(), documents.rosters, documents.plans)

    @rule(data=st.data(), by_unit=st.booleans(), days_ago=st.integers(0, 3))
    def submit(self, data: st.DataObject, by_unit: bool, days_ago: int) -> None:
        o = self._some(data)
        received = self.office.today(self.now) - timedelta(days=days_ago)
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
        extend(self.office, self._act(), o.key, [o.unit], later)

    @rule(data=st.data())
    def waive(self, data: st.DataObject) -> None:
        o = self._some(data)
        waive(self.office, self._act(), o.key, [o.unit])

    @rule(period=st.sampled_from(["2026", "once", "2026-Q4"]))
    def close(self, period: str) -> None:
        close(self.office, self._act(), "ke-hoach", period)

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

    @rule(mood=st.sampled_from(["sent", "deferred", "unknown", "outlet_down", "refused"]))
    def mail_server_changes(self, mood: Kind) -> None:
        self.mood = mood

    @rule()
    def deliver(self) -> None:
        self._deliver(self.mood)

    @rule(mood=st.sampled_from(["sent", "deferred", "unknown", "outlet_down"]))
    def tick(self, mood: Kind) -> None:
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
        self.now = self.office.next_working_moment(self.now + timedelta(hours=1))
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
            items = [(obligation, person) for obligation, _, _, person in a.told]
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
            for ready in batch.ready:
                record(self.office.database, ready, self._take(ready.letter, mood), self.now)
            if mood == "outlet_down":
                break

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
        for obligation, last_day, stage, _ in held:
            o = of[obligation]
            assert o.state in OPEN_STATES, "a mail leaves for finished work"
            assert last_day == o.dates.last_day, "a mail leaves for a date that is no longer in force"
            assert "+" not in stage or self.now >= o.dates.late_at, "an overdue mail leaves before it is late"
            if stage.startswith("T+") and not stage.endswith("-list"):
                since = asked.get((obligation, last_day), START)
                assert since < afternoon, "an overdue mail leaves before the coordinator could record what came in"
        return frozenset((o, d, s, p) for o, d, s, p in held)

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
                assert row.state != "queued" or row.next_at <= self.now + timedelta(hours=6)
                assert row.state != "sending" or row.lease_until <= self.now + timedelta(minutes=10)

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
    def nobody_is_accused_of_what_came_in_time(self) -> None:
        """Promise 11: what was received in time is not late, whenever it is confirmed and whatever was corrected."""
        for o in self._all():
            if o.state is State.ACCEPTED and o.received_on is not None and o.kind.can_be_late:
                with self.database.read() as tx:
                    in_time = self.office.start_of(o.received_on) < judged_by(tx, o.id).late_at
                assert not (in_time and o.late), f"{o.key} of {o.unit} came in time"


def test_promises_hold_whatever_happens(sqlite_template: Path, tmp_path: Path) -> None:
    Province.template, Province.folder = sqlite_template, tmp_path
    Province.database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    thorough = settings(
        max_examples=40,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Province, settings=thorough)
