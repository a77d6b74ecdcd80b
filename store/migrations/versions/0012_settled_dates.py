"""Dates by which nothing is open any more"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dues", sa.Column("settled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_dues_unsettled",
        "dues",
        ["late_at"],
        sqlite_where=sa.text("settled IS 0"),
        postgresql_where=sa.text("settled IS false"),
    )
