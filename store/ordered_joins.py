"""Joins whose left side is read first on SQLite, which knows nothing of how many rows tables have.

It begins with whatever has the longest index otherwise: with all obligations of a unit, say, to find those of a day.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Join
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class InOrder(Join):
    """`left JOIN right ON condition`; by its documentation SQLite keeps the order of the tables of a CROSS JOIN."""

    inherit_cache = True


@compiles(InOrder, "sqlite")
def _cross_join(join: InOrder, compiler: SQLCompiler, **kw: Any) -> str:
    assert join.onclause is not None
    left, right, on = (compiler.process(part, **kw) for part in (join.left, join.right, join.onclause))
    return f"{left} CROSS JOIN {right} ON {on}"
