"""The table of receipts as a form: what it is filled with, what was typed into it, and what of that can be recorded.

Fields carry the number of an obligation: `viec` (ticked), `so-7`, `ngay-7`; `cu-7` is what the row was filled with,
`ghi-7` what a register called the unit, `thay-7` the obligation that its line is for. Lines that fit no unit come in
the lists `le-ten`, `le-so`, `le-ngay`, `le-viec`. `chung` is the day of all rows without their own. `tay`: a script
kept the ticks in step with what was typed; without it, whoever types into a row means the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from starlette.datastructures import FormData

from actions.receipts import Proposal
from actions.receiving import Receipt, closed
from plans.obligations import Obligation, Submission
from plans.problems import Problem
from plans.status import State
from web.typed_days import past_day

LONGEST_NUMBER = 100  # characters
_CELLS = 5000  # of all lists to choose a unit from, together
_LINES = 50  # of a register that fit no unit
_OPEN = (State.OPEN, State.RETURNED, State.SUBMITTED)
Check = Callable[[Obligation, date], list[Problem]]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a row should be looked at: a register writes the unit otherwise."""

    written: str  # with the line it stands in
    others: tuple[int, ...]  # obligations of units that may be meant instead
    chosen: int | None = None  # the one that the line is for; None: this row's own


@dataclass(frozen=True, slots=True)
class Row:
    """A unit of the table."""

    obligation: Obligation
    submission: Submission | None
    number: str = ""
    day: str = ""
    ticked: bool = False
    filled: str = ""  # what it was filled with: only what differs from it was typed
    doubt: Doubt | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def recorded(self) -> bool:
        """Whether there is nothing to type any more."""
        return self.obligation.state not in _OPEN


@dataclass(frozen=True, slots=True)
class Loose:
    """A line of a register that fits no unit; a person may know which."""

    written: str
    number: str
    day: str
    near: tuple[int, ...] = ()  # obligations of units whose names come near
    chosen: int | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """What the page shows."""

    rows: tuple[Row, ...]
    common: str
    loose: tuple[Loose, ...] = ()
    aside: tuple[str, ...] = ()  # lines that are left out: of units that owe nothing here, or said twice
    more_loose: int = 0  # lines that fit no unit, and are not shown
    unread: tuple[Problem, ...] = ()  # cells of the register
    problems: tuple[Problem, ...] = ()  # of none of the rows
    proposed: bool = False

    @property
    def left(self) -> int:
        return sum(not row.recorded for row in self.rows)

    @property
    def wrong(self) -> int:
        of_lines = sum(bool(row.problems) for row in self.rows) + sum(bool(line.problems) for line in self.loose)
        return of_lines + len(self.problems)


def blank_table(owed: Iterable[Obligation], handed_in: Mapping[int, Submission], today: date) -> Table:
    """A row for each unit; what units have declared stands in theirs, to be confirmed with a tick."""
    rows = []
    for o in owed:
        if o.state is State.CANCELLED:
            continue
        s = handed_in.get(o.id)
        row = Row(o, s)
        if s is not None and o.state is State.SUBMITTED:
            row = _filled(row, s.number or "", _written(s.received_on))
        rows.append(row)
    return Table(tuple(rows), _written(today))


