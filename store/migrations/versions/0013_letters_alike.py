"""What letters share is kept once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stems",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stems")),
    )
    # Without a foreign key, for which SQLite would have to copy years of letters into a table made anew.
    op.add_column("message_bodies", sa.Column("stem_id", sa.Integer(), nullable=True))
