"""The schema comes and goes by the same migrations on both databases, and is what the tables say."""

from __future__ import annotations

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from support.rows import finished, principal, started
from unmask.db.migrate import downgrade, head, is_current, upgrade
from unmask.db.session import Database
from unmask.db.tables import TRANSITIONS, Project
from unmask.service.context import Context
from unmask.storage.open import open_store


@pytest.fixture
def empty(settings):
    database = Database(settings.database())
    yield database
    database.close()


def test_the_migrated_schema_is_that_of_the_tables(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Project.metadata) == []


def test_up_down_and_up_again_leaves_nothing_behind(empty):
    for _ in range(2):
        upgrade(empty)
        assert is_current(empty)
        downgrade(empty, "base")
        assert not is_current(empty)
        assert set(inspect(empty.engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
        with empty.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                query = text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'unmask%'")
                assert connection.scalar(query) == 0


def test_each_step_can_be_taken_alone_forth_and_back(empty):
    steps = ["0001", "0002", "0003", "0004", "0005"]
    assert steps[-1] == head()
    for step in steps:
        upgrade(empty, step)
    for step in reversed(["base", *steps[:-1]]):
        downgrade(empty, step)
    assert not is_current(empty)


def test_upgrading_what_is_current_changes_nothing(database):
    upgrade(database)
    assert is_current(database)


def test_servers_that_start_together_migrate_once(settings):
    databases = [Database(settings.database()) for _ in range(4)]
    failures = []

    def start(database):
        try:
            upgrade(database)
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=start, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert is_current(databases[0])
    for database in databases:
        database.close()


def test_analyses_in_flight_outlive_a_step_back_and_forth(settings, database):
    context = Context(database, open_store(settings), settings)
    who = principal(context)
    running, done = started(context, who, b"one"), finished(context, who, b"two")
    downgrade(database, "0002")
    upgrade(database)
    with database.write() as repo:
        assert repo.analyses.get(who.project, done).verdict == "likely_manipulated"
        assert repo.analyses.change(running, ("running",), "cancelled", "test", finished_at=context.now()) is not None


def test_the_triggers_know_the_same_ways_as_the_tables():
    from importlib import import_module

    assert import_module("unmask.db.migrations.versions.0003_states").WAYS == TRANSITIONS


def test_every_list_is_served_by_an_index(database):
    """The planner of SQLite says for each filter which index it takes; PostgreSQL has the same indexes."""
    if database.engine.dialect.name != "sqlite":
        pytest.skip("the plan is read from SQLite")
    wheres = {
        "": "ix_analyses_list",
        "AND state = 'done'": "ix_analyses_state",
        "AND verdict = 'inconclusive'": "ix_analyses_verdict",
        "AND label = 'x'": "ix_analyses_label",
    }
    with database.engine.connect() as connection:
        for where, index in wheres.items():
            query = f"SELECT * FROM analyses WHERE project_id = 'p' {where} AND id < 'z' ORDER BY id DESC"
            plan = " ".join(row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
            assert index in plan, plan
            assert "TEMP B-TREE" not in plan
