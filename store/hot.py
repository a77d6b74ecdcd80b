"""One statement for many rows, without what SQLAlchemy does for each of them: a wave runs two of these per letter.

On SQLite that is half of what such a statement costs; PostgreSQL's driver has to be given the values by name anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.expression import UpdateBase


def run(
    tx: Connection, statement: UpdateBase, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]], **common: object
) -> None:
    """Run `statement` for each row, a value for each of `names`; `common` are the parameters that all rows share.

    Values of rows are numbers, text, octets or None, which need no adapting. Statements are kept: make each once.
    """
    if not rows:
        return
    if tx.dialect.name != "sqlite":
        tx.execute(statement, [{**dict(zip(names, row, strict=True)), **common} for row in rows])
    else:
        sql, order, fixed, adapt = _compiled(statement, names, tuple(common), tx.dialect)
        shared = (*fixed, *(a(value) if a else value for a, value in zip(adapt, common.values(), strict=True)))
        pick = itemgetter(*order)
        tx.exec_driver_sql(sql, [pick(row + shared) for row in rows])


@lru_cache(32)
def _compiled(
    statement: UpdateBase, names: tuple[str, ...], common: tuple[str, ...], dialect: Dialect
) -> tuple[str, list[int], tuple[Any, ...], list[Any]]:
    """SQL; for each of its places the position in row + values of its own + common ones; these; what adapts those."""

    compiled = statement.compile(dialect=dialect)
    types = {name: bound.type.dialect_impl(dialect) for bound, name in compiled.bind_names.items()}
    adapters = {name: kind.bind_processor(dialect) for name, kind in types.items()}
    own = [name for name in adapters if name not in names and name not in common]
    values = tuple(a(compiled.params[name]) if (a := adapters[name]) else compiled.params[name] for name in own)
    at = {name: position for position, name in enumerate((*names, *own, *common))}
    return str(compiled), [at[name] for name in compiled.positiontup or ()], values, [adapters[n] for n in common]
