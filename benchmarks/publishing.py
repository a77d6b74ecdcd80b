"""Every unit's calendar: time, size and memory to render all events, what one change costs, and feeds written as files.

Peer: icalendar alone, one event after the other, for as many events of the same deadlines in the same run. What it
takes to render is compared; storing, joining and writing are told beside it.

    python benchmarks/publishing.py [UNITS] [DEADLINES]
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import event, func, select

from actions.daily import refresh_day
from actions.feeds import bind_feeds, render_anew, render_waiting
from actions.loading import load
from actions.office import Act, Office
from actions.publishing import publish
from actions.receiving import Receipt, submit
from calendars.events import EventFacts, event_bytes, uid
from calendars.shapes import render_many
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.deadlines import DeadlineKey, DueDates
from plans.files.documents import read_documents
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from plans.units import Audience, Group, Membership, Roster, Unit
from plans.words import words
from store.database import Database
from store.feeds import count_unbound
from store.marks import secret
from store.schema import events, feeds
from store.upgrading import upgrade

LIMIT = 5.0  # times icalendar's events per second, to render
AGAIN = 0.2  # of the time of the first publishing, with nothing changed
UNITS, DEADLINES = 10_000, 100
GROUPS, PARENTS = 20, 100
SAMPLE = 2_000  # events given to the peer
ACTS = 15
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 1, 5, 9, tzinfo=ZONE)


def province(units: int) -> Roster:
    """Units with a group, and most with a parent; more than a file may hold."""
    found = {"tinh": Unit("tinh", "UBND tỉnh", "uy-ban", mailbox="tinh@tinh.example")}
    for n in range(units):
        slug, parent = f"xa-{n}", "tinh" if n < PARENTS else f"xa-{n % PARENTS}"
        mailbox = f"xa{n}@tinh.example"
        found[slug] = Unit(slug, f"Ủy ban nhân dân xã số {n}", "xa", parent=parent, mailbox=mailbox)
    groups = [
        Group(f"khoi-{k}", f"Khối {k}", tuple(Membership(f"xa-{n}") for n in range(k, units, GROUPS)))
        for k in range(GROUPS)
    ]
    audience = Audience("cac-xa", "Các xã", kinds=("xa",))
    return Roster(found, {g.slug: g for g in groups}, {audience.slug: audience})


def everybody_owes(deadlines: int) -> bytes:
    """A plan as a file."""
    plan = ["plan: {id: ke-hoach, number: 88/KH-UBND, title: Kế hoạch công tác, issued: 01/01/2026}", "tasks:"]
    for n in range(deadlines):
        due = date(2026, 2, 2) + timedelta(days=n * 3)
        title = f"Báo cáo kết quả phong trào thi đua đợt {n}"
        plan.append(f"  - {{id: viec-{n}, title: {title}, owed_by: cac-xa, due: {{by: {due}}}}}")
    return "\n".join(plan).encode()


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rendering() -> tuple[float, float]:
    """Events per second: icalendar alone, and the program's way, of the same facts."""
    dates = DueDates(
        date(2026, 12, 5),
        Operator.BEFORE,
        date(2026, 12, 4),
        date(2026, 12, 4),
        date(2026, 12, 5),
        NOW + timedelta(300),
    )
    one = EventFacts("", "Báo cáo kết quả phong trào thi đua", Kind.REPORT, Status.PENDING, dates, NOW)
    one = replace(
        one, document="88/KH-UBND", quote="trước ngày 05/12", link="https://nhachan.tinh.example/deadlines/a/b/c"
    )
    facts = [replace(one, uid=uid("bench", n), unit_name=f"Ủy ban nhân dân xã số {n}") for n in range(SAMPLE)]
    say = words("vi")
    alone: list[bytes] = []
    filled: list[bytes] = []
    slow = timed(lambda: alone.extend(event_bytes(f, say) for f in facts))
    fast = timed(lambda: filled.extend(render_many(facts, say)))
    if alone != filled:
        raise SystemExit("the bytes differ")
    return SAMPLE / slow, SAMPLE / fast


def main(units: int, deadlines: int) -> int:
    alone, filled = rendering()
    print(f"rendering: icalendar {alone:,.0f} events/s, filled in {filled:,.0f} events/s: {filled / alone:.1f} times")
    with tempfile.TemporaryDirectory() as folder:
        again = measure(Path(folder), units, deadlines)
    return int(filled / alone < LIMIT or again > AGAIN)


