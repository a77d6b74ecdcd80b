"""The proof of reminding as CSV that a spreadsheet opens, and that does nothing there but be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.tables import csv_pieces

COLUMNS = (
    "unit",
    "deadline",
    "stage",
    "person",
    "address",
    "sent_at",
    "message_id",
    "state",
    "answer",
    "received",
    "number",
)


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
    received: str = ""  # the day on which the unit's last answer came; empty: none is recorded
    number: str = ""  # of its document


def proof_csv(headings: Sequence[str], rows: Iterable[Proven]) -> bytes:
    """A table of `reports.tables`; a cell that would be a formula begins with '."""
    return b"".join(csv_pieces(headings, ([getattr(r, name) for name in COLUMNS] for r in rows)))
