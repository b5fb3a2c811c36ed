"""Projects whose media leave the store as soon as an analysis ended, and an index of what is due in one project."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forth."""
    op.add_column("projects", sa.Column("zero_retention", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_analyses_due", "analyses", ["project_id", "expires_at"])


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_analyses_due", table_name="analyses")
    op.drop_column("projects", "zero_retention")
