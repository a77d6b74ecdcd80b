"""What commands print: sentences and tables for people, or one JSON object per line."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from plans.words import Words


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command's answers go."""

    say: Words
    as_json: bool = False

    def line(self, code: str, **params: object) -> None:
        """One sentence of the catalogue."""
        print(self.say(code, **params))

    def fault(self, code: str, **params: object) -> None:
        """One sentence of the catalogue about what went wrong, apart from the answers."""
        print(self.say(code, **params), file=sys.stderr)

    def aside(self, code: str, **params: object) -> None:
        """One sentence about the answer, apart from it, so that the answer alone can be redirected."""
        self.fault(code, **params)

    def complain(self, text: str) -> None:
        """A sentence that is made already, apart from the answers."""
        print(text, file=sys.stderr)

    def text(self, text: str = "") -> None:
        print(text)

    def rows(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table with headings named by codes."""
        cells = [[self.say(h) for h in headings], *[[self.cell(c) for c in row] for row in rows]]
        widths = [max(_width(row[i]) for row in cells) for i in range(len(headings))]
        for row in cells:
            padded = [c + " " * (w - _width(c)) for c, w in zip(row, widths, strict=True)]
            print("  ".join(padded).rstrip())

    def objects(self, objects: Iterable[Mapping[str, object]]) -> None:
        """One JSON object per line."""
        for one in objects:
            print(json.dumps(one, ensure_ascii=False, default=_plain))
        self.flush()

    def flush(self) -> None:
        """What was said so far is on its way, even into a pipe."""
        print(end="", flush=True)  # which does nothing where stdout is closed

    def cell(self, value: object) -> str:
        if value is None:
            return "–"
        if isinstance(value, datetime):
            return f"{value:%d/%m/%Y %H:%M}"
        if isinstance(value, date):
            return f"{value:%d/%m/%Y}"
        return str(value)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """A moment as people and JSON show it: in the installation's own time."""
    return None if moment is None else moment.astimezone(zone)
