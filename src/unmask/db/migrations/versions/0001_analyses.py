"""Projects, keys, and analyses with what hangs on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IDENTITY = sa.String(26)
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLES = (
    "projects",
    "api_keys",
    "batches",
    "media",
    "analyses",
    "artifacts",
    "events",
    "feedback",
    "findings",
    "shards",
)


def upgrade() -> None:
    """Forth."""
    _projects()
    _api_keys()
    _batches()
    _media()
    _analyses()
    _artifacts()
    _events()
    _feedback()
    _findings()
    _shards()


def downgrade() -> None:
    """Back."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _projects() -> None:
    op.create_table(
        "projects",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("retention_days", sa.Float(), nullable=True),
        sa.Column("keep_record", sa.Boolean(), nullable=False),
        sa.Column("max_stored_bytes", sa.BigInteger(), nullable=True),
        sa.Column("webhook_secret", sa.String(100), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("name", name=op.f("uq_projects_name")),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("project_id", IDENTITY, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("key_id", sa.String(12), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=True),
        sa.Column("burst", sa.Integer(), nullable=True),
        sa.Column("per_day", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_api_keys_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_id", name=op.f("uq_api_keys_key_id")),
    )
    op.create_index(op.f("ix_api_keys_project_id"), "api_keys", ["project_id"], unique=False)


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("project_id", IDENTITY, nullable=False),
        sa.Column("label", sa.String(100), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_batches_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_project_id"), "batches", ["project_id"], unique=False)


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("project_id", IDENTITY, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_media_project_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "sha256", name=op.f("pk_media")),
    )


def _analyses() -> None:
    op.create_table(
        "analyses",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("project_id", IDENTITY, nullable=False),
        sa.Column("key_id", IDENTITY, nullable=True),
        sa.Column("batch_id", IDENTITY, nullable=True),
        sa.Column("rerun_of", IDENTITY, nullable=True),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("stage", sa.String(20), nullable=True),
        sa.Column("fraction", sa.Float(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(40), nullable=False),
        sa.Column("priority", sa.String(11), nullable=False),
        sa.Column("label", sa.String(100), nullable=True),
        sa.Column("options", JSON, nullable=False),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("media_name", sa.String(255), nullable=False),
        sa.Column("media_sha256", sa.String(64), nullable=True),
        sa.Column("media_bytes", sa.BigInteger(), nullable=True),
        sa.Column("media_held", sa.Boolean(), nullable=False),
        sa.Column("duration", sa.Float(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("keep_record", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=True),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("error_code", sa.String(50), nullable=True),
        sa.Column("error_status", sa.Integer(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_hint", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'done') = (verdict IS NOT NULL)", name=op.f("ck_analyses_done_has_a_verdict")),
        sa.CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name=op.f("ck_analyses_failed_says_why")),
        sa.CheckConstraint(
            "(state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)", name=op.f("ck_analyses_ended")
        ),
        sa.CheckConstraint("priority IN ('interactive', 'batch')", name=op.f("ck_analyses_priority")),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_analyses_state")
        ),
        sa.CheckConstraint("fraction BETWEEN 0 AND 1", name=op.f("ck_analyses_fraction")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_analyses_batch_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_analyses_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analyses")),
    )
    op.create_index("ix_analyses_batch", "analyses", ["batch_id", "state"], unique=False)
    op.create_index("ix_analyses_expiry", "analyses", ["expires_at"], unique=False)
    op.create_index("ix_analyses_label", "analyses", ["project_id", "label", "id"], unique=False)
    op.create_index("ix_analyses_list", "analyses", ["project_id", "id"], unique=False)
    op.create_index("ix_analyses_media", "analyses", ["project_id", "media_sha256"], unique=False)
    op.create_index("ix_analyses_open", "analyses", ["state", "priority", "created_at"], unique=False)
    op.create_index("ix_analyses_state", "analyses", ["project_id", "state", "id"], unique=False)
    op.create_index("ix_analyses_verdict", "analyses", ["project_id", "verdict", "id"], unique=False)


def _artifacts() -> None:
    op.create_table(
        "artifacts",
        sa.Column("analysis_id", IDENTITY, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_artifacts_analysis_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", "name", name=op.f("pk_artifacts")),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("analysis_id", IDENTITY, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_events_analysis_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", "seq", name=op.f("pk_events")),
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("analysis_id", IDENTITY, nullable=False),
        sa.Column("judgement", sa.String(11), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("judgement IN ('authentic', 'manipulated', 'unsure')", name=op.f("ck_feedback_judgement")),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_feedback_analysis_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_analysis_id"), "feedback", ["analysis_id"], unique=False)


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("analysis_id", IDENTITY, nullable=False),
        sa.Column("detector", sa.String(50), nullable=False),
        sa.Column("subject", sa.String(50), nullable=False),
        sa.Column("state", sa.String(14), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_findings_analysis_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", "detector", "subject", name=op.f("pk_findings")),
    )


def _shards() -> None:
    op.create_table(
        "shards",
        sa.Column("analysis_id", IDENTITY, nullable=False),
        sa.Column("part", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("start", sa.String(50), nullable=False),
        sa.Column("end", sa.String(50), nullable=False),
        sa.Column("state", sa.String(7), nullable=False),
        sa.Column("priority", sa.String(11), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("outcome_key", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(50), nullable=True),
        sa.Column("worker", sa.String(100), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("available_at", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.CheckConstraint("priority IN ('interactive', 'batch')", name=op.f("ck_shards_priority")),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_shards_state")),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_shards_analysis_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", "part", "number", name=op.f("pk_shards")),
    )
    op.create_index("ix_shards_claim", "shards", ["state", "priority", "available_at"], unique=False)
    op.create_index("ix_shards_lease", "shards", ["state", "lease_until"], unique=False)
