"""Everything at random: what people do, what mail servers answer, crashes, downtime; the promises hold throughout."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from actions.adjusting import close, extend, waive
from actions.daily import refresh_day
from actions.office import Act, Office
from actions.queueing import queue_due
from actions.receiving import Receipt, accept, send_back, submit
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from notifications.delivery import claim_batch, record
from notifications.desk import Desk
from notifications.outlets import Kind, Letter, Outcome
from plans.obligations import Obligation
from plans.status import OPEN_STATES, State
from store.database import Database
from store.obligations import judged_by, of_plan
from store.schema import messages, reminders
from tests.actions.province import UNITS, once, plan, task, yearly
from tests.conftest import load_text, local, make_desk, make_office

START = local("2026-11-02 09:00")
CALENDAR = WorkingCalendar(shipped_workdays())
FEW = UNITS.replace("kinds: [so, xa, phuong]", "units: [so-y-te, xa-a, xa-b, phuong-d]")
QUARTER = task("viec-quy", "{within: {quarter: 4, year: 2026}}", "[so-y-te, xa-a]", kind="work", with_="[xa-b]")
PLANS = {
    "plain": plan(yearly("[moi-don-vi]"), once("{by: 20/11/2026}", "[moi-don-vi]"), QUARTER),
    "another title": plan(
        yearly("[moi-don-vi]", title="Báo cáo khác"), once("{by: 20/11/2026}", "[moi-don-vi]"), QUARTER
    ),
    "later": plan(yearly("[moi-don-vi]", "{yearly: {by: 18/12}}"), once("{by: 24/11/2026}", "[moi-don-vi]"), QUARTER),
    "fewer": plan(yearly("[moi-don-vi]"), QUARTER),
    "narrower": plan(yearly("[so-y-te, xa-a]"), once("{by: 20/11/2026}", "[xa-a, xa-b]"), QUARTER),
}
ROSTERS = {
    "plain": FEW,
    "another officer": FEW.replace("an@syt.example", "moi@syt.example"),
    "another clerk": FEW.replace("chi@xa.example", "dao@xa.example"),
}
MINE = ("digest", "urgent", "unrecorded")
ENDED = ("sent", "failed", "unknown", "superseded")


class Crash(Exception):
    """The process died with a letter in hand."""


@dataclass
class Server:
    """A mail server that remembers what it was given, and when."""

    answer: Kind | str = "sent"
    given: list[tuple[datetime, Letter]] = field(default_factory=list)  # what arrived, known to the sender or not

    def take(self, letter: Letter, now: datetime) -> Outcome:
        if self.answer in ("sent", "unknown", "crash after"):
            self.given.append((now, letter))
        if self.answer in ("crash before", "crash after"):
            raise Crash
        return Outcome(self.answer, None, self.answer)  # type: ignore[arg-type]


class Province(RuleBasedStateMachine):
    """Four units, three tasks; time goes on in leaps of hours to forty days."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="nhachan-machine-"))
        shutil.copyfile(self.template, self.folder / "store.db")
        self.now = START
        self.server = Server()
        self.keys: set[tuple[object, ...]] = set()
        self._open()

    def _open(self) -> None:
        database = Database(f"sqlite:///{self.folder / 'store.db'}")
        self.office: Office = make_office(database, CALENDAR)
        self.desk: Desk = make_desk(self.office, self.folder / "mail")

    def teardown(self) -> None:
        self.office.database.close()
        shutil.rmtree(self.folder)

    # -- what people do -----------------------------------------------------------------------------------------------

    @initialize()
    def first_load(self) -> None:
        load_text(self.office, self.now, FEW, PLANS["plain"])

    @rule(variant=st.sampled_from(sorted(PLANS)), roster=st.sampled_from(sorted(ROSTERS)))
    def load(self, variant: str, roster: str) -> None:
        load_text(self.office, self.now, ROSTERS[roster], PLANS[variant])

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
        return data.draw(st.sampled_from([o for o in self._all() if o.tracked]), label="obligation")

    def _all(self) -> list[Obligation]:
        with self.office.database.read() as tx:
            return of_plan(tx, "ke-hoach")

    def _act(self) -> Act:
        return Act("tester", self.now, "vì")

    # -- time and mail ------------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 3, 6, 24, 24, 48, 72]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(days=st.integers(4, 40))
    def downtime(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def restart(self) -> None:
        self.office.database.close()
        self._open()

    @rule(answer=st.sampled_from(["sent", "sent", "sent", "deferred", "unknown", "outlet_down", "refused"]))
    def tick(self, answer: str) -> None:
        self._pass(answer)

    @rule(answer=st.sampled_from(["crash before", "crash after"]))
    def tick_and_crash(self, answer: str) -> None:
        self._pass(answer)
        self.restart()

    @rule()
    def catch_up(self) -> None:
        """The next opening, at which every mail server answers: one mail for each person, and nothing is left over."""
        self.now = self.office.next_working_moment(self.now + timedelta(hours=1))
        with self.office.database.read() as tx:
            in_doubt = messages.c.uncertain | (messages.c.state == "sending")
            uncertain = set(tx.scalars(select(messages.c.message_ref).where(in_doubt)))
        before = len(self.server.given)
        self._pass("sent")
        new = [letter for _, letter in self.server.given[before:] if letter.message_id not in uncertain]
        kinds = self._kinds()
        told = Counter(letter.recipient for letter in new if kinds[letter.message_id] in ("digest", "urgent"))
        assert {n for n in told.values()} <= {1}, told
        mondays = Counter(letter.recipient for letter in new if kinds[letter.message_id] == "monday")
        assert {n for n in mondays.values()} <= {1}, mondays
        with self.office.database.read() as tx:
            waits = (messages.c.state == "queued") & (messages.c.next_at <= self.now)
            assert tx.execute(select(messages.c.id).where(waits)).all() == []
        self._check_latest({letter.message_id for letter in new})

    def _check_latest(self, refs: set[str]) -> None:
        """Promise 3: a mail tells each item by one stage, the latest that has come for it."""
        c = reminders.c
        query = select(c.obligation_id, c.person_id, c.kind, c.last_day, messages.c.message_ref)
        with self.office.database.read() as tx:
            held = query.join(messages, messages.c.id == c.message_id).where(c.state == "sent")
            told = [tuple(r) for r in tx.execute(held.where(messages.c.message_ref.in_(refs)))]
        assert len(told) == len(set(told))

    def _pass(self, answer: str) -> None:
        refresh_day(self.office, self.now)
        if not self.office.is_working_moment(self.now):
            return
        self.server.answer = answer
        queue_due(self.office, self.desk, self.now)
        self._check_days()
        while (batch := claim_batch(self.office.database, self.desk, self.now)).looked_at:
            self._check_claims([r.letter.message_id for r in batch.ready if not r.uncertain])
            for ready in batch.ready:
                try:
                    outcome = self.server.take(ready.letter, self.now)
                except Crash:
                    return  # the others of the batch are in `sending`, too
                record(self.office.database, ready, outcome, self.now)
            if answer == "outlet_down":
                break

    def _kinds(self) -> dict[str, str]:
        with self.office.database.read() as tx:
            return {ref: kind for ref, kind in tx.execute(select(messages.c.message_ref, messages.c.kind))}

    # -- the promises -------------------------------------------------------------------------------------------------

    def _check_claims(self, refs: list[str]) -> None:
        """Promises 4 and 11, at the moment a message is marked `sending`."""
        of = {o.id: o for o in self._all()}
        query = select(reminders, messages.c.message_ref).join(messages, messages.c.id == reminders.c.message_id)
        with self.office.database.read() as tx:
            rows = tx.execute(query.where(messages.c.message_ref.in_(refs), reminders.c.state == "queued")).all()
        for row in rows:
            o = of[row.obligation_id]
            assert o.state in OPEN_STATES, "a mail leaves for finished work"
            assert row.last_day == o.dates.last_day, "a mail leaves for a date that is no longer in force"
            if "+" in row.stage:
                assert self.now >= o.dates.late_at, "an overdue mail leaves before it is late"

    def _check_days(self) -> None:
        """Promise 3: one digest a local day, and what follows it is urgent."""
        m = messages.c
        query = select(m.person_id, m.local_day, m.kind).where(m.kind.in_(("digest", "unrecorded", "monday")))
        with self.office.database.read() as tx:
            assert set(Counter(tx.execute(query).all()).values()) <= {1}
            urgent = select(reminders.c.urgent).join(messages, m.id == reminders.c.message_id).where(m.kind == "urgent")
            assert set(tx.scalars(urgent)) <= {True}

    @invariant()
    def nothing_is_queued_twice(self) -> None:
        """Promise 1, in the ledger: one row for each key, and none ever goes."""
        c = reminders.c
        with self.office.database.read() as tx:
            found = [tuple(r) for r in tx.execute(select(c.obligation_id, c.last_day, c.stage, c.person_id))]
        assert len(found) == len(set(found))
        assert self.keys <= set(found), "a reminder vanished"
        self.keys = set(found)

    @invariant()
    def nothing_is_told_twice(self) -> None:
        """Promise 1, at the mail server: what reached a person twice had one Message-ID both times."""
        c = reminders.c
        arrived = {letter.message_id for _, letter in self.server.given}
        query = select(c.obligation_id, c.last_day, c.stage, c.person_id, messages.c.message_ref)
        with self.office.database.read() as tx:
            rows = tx.execute(
                query.join(messages, messages.c.id == c.message_id).where(c.state.in_(("sent", "unknown")))
            ).all()
        by_key: dict[tuple[object, ...], set[str]] = defaultdict(set)
        for *key, ref in rows:
            by_key[tuple(key)] |= {ref} & arrived
        assert all(len(refs) <= 1 for refs in by_key.values())
        bodies: dict[str, set[bytes]] = defaultdict(set)
        for _, letter in self.server.given:
            bodies[letter.message_id].add(letter.content)
        assert all(len(contents) == 1 for contents in bodies.values()), "other bytes under the same Message-ID"

    @invariant()
    def nothing_is_lost(self) -> None:
        """Promise 2: every reminder has ended with a reason or is on its way, and every message will be tried."""
        c, m = reminders.c, messages.c
        query = select(c.state, c.reason, m.state.label("of_message")).outerjoin(messages, m.id == c.message_id)
        with self.office.database.read() as tx:
            for state, reason, of_message in tx.execute(query):
                assert state in ("waiting", "queued", *ENDED)
                assert (reason is not None) == (state == "superseded")
                if state == "waiting":
                    assert of_message is None
                elif state == "queued":
                    assert of_message in ("queued", "sending")
                elif state != "superseded":
                    assert of_message == state
            for row in tx.execute(select(messages)):
                assert row.state in ("queued", "sending", *ENDED)
                assert (row.reason is not None) >= (row.state == "superseded")
                if row.state == "queued":
                    assert row.next_at <= self.now + timedelta(hours=6)
                if row.state == "sending":
                    assert row.lease_until <= self.now + timedelta(minutes=10)
                assert (row.sent_at is not None) == (row.state == "sent")

    @invariant()
    def nobody_is_accused_of_what_came_in_time(self) -> None:
        """Promise 11: what was received in time is not late, whenever it is confirmed and whatever was corrected."""
        for o in self._all():
            if o.state is State.ACCEPTED and o.received_on is not None and o.kind.can_be_late:
                with self.office.database.read() as tx:
                    in_time = self.office.start_of(o.received_on) < judged_by(tx, o.id).late_at
                assert not (in_time and o.late), f"{o.key} of {o.unit} came in time"


def test_promises_hold_whatever_happens(sqlite_template: Path) -> None:
    Province.template = sqlite_template
    machine = settings(
        max_examples=40,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Province, settings=machine)