def measure(folder: Path, units: int, deadlines: int) -> float:
    database = Database(f"sqlite:///{folder / 'bench.db'}", durable=False)
    upgrade(database)
    with database.write() as tx:
        secret(tx)
    office = Office(
        database, WorkingCalendar(shipped_workdays()), ZONE, "https://nhachan.tinh.example", "bench.example"
    )
    plans = read_documents([("plan.yaml", everybody_owes(deadlines))]).plans
    roster = province(units)
    took = timed(lambda: load(office, Act("bench", NOW), [roster], plans))
    print(f"load of {units:,} units × {deadlines} deadlines, events left for later: {took:.1f} s")
    took = timed(lambda: render_waiting(office, NOW))
    with database.read() as tx:
        count, size = tx.execute(
            select(func.count(), func.sum(func.length(events.c.content))).select_from(events)
        ).one()
        many = tx.scalar(select(func.count()).select_from(feeds))
    disk = (folder / "bench.db").stat().st_size / 2**20
    print(f"all events rendered and stored: {took:.1f} s, {count:,} events, {count / took:,.0f} events/s")
    print(f"their bytes {size / 2**20:,.0f} MiB, database {disk:,.0f} MiB, peak memory {peak():.0f} MiB")
    took = timed(lambda: refresh_day(office, NOW))
    print(f"first look at the day: {took:.1f} s")
    render_waiting(office, NOW)
    took = timed(lambda: bind_feeds(office))
    print(f"all {many:,} feeds joined and bound: {took:.1f} s, {many / took:,.0f} feeds/s")
    one_change(office, units)
    again = publishing(office, folder / "lich", units)
    took = timed(lambda: render_anew(office, NOW + timedelta(hours=2)))
    print(f"all compared again, nothing changed: {took:.1f} s, {count / took:,.0f} events/s")
    database.close()
    return again


def one_change(office: Office, units: int) -> None:
    """Submissions one by one: how long, how many events rendered, how many feeds touched."""
    written = 0

    def count(
        _c: object, _cursor: object, statement: str, parameters: Sequence[object], _x: object, many: bool
    ) -> None:
        nonlocal written
        if statement.startswith("INSERT INTO events"):
            written += len(parameters) if many else 1

    event.listen(office.database.engine, "before_cursor_execute", count)
    times, rendered, touched, bound = [], [], [], []
    for n in range(ACTS):
        key = DeadlineKey.parse(f"ke-hoach/viec-{n % 10}/once")
        if key is None:
            raise SystemExit("no such deadline")
        written, act, unit = 0, Act("bench", NOW + timedelta(minutes=n)), f"xa-{n * units // ACTS}"
        begun = time.perf_counter()
        submit(office, act, key, [unit], Receipt(NOW.date()))
        times.append((time.perf_counter() - begun) * 1000)
        rendered.append(written)
        with office.database.read() as tx:
            touched.append(count_unbound(tx))
        bound.append(timed(lambda: bind_feeds(office)) * 1000)
    event.remove(office.database.engine, "before_cursor_execute", count)
    print(
        f"one obligation changed: {statistics.median(times):.0f} ms, {max(rendered)} events rendered,"
        f" {max(touched)} feeds touched and bound in {statistics.median(bound):.0f} ms"
    )


def publishing(office: Office, folder: Path, units: int) -> float:
    first = timed(lambda: publish(office, folder))
    same = timed(lambda: publish(office, folder))
    key = DeadlineKey.parse("ke-hoach/viec-0/once")
    if key is None:
        raise SystemExit("no such deadline")
    submit(office, Act("bench", NOW + timedelta(hours=1)), key, [f"xa-{units - 1}"], Receipt(NOW.date()))
    begun = time.perf_counter()
    written = publish(office, folder).written
    one = time.perf_counter() - begun
    size = sum(f.stat().st_size for f in folder.rglob("*.ics")) / 2**20
    print(
        f"published ({size:,.0f} MiB): {first:.1f} s, again {same:.2f} s, with one change {one:.2f} s"
        f" ({len(written)} files)"
    )
    return same / first


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*(given + [UNITS, DEADLINES][len(given) :])))
