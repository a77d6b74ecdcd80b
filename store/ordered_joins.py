"""What SQLite must be told of the order in which to read, because it knows nothing of how many rows tables have.

It begins with whatever has the longest index otherwise: with all obligations of a unit, say, to find those of a day.
PostgreSQL has its statistics, and sees none of this.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Join
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class InOrder(Join):
    """`left JOIN right ON condition`; by its documentation SQLite keeps the order of the tables of a CROSS JOIN."""

    inherit_cache = True


@compiles(InOrder, "sqlite")
def _cross_join(join: InOrder, compiler: SQLCompiler, **kw: Any) -> str:
    assert join.onclause is not None
    left, right, on = (compiler.process(part, **kw) for part in (join.left, join.right, join.onclause))
    return f"{left} CROSS JOIN {right} ON {on}"


class Unindexed(FunctionElement[Any]):
    """A column by which SQLite looks into no index: the unary plus of its documentation."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(Unindexed)
def _column(found: Unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(next(iter(found.clauses)), **kw)


@compiles(Unindexed, "sqlite")
def _plus(found: Unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{compiler.process(next(iter(found.clauses)), **kw)}"
