"""The tables. Rows are keyed by numbers; slugs and addresses are what people and files name them by.

Alembic's migrations build exactly this (a test compares them).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from store.types import Clock, Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _to(table: str, name: str | None = None, **kw: Any) -> Column[int]:
    kw.setdefault("nullable", False)
    return Column(name or f"{table.removesuffix('s')}_id", Integer, ForeignKey(f"{table}.id"), **kw)


def _revision() -> Column[int]:
    return Column("revision", Integer, nullable=False, server_default=text("1"))


# -- units and people ------------------------------------------------------------------------------------------------

units = Table(
    "units",
    metadata,
    _id(),
    Column("slug", String(100), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", String(100), nullable=False),
    Column("parent", String(100)),
    Column("mailbox", String(254)),
    Column("since", Date),
    Column("until", Date),
    Column("successors", JSON, nullable=False),
    Column("position", Integer, nullable=False),
    _revision(),
)

people = Table(
    "people",
    metadata,
    _id(),
    Column("address", String(254), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("link_version", Integer, nullable=False, server_default=text("1")),
    Column("digest_at", Clock),  # local; NULL: at the stage's own time
    Column("upcoming", String(10), nullable=False, server_default=text("'all'")),  # all | last: reminders before a date
    Column("unreachable_at", Instant),  # since a server said that the address is no good
    Column("unreachable_answer", Text),
    Column("confirmed_on", Date),  # that the address is still right
    Column("asked_on", Date),  # whether it is
    _revision(),
)

officers = Table(
    "officers",
    metadata,
    _id(),
    _to("units"),
    _to("people", "person_id"),
    Column("name", Text, nullable=False),  # as this unit calls the person, who may serve others under other names
    Column("role", String(20), nullable=False),
    Column("position", Integer, nullable=False),
    UniqueConstraint("unit_id", "person_id", "role"),
)

# Who is written to for a unit today: its officers by role, else its mailbox, else its head; deputies of the absent.
# Derived from units, officers and absences by the action (or the day) that changes them, so that queueing is one
# INSERT … SELECT.
recipients = Table(
    "recipients",
    metadata,
    _to("units"),
    Column("audience", String(20), nullable=False),  # officers | head
    _to("people", "person_id"),
    _to("people", "instead_of", nullable=True),  # the absent one whose deputy this is
    PrimaryKeyConstraint("unit_id", "audience", "person_id"),
)

# The same for the tasks that name officers of their own: for these units, instead of `recipients`' officers.
task_recipients = Table(
    "task_recipients",
    metadata,
    _to("tasks"),
    _to("units"),
    _to("people", "person_id"),
    _to("people", "instead_of", nullable=True),
    PrimaryKeyConstraint("task_id", "unit_id", "person_id"),
)

absences = Table(
    "absences",
    metadata,
    _id(),
    _to("people", "person_id", index=True),
    Column("first", Date, nullable=False),
    Column("last", Date),  # NULL: until further notice
    _to("people", "deputy_id", nullable=True),
    Column("reason", Text),
    Column("ended_at", Instant),  # withdrawn
)

# Work handed from one person to another: a unit file that still names the first must not undo it unseen.
handovers = Table(
    "handovers",
    metadata,
    _id(),
    _to("units"),
    _to("people", "from_id"),
    _to("people", "to_id"),
    Column("at", Instant, nullable=False),
)

groups = Table(
    "groups",
    metadata,
    _id(),
    Column("slug", String(100), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("position", Integer, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    _id(),
    _to("groups"),
    _to("units"),
    Column("head", Boolean, nullable=False),
    Column("since", Date),
    Column("until", Date),
    Column("position", Integer, nullable=False),
)

audiences = Table(
    "audiences",
    metadata,
    _id(),
    Column("slug", String(100), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("position", Integer, nullable=False),
)

overseers = Table(
    "overseers",
    metadata,
    _id(),
    _to("people", "person_id"),
    Column("name", Text, nullable=False),
    _to("units", nullable=True),  # NULL: a leader, who reads all
    Column("position", Integer, nullable=False),
)

# -- plans, deadlines, obligations -----------------------------------------------------------------------------------

plans = Table(
    "plans",
    metadata,
    _id(),
    Column("slug", String(100), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("number", Text),
    Column("issuer", Text),
    Column("issued", Date),
    Column("until", Date),
    Column("replaced_by", String(100)),
    Column("kept_through", Integer),  # the year through which someone has said that open-ended rules still apply
    _to("units", "coordinator_id", nullable=True),  # as its file names it
    _to("units", "acting_id", nullable=True),  # who coordinates it today; NULL: nobody
    Column("track_from", Date, nullable=False),
    Column("loaded_at", Instant, nullable=False),
    _revision(),
)

tasks = Table(
    "tasks",
    metadata,
    _id(),
    _to("plans"),
    Column("slug", String(100), nullable=False),
    Column("position", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("product", Text),
    Column("quote", Text),
    Column("body", JSON, nullable=False),  # the task in the form of the plan file
    Column("track_from", Date, nullable=False),  # of a task added later: the day it was added
    Column("removed_at", Instant),
    _revision(),
    UniqueConstraint("plan_id", "slug"),
)

deadlines = Table(
    "deadlines",
    metadata,
    _id(),
    _to("tasks"),
    Column("period", String(100), nullable=False),
    Column("tracked", Boolean, nullable=False),
    Column("cancelled_at", Instant),
    UniqueConstraint("task_id", "period"),
)

# The days of events that due rules count from; of one unit, where it has a day of its own.
happenings = Table(
    "happenings",
    metadata,
    _id(),
    Column("event", String(100), nullable=False),
    _to("units", nullable=True),
    Column("day", Date, nullable=False),
    Index("ix_happenings_event_unit_id", "event", "unit_id", unique=True),
    Index(
        "ix_happenings_event",
        "event",
        unique=True,
        sqlite_where=text("unit_id IS NULL"),
        postgresql_where=text("unit_id IS NULL"),
    ),
)

# The dates that obligations point to. One row per deadline rests on its rule; a unit's own event, extensions and
# resubmissions add others, so that the original is kept and a change of the working calendar touches these rows alone.
dues = Table(
    "dues",
    metadata,
    _id(),
    _to("deadlines", index=True),
    Column("basis", String(20), nullable=False),
    Column("stated", Date, nullable=False),
    Column("operator", String(10), nullable=False),
    Column("at", Clock),
    Column("opens", Date),
    Column("last_day", Date, nullable=False),
    Column("act_by", Date, nullable=False),
    Column("soon", Date, nullable=False),
    Column("late_on", Date, nullable=False),
    Column("late_at", Instant, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("set_on", Date),  # the local day of the act that set them: an extension, a return; NULL: the rule's
    Column("reason", Text),
    Column("settled", Boolean, nullable=False, server_default=false()),  # nothing that goes by them is open any more
    Index("ix_dues_late_at", "late_at"),
    Index(
        "ix_dues_unsettled",
        "late_at",
        sqlite_where=text("settled IS 0"),
        postgresql_where=text("settled IS false"),
    ),
    Index("ix_dues_act_by", "act_by"),
)

coordinations = Table(
    "coordinations",
    metadata,
    _to("deadlines"),
    _to("units", index=True),
    PrimaryKeyConstraint("deadline_id", "unit_id"),
)

obligations = Table(
    "obligations",
    metadata,
    _id(),
    _to("deadlines"),
    _to("units"),
    _to("dues"),
    _to("dues", "origin_id", nullable=True),  # of the unit's own event; NULL: those of the rule
    Column("variant", String(100), nullable=False, server_default=text("''")),  # of the policy: an audience's own
    Column("state", String(20), nullable=False),
    Column("late", Boolean),
    Column("received_on", Date),
    Column("closed_at", Instant),
    Column("reason", Text),
    _revision(),
    # These two serve whatever asks by unit, by deadline, or by the dates in force (`store.obligations.in_force`).
    Index("ix_obligations_unit_id_deadline_id", "unit_id", "deadline_id", unique=True),
    Index("ix_obligations_deadline_id_due_id_state_unit_id_late", "deadline_id", "due_id", "state", "unit_id", "late"),
    Index(
        "ix_obligations_submitted",
        "state",  # only so that SQLite sees that the index has it
        "deadline_id",
        "due_id",
        "unit_id",
        sqlite_where=text("state = 'submitted'"),
        postgresql_where=text("state = 'submitted'"),
    ),
    Index(
        "ix_obligations_reason",
        "reason",
        sqlite_where=text("reason IS NOT NULL"),
        postgresql_where=text("reason IS NOT NULL"),
    ),
)

submissions = Table(
    "submissions",
    metadata,
    _id(),
    _to("obligations", index=True),
    Column("number", Text),
    Column("received_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("by_unit", Boolean, nullable=False),  # declared by the unit itself: waits for the coordinator
    Column("note", Text),
    Column("accepted_at", Instant),
    Column("accepted_by", Text),
    Column("returned_at", Instant),
    Column("returned_by", Text),
    Column("return_reason", Text),
    Column("void", Boolean, nullable=False, server_default=false()),  # "coi như chưa gửi"
    Column("declared_by", Text),  # the name that was typed by whoever used the link of another
    Index(
        "ix_submissions_waiting",
        "recorded_at",
        "id",
        sqlite_where=text("accepted_at IS NULL AND returned_at IS NULL"),
        postgresql_where=text("accepted_at IS NULL AND returned_at IS NULL"),
    ),
)

extensions = Table(
    "extensions",
    metadata,
    _id(),
    _to("obligations", index=True),
    _to("dues"),
    _to("dues", "previous_due_id"),
    Column("document", Text),
    Column("reason", Text),
    Column("granted_at", Instant, nullable=False),
    Column("granted_by", Text, nullable=False),
)

# What units ask of the coordinator: a later date, to be left out, another contact.
requests = Table(
    "requests",
    metadata,
    _id(),
    Column("kind", String(20), nullable=False),
    _to("units"),
    _to("obligations", nullable=True),  # NULL: of no task
    _to("people", "person_id"),  # whose link or account asked
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", Text),  # the name that was typed by whoever used the link of another
    Column("text", Text),
    Column("until", Date),
    Column("detail", JSON),
    Column("state", String(20), nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Text),
    Column("reason", Text),
    # One of a kind at a time: pressing twice, or two officers of a unit, ask once.
    Index(
        "ix_requests_obligation_id_kind",
        "obligation_id",
        "kind",
        unique=True,
        sqlite_where=text("state = 'open' AND kind <> 'contact'"),
        postgresql_where=text("state = 'open' AND kind <> 'contact'"),
    ),
    Index(
        "ix_requests_unit_id_person_id",
        "unit_id",
        "person_id",
        unique=True,
        sqlite_where=text("state = 'open' AND kind = 'contact'"),
        postgresql_where=text("state = 'open' AND kind = 'contact'"),
    ),
)

# An obligation that passed from a unit that ended to its successor; what happened before keeps the old name.
passages = Table(
    "passages",
    metadata,
    _id(),
    _to("obligations", index=True),
    _to("units", "from_id"),
    _to("units", "to_id"),
    Column("at", Instant, nullable=False),
)

# -- ledger and outbox -----------------------------------------------------------------------------------------------

# Policies of reminders in the form of their file; they win over those of the program.
policies = Table(
    "policies",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("body", JSON, nullable=False),
    _revision(),
)

stage_moments = Table(
    "stage_moments",
    metadata,
    _to("dues"),
    Column("variant", String(100), nullable=False, server_default=text("''")),  # as in obligations
    Column("stage", String(30), nullable=False),
    Column("at", Instant, nullable=False),
    Column("position", Integer, nullable=False),
    Column("audience", String(20), nullable=False),  # officers | head | coordinator | coordinating
    Column("kind", String(20), nullable=False),  # of the message
    Column("urgent", Boolean, nullable=False),  # T0 or later: does not wait for the next day's digest
    Column("early", Boolean, nullable=False, server_default=false()),  # another comes before the date: may be declined
    Column("queued_at", Instant),
    Column("skipped", Boolean, nullable=False, server_default=false()),  # over when it came: never to be queued
    PrimaryKeyConstraint("due_id", "variant", "stage"),
    Index(
        "ix_stage_moments_waiting",
        "at",
        sqlite_where=text("queued_at IS NULL"),
        postgresql_where=text("queued_at IS NULL"),
    ),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    Column("channel", String(20), nullable=False, server_default=text("'email'")),
    _to("people", "person_id"),
    Column("kind", String(20), nullable=False),
    Column("local_day", Date, nullable=False),
    Column("part", Integer, nullable=False, server_default=text("0")),
    Column("state", String(20), nullable=False),
    Column("reason", String(40)),
    Column("at", Instant, nullable=False),  # the moment it was for
    Column("next_at", Instant, nullable=False),  # not tried before
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("tried_since", Instant),  # when a mail server first put it off: giving up counts from here
    Column("uncertain", Boolean, nullable=False, server_default=false()),  # may have been accepted already
    Column("lease_until", Instant),
    Column("message_ref", String(200), nullable=False, unique=True),  # Message-ID, without angle brackets
    Column("address", String(254)),
    Column("subject", Text),
    Column("code", Integer),
    Column("enhanced", String(11)),  # status code of RFC 3463, "5.1.1"
    Column("answer", Text),
    Column("sent_at", Instant),
    Column("failed_at", Instant),
    UniqueConstraint("person_id", "kind", "local_day", "part"),
    Index("ix_messages_state_next_at", "state", "next_at"),
    Index("ix_messages_failed_at", "failed_at"),
    Index("ix_messages_at", "at"),
)

message_bodies = Table(
    "message_bodies",
    metadata,
    Column("message_id", Integer, ForeignKey("messages.id"), primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

# How each outlet is doing. One that is down keeps all mail queued.
outlets = Table(
    "outlets",
    metadata,
    Column("name", String(300), primary_key=True),
    Column("accepted_at", Instant),
    Column("down_since", Instant),
    Column("next_try", Instant),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("fault", String(40), nullable=False, server_default=text("''")),
    Column("code", Integer),
    Column("answer", Text, nullable=False, server_default=text("''")),
)

reminders = Table(
    "reminders",
    metadata,
    _id(),
    _to("obligations"),
    Column("last_day", Date, nullable=False),
    Column("stage", String(30), nullable=False),
    _to("people", "person_id"),
    _to("units", "for_unit_id"),  # the unit for which the person is written to
    _to("dues"),
    Column("at", Instant, nullable=False),
    Column("position", Integer, nullable=False),
    Column("audience", String(20), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(40)),
    Column("detail", JSON),  # of an announcement: what it was before
    _to("people", "instead_of", nullable=True),  # the absent one whose deputy this is
    _to("messages", nullable=True, index=True),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("obligation_id", "last_day", "stage", "person_id"),
    Index("ix_reminders_person_state", "person_id", "state"),
    Index(
        "ix_reminders_open", "state", sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'")
    ),
)

# -- feeds -----------------------------------------------------------------------------------------------------------

events = Table(
    "events",
    metadata,
    _id(),
    Column("owner", String(20), nullable=False),  # obligation | coordination | deadline | workday
    Column("owner_id", Integer, nullable=False),  # obligation id | deadline id | ordinal of the day
    # The feed that a deadline is counted for, or that a unit's own copy is in; 0: all that show it share it.
    Column("scope", Integer, nullable=False, server_default=text("0")),
    Column("component", String(10), nullable=False),  # event | start (the first day of a campaign)
    Column("language", String(5), nullable=False),
    Column("uid", String(100), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("stamp", Instant, nullable=False),
    Column("status", String(20), nullable=False),
    Column("day", Date, nullable=False),  # act by: where it stands in a calendar
    Column("lasting", Boolean, nullable=False, server_default=false()),  # stays however long ago its day was
    Column("withdrawn_on", Date),  # since this local day it is crossed out; it leaves feeds 30 days later
    Column("facts", String(64), nullable=False),  # hash of what it says: unchanged facts render nothing
    Column("content", LargeBinary, nullable=False),
    # The number first: SQLite, which knows nothing of their contents, would else look through all events of an owner.
    UniqueConstraint("owner_id", "owner", "scope", "component", "language"),
    Index("ix_events_day", "day"),
    Index("ix_events_scope", "scope", sqlite_where=text("scope <> 0"), postgresql_where=text("scope <> 0")),
    Index(
        "ix_events_withdrawn_on",
        "withdrawn_on",
        sqlite_where=text("withdrawn_on IS NOT NULL"),
        postgresql_where=text("withdrawn_on IS NOT NULL"),
    ),
)

# Too many for the action that changed them: their events are rendered afterwards, some at a time.
waiting_events = Table(
    "waiting_events",
    metadata,
    Column("owner", String(20), nullable=False),
    Column("owner_id", Integer, nullable=False),
    PrimaryKeyConstraint("owner", "owner_id"),
)

feeds = Table(
    "feeds",
    metadata,
    _id(),
    Column("owner", String(120), nullable=False, unique=True),  # as addresses name it (`plans.feeds.owner_of`)
    Column("kind", String(10), nullable=False),
    Column("subject_id", Integer),  # of the unit, person, group or plan; NULL: the office's
    Column("name", Text, nullable=False),  # of the same, as it is called today
    Column("version", Integer, nullable=False, server_default=text("1")),  # of the token
    Column("revoked_at", Instant),
    _revision(),  # raised whenever its contents may have changed
    Column("etag", String(40)),  # of its bytes; NULL: changed since it was last bound
    Column("last_etag", String(40)),
    Column("modified", Instant),
    Column("touched_at", Instant, nullable=False),
    Index("ix_feeds_kind_subject_id", "kind", "subject_id"),
    Index("ix_feeds_touched", "id", sqlite_where=text("etag IS NULL"), postgresql_where=text("etag IS NULL")),
)

# When each kind of client last fetched a feed.
feed_reads = Table(
    "feed_reads",
    metadata,
    _to("feeds"),
    Column("client", String(20), nullable=False),
    Column("last_at", Instant, nullable=False),
    PrimaryKeyConstraint("feed_id", "client"),
)

# Whose deadlines a feed shows. Derived, like `recipients`, but not of absences: a calendar is not handed to a deputy.
feed_units = Table(
    "feed_units",
    metadata,
    _id(),
    _to("feeds", index=True),
    _to("units", index=True),
    Column("role", String(10), nullable=False),  # scope | officers | head
    Column("since", Date),  # of a membership
    Column("until", Date),
)

# The same for the tasks that name officers of their own.
feed_tasks = Table(
    "feed_tasks",
    metadata,
    _to("feeds"),
    _to("tasks"),
    _to("units"),
    PrimaryKeyConstraint("feed_id", "task_id", "unit_id"),
    Index("ix_feed_tasks_task_id_unit_id", "task_id", "unit_id"),
)

# -- signing in ------------------------------------------------------------------------------------------------------

# Links by which people sign in. Of the token and of the browser that asked there are hashes only, and of the token
# not even that before its mail is written.
sign_ins = Table(
    "sign_ins",
    metadata,
    _id(),
    Column("address", String(254), nullable=False),  # as it was typed, in lower case: of nobody, perhaps
    _to("people", "person_id", nullable=True),  # once a link was made for somebody
    Column("token_hash", String(64), unique=True),
    Column("browser_hash", String(64)),  # NULL: not bound to a browser
    Column("back", Text, nullable=False, server_default=text("'/'")),  # path to go on to
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("state", String(20), nullable=False),  # waiting | sending | sent | unknown | failed | nobody | printed
    Column("answer", Text),  # what the mail server said
    Index("ix_sign_ins_address_created_at", "address", "created_at"),
    Index("ix_sign_ins_created_at", "created_at"),
    Index(
        "ix_sign_ins_waiting",
        "expires_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    Column("id_hash", String(64), nullable=False, unique=True),  # of what the cookie says
    _to("people", "person_id", index=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),  # written every few minutes at most
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("client", Text, nullable=False),  # what the browser calls itself
)

# What people have given to programs that ask in their name.
tokens = Table(
    "tokens",
    metadata,
    _id(),
    Column("token_hash", String(64), nullable=False, unique=True),
    _to("people", "person_id", index=True),
    Column("name", String(100), nullable=False),  # as the person calls it
    Column("writes", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("seen_at", Instant),  # written every few minutes at most
    Column("revoked_at", Instant),
)

# -- the house -------------------------------------------------------------------------------------------------------

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text),
    Column("detail", JSON, nullable=False),
    # PostgreSQL finds what begins with a subject by an index of this class only; SQLite by any.
    Index("ix_audit_subject", "subject", postgresql_ops={"subject": "text_pattern_ops"}),
    Index("ix_audit_at", "at"),
    Index("ix_audit_actor_at", "actor", "at"),
    Index("ix_audit_action_at", "action", "at"),
)

workdays = Table(
    "workdays",
    metadata,
    Column("day", Date, primary_key=True),
    Column("working", Boolean, nullable=False, server_default=true()),
    Column("name", Text, nullable=False),
    Column("source", Text),
)

# Who schedules: the holder of the row until it expires; `term` rises with every new holder and is checked by every
# scheduling transaction. The ledger's key, not the lease, prevents doubles.
leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(100), nullable=False),
    Column("term", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
)

# Small facts of the installation: its secret, the local day last refreshed.
marks = Table(
    "marks",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
