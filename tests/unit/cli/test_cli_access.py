"""`unmask access` and `unmask migrate`, on a real database file."""

import pytest
from typer.testing import CliRunner

from unmask.cli.app import app
from unmask.service.context import open_context
from unmask.service.keys import authenticate
from unmask.settings import load_service

run = CliRunner(env={"COLUMNS": "200"}).invoke


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch):
    monkeypatch.setenv("UNMASK_DATA", str(tmp_path))


def make(*options: str) -> str:
    made = run(app, ["access", "create", "--name", "desk", *options])
    assert made.exit_code == 0, made.output
    return made.stdout.strip()


def test_a_made_key_opens_its_project_with_its_scopes_until_it_is_revoked():
    text = make("--project", "newsroom", "--scope", "read", "--per-minute", "7")
    context = open_context(load_service())
    principal = authenticate(context, text)
    assert (principal.scopes, principal.per_minute) == ({"read"}, 7)
    assert run(app, ["access", "revoke", principal.key]).exit_code == 0
    with pytest.raises(Exception, match="not known"):
        authenticate(context, text)
    context.database.close()


def test_the_list_shows_the_id_in_full_and_never_the_secret():
    text = make("--project", "newsroom")
    shown = run(app, ["access", "list"]).stdout
    _, key_id, secret = text.split("_", 2)
    assert key_id in shown
    assert "newsroom" in shown
    assert secret not in shown
    assert key_id not in run(app, ["access", "list", "--project", "other"]).stdout


def test_only_the_key_is_on_standard_output_so_that_a_script_can_take_it():
    assert make().startswith("unmask_")
    assert len(make().splitlines()) == 1


def test_what_cannot_be_done_is_told_with_exit_code_1():
    for command in (["access", "create", "--name", "x", "--scope", "root"], ["access", "revoke", "abcdefghijkl"]):
        wrong = run(app, command)
        assert wrong.exit_code == 1
        assert wrong.stderr


def test_what_a_project_may_keep_is_set_changed_and_taken_away():
    set_ = run(app, ["access", "project", "newsroom", "--max-bytes", "1000", "--days", "30", "--keep-record"])
    assert set_.stdout.strip() == "newsroom: 1000 bytes of media, kept 30 days, record kept"
    same = run(app, ["access", "project", "newsroom", "--days", "0.5"])
    assert same.stdout.strip() == "newsroom: 1000 bytes of media, kept 0.5 days, record kept"
    gone = run(app, ["access", "project", "newsroom", "--max-bytes", "-1", "--days", "-1", "--drop-record"])
    assert gone.stdout.strip() == "newsroom: no limit of media, kept as the server says, record deleted"


def test_the_schema_goes_up_and_down(tmp_path):
    assert run(app, ["migrate"]).exit_code == 0
    make()
    assert run(app, ["migrate", "--down", "--to", "base"]).exit_code == 0
    assert run(app, ["migrate"]).exit_code == 0
    assert "desk" not in run(app, ["access", "list"]).stdout


def test_a_secret_can_come_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "unmask_database_url").write_text("postgresql://u:from-file@db/unmask\n")
    monkeypatch.setenv("UNMASK_SETTINGS_DIR", str(tmp_path / "secrets"))
    assert load_service().database() == "postgresql+psycopg://u:from-file@db/unmask"
    assert "from-file" not in repr(load_service())
    monkeypatch.setenv("UNMASK_DATABASE_URL", "postgresql://u:from-environment@db/unmask")
    assert "from-environment" in load_service().database()
