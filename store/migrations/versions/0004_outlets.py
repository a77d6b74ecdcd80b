"""Outlets that are down; enhanced status codes and the moment of failure of messages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outlets",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("accepted_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("down_since", store.types.Instant(timezone=True), nullable=True),
        sa.Column("next_try", store.types.Instant(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fault", sa.String(length=40), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_outlets")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("enhanced", sa.String(length=11), nullable=True))
        batch_op.add_column(sa.Column("failed_at", store.types.Instant(timezone=True), nullable=True))
        batch_op.create_index("ix_messages_failed_at", ["failed_at"], unique=False)