def filled_table(table: Table, proposal: Proposal) -> Table:
    """The same with what a register says: what is sure is ticked, what is doubtful is not."""
    by_unit = {row.obligation.unit: row for row in table.rows}
    open_rows = {unit: row for unit, row in by_unit.items() if not row.recorded}
    ids = {unit: row.obligation.id for unit, row in open_rows.items()}
    found: dict[str, Row] = {}
    loose: list[Loose] = []
    aside: list[str] = []
    for m in sorted(proposal.rows, key=lambda m: (not m.sure, m.entry.day or date.max, m.entry.row)):
        e = m.entry
        line = f"{e.row}: {' · '.join(s for s in (e.unit, e.number, e.day and _written(e.day)) if s)}"
        near = tuple(ids[s.unit] for s in m.suggestions if s.unit in ids)
        if m.unit is None and m.elsewhere is None:
            loose.append(Loose(e.unit, e.number or "", _written(e.day) if e.day else "", near))
        elif m.unit is None or m.unit not in open_rows or m.unit in found:
            aside.append(line)
        else:
            row = _filled(open_rows[m.unit], e.number or "", _written(e.day) if e.day else "")
            doubt = None if m.sure else Doubt(line, tuple(n for n in near if n != ids[m.unit]))
            found[m.unit] = replace(row, ticked=m.sure and e.day is not None, doubt=doubt)
    shown = min(max(_CELLS // len(ids), 10), _LINES) if ids else 0
    loose.sort(key=lambda line: not line.near)
    rows = tuple(found.get(row.obligation.unit, row) for row in table.rows)
    return replace(
        table,
        rows=rows,
        loose=tuple(loose[:shown]),
        aside=tuple(aside),
        more_loose=len(loose[shown:]),
        unread=proposal.problems,
        proposed=True,
    )


def typed_table(table: Table, form: FormData) -> Table:
    """The same as it was sent, every field as it was typed."""
    ticked, by_hand = {_text(v) for v in form.getlist("viec")}, bool(form.get("tay"))
    own = {str(row.obligation.id) for row in table.rows}
    rows = []
    for row in table.rows:
        n = row.obligation.id
        number, day, filled = (_text(form.get(f"{name}-{n}")) for name in ("so", "ngay", "cu"))
        typed = _as_filled(number, day) != filled
        written, meant = _text(form.get(f"ghi-{n}")), _text(form.get(f"thay-{n}"))
        others = tuple(int(i) for i in _text(form.get(f"khac-{n}")).split(",") if i in own)
        doubt = Doubt(written, others, int(meant) if meant in own and int(meant) != n else None) if written else None
        is_ticked = str(n) in ticked or (typed and not by_hand)
        rows.append(replace(row, number=number, day=day, filled=filled, ticked=is_ticked, doubt=doubt))
    lists = [[_text(v) for v in form.getlist(f"le-{name}")] for name in ("ten", "so", "ngay", "viec", "gan")]
    loose = [
        Loose(name, number, day, tuple(int(i) for i in near.split(",") if i in own), int(n) if n in own else None)
        for name, number, day, n, near in zip(*lists, strict=False)
    ]
    proposed = bool(loose) or any(row.doubt for row in rows)
    return replace(
        table, rows=tuple(rows), common=_text(form.get("chung")).strip(), loose=tuple(loose), proposed=proposed
    )


def check_table(table: Table, today: date, check: Check) -> tuple[Table, dict[str, Receipt]]:
    """Unit → the receipt to record, and the table with whatever is wrong at its row.

    What is recorded already is taken along, so that who records learns of it.
    """
    owed = {row.obligation.id: row.obligation for row in table.rows}
    receipts: dict[str, Receipt] = {}

    def take(o: Obligation, number: str, day: str) -> tuple[Problem, ...]:
        typed = day.strip() or table.common
        found = past_day(typed, today, o.dates.stated)
        problems: list[Problem] = []
        if found is None:
            problems.append(Problem("receipts.day", {"value": typed[:40]}) if typed else Problem("receipts.no_day"))
        elif o.state in _OPEN:
            problems += check(o, found)
        if len(number.strip()) > LONGEST_NUMBER:
            problems.append(Problem("receipts.number_long", {"limit": LONGEST_NUMBER}))
        if o.state is State.MISSING:
            problems.append(closed(o))
        if o.unit in receipts:
            problems.append(Problem("receipts.twice", {"unit": o.unit_name}))
        if found is not None and not problems:
            receipts[o.unit] = Receipt(found, number.strip() or None)
        return tuple(problems)

    # Rows whose unit somebody chose come after those that stand for themselves: they are the ones that are said twice.
    order = sorted(
        range(len(table.rows)), key=lambda i: (d := table.rows[i].doubt) is not None and d.chosen is not None
    )
    rows = list(table.rows)
    for i in order:
        row = rows[i]
        if row.ticked:
            meant = owed[row.doubt.chosen] if row.doubt and row.doubt.chosen else row.obligation
            rows[i] = replace(row, problems=take(meant, row.number, row.day))
    loose = [
        replace(line, problems=take(owed[line.chosen], line.number, line.day)) if line.chosen else line
        for line in table.loose
    ]
    checked = replace(table, rows=tuple(rows), loose=tuple(loose))
    if not receipts and not checked.wrong:
        checked = replace(checked, problems=(Problem("receipts.nothing"),))
    return checked, receipts


def _filled(row: Row, number: str, day: str) -> Row:
    return replace(row, number=number, day=day, filled=_as_filled(number, day))


def _as_filled(number: str, day: str) -> str:
    return f"{number.strip()}|{day.strip()}" if number.strip() or day.strip() else ""


def _written(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
