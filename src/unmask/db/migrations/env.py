"""Alembic's entry: it runs in the transaction that `unmask.db.migrate` began."""

from __future__ import annotations

from alembic import context

from unmask.db import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.Project.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    compare_server_default=True,
)
context.run_migrations()
