"""Feeds of every kind, bound to their bytes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SCOPED = sa.text("scope <> 0")
_TOUCHED, _WITHDRAWN = sa.text("etag IS NULL"), sa.text("withdrawn_on IS NOT NULL")


def upgrade() -> None:
    _events()
    _feeds()
    _members()


def _events() -> None:
    with op.batch_alter_table("events") as batch:
        batch.add_column(sa.Column("scope", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch.add_column(sa.Column("lasting", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("withdrawn_on", sa.Date(), nullable=True))
        batch.drop_constraint(op.f("uq_events_owner_owner_id_component_language"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_events_owner_id_owner_scope_component_language"),
            ["owner_id", "owner", "scope", "component", "language"],
        )
    op.create_index("ix_events_day", "events", ["day"])
    op.create_index("ix_events_scope", "events", ["scope"], sqlite_where=_SCOPED, postgresql_where=_SCOPED)
    op.create_index(
        "ix_events_withdrawn_on", "events", ["withdrawn_on"], sqlite_where=_WITHDRAWN, postgresql_where=_WITHDRAWN
    )
    # What was crossed out until now has been so since it was last written.
    op.execute("UPDATE events SET withdrawn_on = DATE(stamp) WHERE status IN ('cancelled', 'waived')")
    op.execute(
        "UPDATE events SET lasting = TRUE WHERE owner = 'obligation' AND owner_id IN"
        " (SELECT o.id FROM obligations o JOIN deadlines d ON d.id = o.deadline_id"
        " WHERE d.tracked AND o.state IN ('open', 'returned'))"
    )
    op.create_table(
        "waiting_events",
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "owner_id", name=op.f("pk_waiting_events")),
    )


def _feeds() -> None:
    op.rename_table("feeds", "unit_feeds")
    if op.get_bind().dialect.name == "postgresql":  # names of constraints are those of a schema, not of a table
        op.execute("ALTER TABLE unit_feeds DROP CONSTRAINT pk_feeds")
        op.execute("ALTER SEQUENCE feeds_id_seq RENAME TO unit_feeds_id_seq")
    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("revoked_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("etag", sa.String(length=40), nullable=True),
        sa.Column("last_etag", sa.String(length=40), nullable=True),
        sa.Column("modified", store.types.Instant(timezone=True), nullable=True),
        sa.Column("touched_at", store.types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("owner", name=op.f("uq_feeds_owner")),
    )
    op.create_index("ix_feeds_kind_subject_id", "feeds", ["kind", "subject_id"])
    op.create_index("ix_feeds_touched", "feeds", ["id"], sqlite_where=_TOUCHED, postgresql_where=_TOUCHED)
    # Addresses in use stay. Feeds of the other kinds are made when all events are rendered anew, which the next day
    # or the daemon begins.
    op.execute(
        "INSERT INTO feeds (owner, kind, subject_id, name, version, touched_at)"
        " SELECT u.slug, 'unit', u.id, u.name, f.version, CURRENT_TIMESTAMP"
        " FROM unit_feeds f JOIN units u ON u.id = f.unit_id ORDER BY f.id"
    )
    op.drop_table("unit_feeds")


def _members() -> None:
    op.create_index(op.f("ix_coordinations_unit_id"), "coordinations", ["unit_id"])
    op.create_table(
        "feed_reads",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("client", sa.String(length=20), nullable=False),
        sa.Column("last_at", store.types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_reads_feed_id_feeds")),
        sa.PrimaryKeyConstraint("feed_id", "client", name=op.f("pk_feed_reads")),
    )
    op.create_table(
        "feed_units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_units_feed_id_feeds")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_feed_units_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_units")),
    )
    op.create_index(op.f("ix_feed_units_feed_id"), "feed_units", ["feed_id"])
    op.create_index(op.f("ix_feed_units_unit_id"), "feed_units", ["unit_id"])
    op.create_table(
        "feed_tasks",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_tasks_feed_id_feeds")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_feed_tasks_task_id_tasks")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_feed_tasks_unit_id_units")),
        sa.PrimaryKeyConstraint("feed_id", "task_id", "unit_id", name=op.f("pk_feed_tasks")),
    )
    op.create_index("ix_feed_tasks_task_id_unit_id", "feed_tasks", ["task_id", "unit_id"])
