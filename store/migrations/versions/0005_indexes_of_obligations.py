"""Two indexes of obligations do the work of three"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_obligations_deadline_id_unit_id", "obligations")
    op.drop_index("ix_obligations_due_id_state", "obligations")
    op.drop_index(op.f("ix_obligations_unit_id"), "obligations")
    op.create_index("ix_obligations_unit_id_deadline_id", "obligations", ["unit_id", "deadline_id"], unique=True)
    op.create_index("ix_obligations_deadline_id_due_id_state", "obligations", ["deadline_id", "due_id", "state"])
