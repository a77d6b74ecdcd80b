"""Requests of units; who declared a submission"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["obligation_id"], ["obligations.id"], name=op.f("fk_requests_obligation_id_obligations")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_requests_person_id_people")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_requests_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    asked = "state = 'open' AND kind <> 'contact'"
    op.create_index(
        "ix_requests_obligation_id_kind",
        "requests",
        ["obligation_id", "kind"],
        unique=True,
        sqlite_where=sa.text(asked),
        postgresql_where=sa.text(asked),
    )
    contact = "state = 'open' AND kind = 'contact'"
    op.create_index(
        "ix_requests_unit_id_person_id",
        "requests",
        ["unit_id", "person_id"],
        unique=True,
        sqlite_where=sa.text(contact),
        postgresql_where=sa.text(contact),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("declared_by", sa.Text(), nullable=True))
