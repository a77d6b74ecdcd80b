"""Absences, hand-overs, events, successions, policies"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people()
    _plans()
    _ledger()


def _people() -> None:
    with op.batch_alter_table("people") as batch:
        batch.add_column(sa.Column("digest_at", store.types.Clock(length=5), nullable=True))
        batch.add_column(sa.Column("upcoming", sa.String(length=10), server_default=sa.text("'all'"), nullable=False))
        batch.add_column(sa.Column("unreachable_at", store.types.Instant(timezone=True), nullable=True))
        batch.add_column(sa.Column("unreachable_answer", sa.Text(), nullable=True))
        batch.add_column(sa.Column("confirmed_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("asked_on", sa.Date(), nullable=True))
    with op.batch_alter_table("recipients") as batch:
        batch.add_column(sa.Column("instead_of", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_recipients_instead_of_people"), "people", ["instead_of"], ["id"])
    op.create_table(
        "task_recipients",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("instead_of", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["instead_of"], ["people.id"], name=op.f("fk_task_recipients_instead_of_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_task_recipients_person_id_people")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_task_recipients_task_id_tasks")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_task_recipients_unit_id_units")),
        sa.PrimaryKeyConstraint("task_id", "unit_id", "person_id", name=op.f("pk_task_recipients")),
    )
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("deputy_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("ended_at", store.types.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deputy_id"], ["people.id"], name=op.f("fk_absences_deputy_id_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_absences_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_person_id"), "absences", ["person_id"], unique=False)
    op.create_table(
        "handovers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("at", store.types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["people.id"], name=op.f("fk_handovers_from_id_people")),
        sa.ForeignKeyConstraint(["to_id"], ["people.id"], name=op.f("fk_handovers_to_id_people")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_handovers_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )


def _plans() -> None:
    with op.batch_alter_table("plans") as batch:
        batch.add_column(sa.Column("kept_through", sa.Integer(), nullable=True))
    op.create_table(
        "happenings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=100), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_happenings_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_happenings")),
    )
    op.create_index(
        "ix_happenings_event",
        "happenings",
        ["event"],
        unique=True,
        sqlite_where=sa.text("unit_id IS NULL"),
        postgresql_where=sa.text("unit_id IS NULL"),
    )
    op.create_index("ix_happenings_event_unit_id", "happenings", ["event", "unit_id"], unique=True)
    with op.batch_alter_table("dues") as batch:
        batch.add_column(sa.Column("set_on", sa.Date(), nullable=True))
    with op.batch_alter_table("obligations") as batch:
        batch.add_column(sa.Column("origin_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("variant", sa.String(length=100), server_default=sa.text("''"), nullable=False))
        batch.create_foreign_key(op.f("fk_obligations_origin_id_dues"), "dues", ["origin_id"], ["id"])
        # An index, unlike a constraint, can be left for the end when very many obligations are made at once.
        batch.drop_constraint(op.f("uq_obligations_deadline_id_unit_id"), type_="unique")
        batch.create_index("ix_obligations_deadline_id_unit_id", ["deadline_id", "unit_id"], unique=True)
    some = sa.text("reason IS NOT NULL")
    op.create_index("ix_obligations_reason", "obligations", ["reason"], sqlite_where=some, postgresql_where=some)
    op.create_table(
        "passages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("at", store.types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["units.id"], name=op.f("fk_passages_from_id_units")),
        sa.ForeignKeyConstraint(
            ["obligation_id"], ["obligations.id"], name=op.f("fk_passages_obligation_id_obligations")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["units.id"], name=op.f("fk_passages_to_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passages")),
    )
    op.create_index(op.f("ix_passages_obligation_id"), "passages", ["obligation_id"], unique=False)


def _ledger() -> None:
    op.create_table(
        "policies",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_policies")),
    )
    with op.batch_alter_table("reminders") as batch:
        batch.add_column(sa.Column("detail", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("instead_of", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_reminders_instead_of_people"), "people", ["instead_of"], ["id"])
    with op.batch_alter_table("stage_moments") as batch:
        batch.add_column(sa.Column("variant", sa.String(length=100), server_default=sa.text("''"), nullable=False))
        batch.add_column(sa.Column("early", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("skipped", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.drop_constraint(op.f("pk_stage_moments"), type_="primary")
        batch.create_primary_key(op.f("pk_stage_moments"), ["due_id", "variant", "stage"])
