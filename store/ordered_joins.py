"""What the engines must be told of the order in which to read.

SQLite knows nothing of how many rows tables have, and begins with all obligations of a unit to find those of a day.
PostgreSQL takes deadline and dates for independent of each other, and reads all obligations for want of a few.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Join
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class InOrder(Join):
    """`left JOIN right ON condition`, row by row of the left side; the right one is a table.

    By its documentation SQLite keeps the order of the tables of a CROSS JOIN. PostgreSQL does so for a LATERAL subquery
    that it cannot take apart; all conditions on the right side belong into `condition`, where an index serves them.
    """

    inherit_cache = True


@compiles(InOrder, "sqlite")
def _cross_join(join: InOrder, compiler: SQLCompiler, **kw: Any) -> str:
    assert join.onclause is not None
    left, right, on = (compiler.process(part, **kw) for part in (join.left, join.right, join.onclause))
    return f"{left} CROSS JOIN {right} ON {on}"


@compiles(InOrder, "postgresql")
def _lateral(join: InOrder, compiler: SQLCompiler, **kw: Any) -> str:
    assert join.onclause is not None
    left, right, on = (compiler.process(part, **kw) for part in (join.left, join.right, join.onclause))
    return f"{left} JOIN LATERAL (SELECT {right}.* FROM {right} WHERE {on} OFFSET 0) AS {right} ON true"


class Unindexed(FunctionElement[Any]):
    """A column by which no index is used: SQLite documents the unary plus for it; of PostgreSQL for numbers alone."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(Unindexed)
def _column(found: Unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(next(iter(found.clauses)), **kw)


@compiles(Unindexed, "postgresql")
def _sum(found: Unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    column = compiler.process(next(iter(found.clauses)), **kw)
    return f"({column} + 0)" if isinstance(found.type, Integer) else column


@compiles(Unindexed, "sqlite")
def _plus(found: Unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{compiler.process(next(iter(found.clauses)), **kw)}"
