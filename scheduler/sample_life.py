"""A year in the sample province: most units have sent most things, a few are late, so that a demo shows it all.

Which unit did what follows from its name alone, so that every demo of a day is the same.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path

from actions.loading import LoadReport, load
from actions.office import Act
from actions.receiving import Receipt, submit
from plans.obligations import Obligation
from plans.plan import Kind
from plans.problems import UserError, errors
from plans.status import State
from scheduler.app import App
from scheduler.reading import read_files
from store.obligations import overdue_at

# Of every 16 units: two have sent nothing, one declared what waits to be confirmed, two were late.
_SHARES = 16
_TYPES = {"kế hoạch": "KH"}
_SILENT, _DECLARED, _LATE = (0, 1), (2,), (3, 4)


def load_sample(app: App, home: Path, actor: str) -> LoadReport:
    """Load a sample home, tracked from the beginning of last year."""
    found = read_files([str(home)], home)
    problems = found.all_problems()
    if errors(problems):
        raise UserError(problems)
    now = app.clock()
    since = date(app.office.today(now).year - 1, 1, 1)
    return load(app.office, Act(actor, now), found.documents.rosters, found.documents.plans, track_from=since)


def live_a_little(app: App, actor: str) -> None:
    """Record what most units did about everything that is past; the newest items keep a few who have not."""
    now = app.clock()
    today = app.office.today(now)
    act = Act(actor, now, "dữ liệu mẫu")
    with app.database.read() as tx:
        past = overdue_at(tx, now, today)
    newest = max((o.dates.late_on for o in past if o.kind is Kind.REPORT), default=today)
    last_work = max((o.dates.late_on for o in past if o.kind is Kind.WORK), default=today)
    for o in past:
        share = _share(o)
        old = o.dates.late_on < (newest if o.kind is Kind.REPORT else last_work)
        if o.state is not State.OPEN or (share in _SILENT and not old):
            continue
        by_unit = o.kind is Kind.REPORT and share in _DECLARED and not old
        late = share in _LATE
        received = o.dates.late_on + timedelta(days=3) if late else o.dates.act_by - timedelta(days=share % 5)
        received = app.office.calendar.preceding(received)
        number = (
            f"{20 + share * 7}/{_TYPES.get(o.product or '', 'BC')}-{_letters(o.unit)}"
            if o.kind is Kind.REPORT
            else None
        )
        submit(app.office, act, o.key, [o.unit], Receipt(min(received, today), number), by_unit=by_unit)


def _share(o: Obligation) -> int:
    return hashlib.sha256(f"{o.key}/{o.unit}".encode()).digest()[0] % _SHARES


def _letters(unit: str) -> str:
    """The letters of a document number: so-noi-vu → SNV."""
    return "".join(word[0] for word in unit.split("-")).upper()[:5]
