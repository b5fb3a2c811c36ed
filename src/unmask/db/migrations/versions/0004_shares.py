"""Links that show one result to others, and which models took part in an analysis."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

IDENTITY = sa.String(26)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Forth."""
    _shares()
    _models_used()


def downgrade() -> None:
    """Back."""
    op.drop_table("models_used")
    op.drop_table("shares")


def _shares() -> None:
    op.create_table(
        "shares",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("project_id", IDENTITY, nullable=False),
        sa.Column("analysis_id", IDENTITY, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_shares_analysis_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_shares_project_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
        sa.UniqueConstraint("digest", name=op.f("uq_shares_digest")),
    )
    op.create_index(op.f("ix_shares_analysis_id"), "shares", ["analysis_id"], unique=False)
    op.create_index(op.f("ix_shares_expires_at"), "shares", ["expires_at"], unique=False)


def _models_used() -> None:
    op.create_table(
        "models_used",
        sa.Column("analysis_id", IDENTITY, nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("version", sa.String(50), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_models_used_analysis_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", "name", name=op.f("pk_models_used")),
    )
