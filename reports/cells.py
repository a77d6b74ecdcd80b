"""Cells of spreadsheets that programs show as they are, and never calculate (CSV injection, OWASP)."""

from __future__ import annotations

from datetime import date, datetime

# What Excel and LibreOffice take for a formula where a cell's text begins with it; a tab or a return hides one.
_CALCULATED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Cell = str | int | float | bool | date | datetime | None


def plain(value: Cell) -> Cell:
    """`value` for a cell; text that would be calculated gets an apostrophe, by which either program marks text."""
    if isinstance(value, str) and value.startswith(_CALCULATED):
        return f"'{value}"
    return value
