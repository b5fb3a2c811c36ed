"""The tables. Every row of a project's carries `project_id`, and every query of the repository filters by it.

The states an analysis goes through are kept by triggers (see the first migration): no code can leave them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from unmask.db.types import Base, Identity

State = Literal["queued", "running", "done", "failed", "cancelled"]
Priority = Literal["interactive", "batch"]
ShardState = Literal["waiting", "running", "done", "failed"]
DeliveryState = Literal["pending", "delivered", "dead"]
Judgement = Literal["authentic", "manipulated", "unsure"]

STATES: tuple[State, ...] = get_args(State)
FINAL: tuple[State, ...] = ("done", "failed", "cancelled")
TRANSITIONS: tuple[tuple[State, State], ...] = (
    ("queued", "running"),
    ("queued", "failed"),
    ("queued", "cancelled"),
    ("running", "done"),
    ("running", "failed"),
    ("running", "cancelled"),
)
"""All changes of state that there are; the first migration writes them into the triggers."""

Numbered = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER columns


def _one_of(column: str, kind: Any) -> CheckConstraint:
    values = ", ".join(f"'{value}'" for value in get_args(kind))
    return CheckConstraint(f"{column} IN ({values})", name=column)


def _project() -> Mapped[str]:
    return mapped_column(Identity, ForeignKey("projects.id", ondelete="CASCADE"))


class Project(Base):
    """Whose analyses they are. Projects can't see each other.

    `zero_retention`: the media of every analysis leaves the store as soon as it ended.
    """

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime]
    retention_days: Mapped[float | None]
    keep_record: Mapped[bool] = mapped_column(default=False)
    zero_retention: Mapped[bool] = mapped_column(default=False, server_default=false())
    max_stored_bytes: Mapped[int | None] = mapped_column(BigInteger)
    webhook_secret: Mapped[str | None] = mapped_column(String(100))


class ApiKey(Base):
    """A key of a project, found by the public `key_id`; of its secret only the hash is kept (see `access.keys`)."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Identity, primary_key=True)
    project_id: Mapped[str] = mapped_column(Identity, ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    key_id: Mapped[str] = mapped_column(String(12), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    per_minute: Mapped[int | None]
    burst: Mapped[int | None]
    per_day: Mapped[int | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class KeyUse(Base):
    """How many analyses were asked for with a key in one window of time that began then, for quotas."""

    __tablename__ = "key_uses"

    key_id: Mapped[str] = mapped_column(Identity, ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True)
    window: Mapped[str] = mapped_column(String(6), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class StoredMedia(Base):
    """The bytes of one media in the store; the same bytes in one project are one row and one object."""

    __tablename__ = "media"

    project_id: Mapped[str] = mapped_column(Identity, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class Batch(Base):
    """Analyses that were asked for together."""

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(Identity, primary_key=True)
    project_id: Mapped[str] = mapped_column(Identity, ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    label: Mapped[str | None] = mapped_column(String(100))
    total: Mapped[int]
    created_at: Mapped[datetime]


class Analysis(Base):
    """One run over one media. `media_held` is true while it needs the bytes in the store (not after deletion of them).

    `event_seq` is the number of its last event, `changed_by` who made the last change of state: a key's id, "worker",
    "retention" and the like.
    """

    __tablename__ = "analyses"
    __table_args__ = (
        _one_of("state", State),
        _one_of("priority", Priority),
        CheckConstraint("fraction BETWEEN 0 AND 1", name="fraction"),
        CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name="failed_says_why"),
        CheckConstraint("(state = 'done') = (verdict IS NOT NULL)", name="done_has_a_verdict"),
        CheckConstraint("(state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)", name="ended"),
        Index("ix_analyses_list", "project_id", "id"),
        Index("ix_analyses_state", "project_id", "state", "id"),
        Index("ix_analyses_verdict", "project_id", "verdict", "id"),
        Index("ix_analyses_label", "project_id", "label", "id"),
        Index("ix_analyses_media", "project_id", "media_sha256"),
        Index("ix_analyses_batch", "batch_id", "state"),
        Index("ix_analyses_open", "state", "priority", "created_at"),
        Index("ix_analyses_expiry", "expires_at"),
        Index("ix_analyses_due", "project_id", "expires_at"),
    )

    id: Mapped[str] = mapped_column(Identity, primary_key=True)
    project_id: Mapped[str] = _project()
    key_id: Mapped[str | None] = mapped_column(Identity)
    batch_id: Mapped[str | None] = mapped_column(Identity, ForeignKey("batches.id", ondelete="SET NULL"))
    rerun_of: Mapped[str | None] = mapped_column(Identity)
    state: Mapped[State] = mapped_column(String(9))
    stage: Mapped[str | None] = mapped_column(String(20))
    fraction: Mapped[float] = mapped_column(default=0.0)
    event_seq: Mapped[int] = mapped_column(default=0)
    changed_by: Mapped[str] = mapped_column(String(40))
    priority: Mapped[Priority] = mapped_column(String(11))
    label: Mapped[str | None] = mapped_column(String(100))
    options: Mapped[dict[str, Any]]
    source_url: Mapped[str | None] = mapped_column(Text)
    media_name: Mapped[str] = mapped_column(String(255))
    media_sha256: Mapped[str | None] = mapped_column(String(64))
    media_bytes: Mapped[int | None] = mapped_column(BigInteger)
    media_held: Mapped[bool] = mapped_column(default=False)
    duration: Mapped[float | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    keep_record: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[str | None] = mapped_column(String(20))
    probability: Mapped[float | None]
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_status: Mapped[int | None]
    error_message: Mapped[str | None] = mapped_column(Text)
    error_hint: Mapped[str | None] = mapped_column(Text)


class ShardRow(Base):
    """One unit of work of one analysis: its preparation, one share of one shard, or its conclusion; see `db.work`.

    Times are exact seconds, as text: "7/2". `deaths` counts the workers that died over it, `available_at` is before
    when nobody takes it, `published_at` when the broker was last told of it, `progress` (0 to 1) how far it is.
    """

    __tablename__ = "shards"
    __table_args__ = (
        _one_of("state", ShardState),
        _one_of("priority", Priority),
        Index("ix_shards_claim", "state", "priority", "available_at"),
        Index("ix_shards_lease", "state", "lease_until"),
    )

    analysis_id: Mapped[str] = mapped_column(Identity, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[str] = mapped_column(String(50))
    end: Mapped[str] = mapped_column(String(50))
    state: Mapped[ShardState] = mapped_column(String(7))
    priority: Mapped[Priority] = mapped_column(String(11))
    progress: Mapped[float] = mapped_column(default=0.0)
    outcome_key: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(String(50))
    worker: Mapped[str | None] = mapped_column(String(100))
    attempts: Mapped[int] = mapped_column(default=0)
    deaths: Mapped[int] = mapped_column(default=0)
    available_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]


class FindingRow(Base):
    """What a detector concluded, as early as it is known; the result document has it in full."""

    __tablename__ = "findings"

    analysis_id: Mapped[str] = mapped_column(Identity, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True)
    detector: Mapped[str] = mapped_column(String(50), primary_key=True)
    subject: Mapped[str] = mapped_column(String(50), primary_key=True)
    state: Mapped[str] = mapped_column(String(14))
    probability: Mapped[float | None]
    reason: Mapped[str | None] = mapped_column(Text)


class Artifact(Base):
    """A file that the analysis made, by the name under which the result refers to it."""

    __tablename__ = "artifacts"

    analysis_id: Mapped[str] = mapped_column(Identity, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(100))


class Event(Base):
    """What happened to an analysis, in order; the client's place in it is `seq`."""

    __tablename__ = "events"

    analysis_id: Mapped[str] = mapped_column(Identity, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class OutboxJob(Base):
    """A job that was decided in a transaction and leaves after its commit. `available_at` may lie in the future."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "dispatched_at", "available_at"),)

    id: Mapped[int] = mapped_column(Numbered, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(40))
    project_id: Mapped[str | None] = mapped_column(Identity)
    analysis_id: Mapped[str | None] = mapped_column(Identity, index=True)
    priority: Mapped[Priority] = mapped_column(String(11))
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    dispatched_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)


class Upload(Base):
    """A resumable upload: `received` bytes of `length` are in the store. `sha256` is known once it is whole."""

    __tablename__ = "uploads"
    __table_args__ = (CheckConstraint("received BETWEEN 0 AND length", name="received"),)

    id: Mapped[str] = mapped_column(Identity, primary_key=True)
    project_id: Mapped[str] = mapped_column(Identity, ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    length: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UploadPart(Base):
    """A piece of a resumable upload in the store."""

    __tablename__ = "upload_parts"

    upload_id: Mapped[str] = mapped_column(Identity, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    offset: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(Text)


class IdempotencyKey(Base):
    """A request that must not be done twice: the hash of what was asked, and what came of it."""

    __tablename__ = "idempotency_keys"

    project_id: Mapped[str] = mapped_column(Identity, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[str] = mapped_column(Identity)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Feedback(Base):
    """What a person thinks of a verdict."""

    __tablename__ = "feedback"
    __table_args__ = (_one_of("judgement", Judgement),)

    id: Mapped[str] = mapped_column(Identity, primary_key=True)
    analysis_id: Mapped[str] = mapped_column(Identity, ForeignKey("analyses.id", ondelete="CASCADE"), index=True)
    judgement: Mapped[Judgement] = mapped_column(String(11))
    comment: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class UsedModel(Base):
    """A model that took part in an analysis; the result document says the same."""

    __tablename__ = "models_used"

    analysis_id: Mapped[str] = mapped_column(Identity, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    version: Mapped[str] = mapped_column(String(50))
    sha256: Mapped[str] = mapped_column(String(64))


class Webhook(Base):
    """An address of a project that is told of events; `secret` signs what is sent there. `events` empty means all."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(Identity, primary_key=True)
    project_id: Mapped[str] = mapped_column(Identity, ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(String(100))
    events: Mapped[list[str]]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Delivery(Base):
    """One message to one address. `webhook_id` is none for the address that an analysis itself named."""

    __tablename__ = "deliveries"
    __table_args__ = (
        _one_of("state", DeliveryState),
        Index("ix_deliveries_due", "state", "next_at"),
        Index("ix_deliveries_list", "project_id", "state", "id"),
    )

    id: Mapped[str] = mapped_column(Identity, primary_key=True)
    project_id: Mapped[str] = _project()
    webhook_id: Mapped[str | None] = mapped_column(Identity, ForeignKey("webhooks.id", ondelete="CASCADE"), index=True)
    analysis_id: Mapped[str | None] = mapped_column(Identity, index=True)
    url: Mapped[str] = mapped_column(Text)
    event: Mapped[str] = mapped_column(String(30))
    payload: Mapped[dict[str, Any]]
    state: Mapped[DeliveryState] = mapped_column(String(9))
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class AuditEntry(Base):
    """What was done, by whom. Changes of an analysis's state are written by a trigger, and outlive the analysis."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_project", "project_id", "id"), Index("ix_audit_analysis", "analysis_id", "id"))

    id: Mapped[int] = mapped_column(Numbered, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    project_id: Mapped[str | None] = mapped_column(Identity)
    analysis_id: Mapped[str | None] = mapped_column(Identity)
    actor: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(40))
    before: Mapped[str | None] = mapped_column(String(9))
    after: Mapped[str | None] = mapped_column(String(9))
    detail: Mapped[dict[str, Any] | None]


class Deletion(Base):
    """The proof that an analysis was deleted: what was removed and that it was looked for afterwards."""

    __tablename__ = "deletions"
    __table_args__ = (UniqueConstraint("project_id", "analysis_id"),)

    id: Mapped[str] = mapped_column(Identity, primary_key=True)
    project_id: Mapped[str] = _project()
    analysis_id: Mapped[str] = mapped_column(Identity)
    requested_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    receipt: Mapped[dict[str, Any]]
