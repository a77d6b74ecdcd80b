"""The proof of reminding as CSV that a spreadsheet opens, and that does nothing there but be read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.cells import plain


@dataclass(frozen=True, slots=True)
class Proven:
    """One reminder that came into a mail, in words."""

    unit: str
    deadline: str
    stage: str
    person: str
    address: str
    at: datetime  # for the order
    sent_at: str  # local; empty: it was not
    message_id: str
    state: str
    answer: str  # of the mail server


def proof_csv(headings: Sequence[str], rows: Iterable[Proven]) -> bytes:
    """RFC 4180 in UTF-8, with the mark by which Excel knows it; a cell that would be a formula begins with '."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    for r in rows:
        cells = (r.unit, r.deadline, r.stage, r.person, r.address, r.sent_at, r.message_id, r.state, r.answer)
        writer.writerow([plain(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig")
