"""Indexes by which pages find what they show"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_obligations_deadline_id_due_id_state", "obligations")
    columns = ["deadline_id", "due_id", "state", "unit_id", "late"]
    op.create_index("ix_obligations_deadline_id_due_id_state_unit_id_late", "obligations", columns)
    submitted = sa.text("state = 'submitted'")
    op.create_index(
        "ix_obligations_submitted",
        "obligations",
        ["state", "deadline_id", "due_id", "unit_id"],
        sqlite_where=submitted,
        postgresql_where=submitted,
    )
    op.create_index("ix_dues_act_by", "dues", ["act_by"])
    waiting = sa.text("accepted_at IS NULL AND returned_at IS NULL")
    op.create_index(
        "ix_submissions_waiting",
        "submissions",
        ["recorded_at", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("ix_messages_at", "messages", ["at"])
    op.drop_index("ix_audit_subject", "audit")
    op.create_index("ix_audit_subject", "audit", ["subject"], postgresql_ops={"subject": "text_pattern_ops"})
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_actor_at", "audit", ["actor", "at"])
    op.create_index("ix_audit_action_at", "audit", ["action", "at"])
