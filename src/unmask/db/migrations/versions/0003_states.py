"""Triggers: an analysis begins queued, goes only ways that there are, and every change of its state is audited.

What has ended keeps its verdict or error. The audit is only ever added to.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WAYS = (
    ("queued", "running"),
    ("queued", "failed"),
    ("queued", "cancelled"),
    ("running", "done"),
    ("running", "failed"),
    ("running", "cancelled"),
)
_PAIRS = ", ".join(f"('{before}', '{after}')" for before, after in WAYS)
_ENDED = "('done', 'failed', 'cancelled')"
_AUDIT = "INSERT INTO audit (at, project_id, analysis_id, actor, action, before, after) VALUES "
_OF_NEW = "NEW.project_id, NEW.id, NEW.changed_by, 'analysis.state'"
_REWRITTEN = " OR ".join(
    f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in ("verdict", "probability", "error_code", "finished_at")
)

_POSTGRES = (
    f"""
CREATE FUNCTION unmask_analysis_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'queued' THEN
        RAISE EXCEPTION 'an analysis begins queued' USING ERRCODE = 'check_violation';
    END IF;
    {_AUDIT} (clock_timestamp(), {_OF_NEW}, NULL, NEW.state);
    RETURN NEW;
END $$""",
    f"""
CREATE FUNCTION unmask_analysis_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state THEN
        IF (OLD.state, NEW.state) NOT IN ({_PAIRS}) THEN
            RAISE EXCEPTION 'no such way' USING ERRCODE = 'check_violation';
        END IF;
        {_AUDIT} (clock_timestamp(), {_OF_NEW}, OLD.state, NEW.state);
    ELSIF OLD.state IN {_ENDED} AND ({_REWRITTEN}) THEN
        RAISE EXCEPTION 'what ended can not be rewritten' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.id <> OLD.id OR NEW.project_id <> OLD.project_id THEN
        RAISE EXCEPTION 'an analysis stays where it is' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$""",
    """
CREATE FUNCTION unmask_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'check_violation';
END $$""",
    "CREATE TRIGGER analysis_begins BEFORE INSERT ON analyses FOR EACH ROW EXECUTE FUNCTION unmask_analysis_begins()",
    "CREATE TRIGGER analysis_changes BEFORE UPDATE ON analyses FOR EACH ROW EXECUTE FUNCTION unmask_analysis_changes()",
    "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION unmask_audit_stays()",
)

_POSTGRES_BACK = (
    "DROP TRIGGER analysis_begins ON analyses",
    "DROP TRIGGER analysis_changes ON analyses",
    "DROP TRIGGER audit_stays ON audit",
    "DROP FUNCTION unmask_analysis_begins()",
    "DROP FUNCTION unmask_analysis_changes()",
    "DROP FUNCTION unmask_audit_stays()",
)

_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"  # microseconds, as the column's other values have them
_SQLITE = (
    f"""
CREATE TRIGGER analysis_begins BEFORE INSERT ON analyses BEGIN
    SELECT RAISE(ABORT, 'an analysis begins queued') WHERE NEW.state <> 'queued';
    {_AUDIT} ({_NOW}, {_OF_NEW}, NULL, NEW.state);
END""",
    f"""
CREATE TRIGGER analysis_changes BEFORE UPDATE OF state ON analyses WHEN NEW.state <> OLD.state BEGIN
    SELECT RAISE(ABORT, 'no such way') WHERE (OLD.state, NEW.state) NOT IN (VALUES {_PAIRS});
    {_AUDIT} ({_NOW}, {_OF_NEW}, OLD.state, NEW.state);
END""",
    f"""
CREATE TRIGGER analysis_stays_ended BEFORE UPDATE ON analyses
WHEN NEW.state = OLD.state AND OLD.state IN {_ENDED} AND ({_REWRITTEN.replace("IS DISTINCT FROM", "IS NOT")}) BEGIN
    SELECT RAISE(ABORT, 'what ended can not be rewritten');
END""",
    """
CREATE TRIGGER analysis_stays BEFORE UPDATE OF id, project_id ON analyses
WHEN NEW.id <> OLD.id OR NEW.project_id <> OLD.project_id BEGIN
    SELECT RAISE(ABORT, 'an analysis stays where it is');
END""",
    "CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END",
    "CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END",
)
_SQLITE_BACK = (
    "DROP TRIGGER analysis_begins",
    "DROP TRIGGER analysis_changes",
    "DROP TRIGGER analysis_stays_ended",
    "DROP TRIGGER analysis_stays",
    "DROP TRIGGER audit_keeps",
    "DROP TRIGGER audit_stays",
)


def upgrade() -> None:
    """Forth."""
    for statement in _POSTGRES if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Back."""
    for statement in _POSTGRES_BACK if op.get_bind().dialect.name == "postgresql" else _SQLITE_BACK:
        op.get_bind().exec_driver_sql(statement)
