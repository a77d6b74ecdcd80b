"""Who coordinates a plan today"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("plans") as batch:
        batch.add_column(sa.Column("acting_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_plans_acting_id_units"), "units", ["acting_id"], ["id"])
    # Successors are settled by the next load or the next day.
    op.execute("UPDATE plans SET acting_id = coordinator_id")
