"""Sets of units, named once a transaction: a statement that inserts or compares thousands of rows joins with a set."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from sqlalchemy import Column, Connection, Integer, MetaData, PrimaryKeyConstraint, String, Table

addressed = Table(
    "addressed",
    MetaData(),  # not of the schema: it lives as long as a transaction
    Column("set_id", Integer, nullable=False),
    Column("unit_id", Integer, nullable=False),
    Column("variant", String(100), nullable=False),
    PrimaryKeyConstraint("set_id", "unit_id"),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)


class UnitSets:
    """The sets of one transaction; numbers mean nothing in another."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._numbers: dict[Hashable, int] = {}
        self._sizes: dict[int, int] = {}

    def number(self, name: Hashable, units: Callable[[], Mapping[int, str]]) -> int:
        """The number of the set that goes by `name`; `units` (unit number → variant of the policy) is asked once."""
        if name not in self._numbers:
            if not self._numbers:
                addressed.create(self._tx, checkfirst=True)
                self._tx.execute(addressed.delete())  # what an earlier transaction of this connection left
            number = self._numbers[name] = len(self._numbers) + 1
            rows = [{"set_id": number, "unit_id": u, "variant": variant} for u, variant in sorted(units().items())]
            self._sizes[number] = len(rows)
            if rows:
                self._tx.execute(addressed.insert(), rows)
        return self._numbers[name]

    def sizes(self) -> dict[int, int]:
        """Number → how many units the set has."""
        return dict(self._sizes)
