"""`unmask remote analyze` against a real server."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from unmask.cli import remote
from unmask.cli.app import app


@pytest.fixture
def analyze(service):
    def run(*arguments):
        runner = CliRunner(env={"UNMASK_SERVER": service.url, "UNMASK_KEY": service.key})
        return runner.invoke(app, ["remote", "analyze", *map(str, arguments)])

    return run


def test_verdict_exit_code_and_files_are_those_of_a_local_analysis(analyze, clip):
    done = analyze(clip)
    assert done.exit_code == 10, done.output
    assert "LIKELY MANIPULATED" in done.stdout
    folder = clip.with_name("clip.mp4.unmask")
    assert json.loads((folder / "result.json").read_text())["verdict"]["label"] == "likely_manipulated"
    assert (folder / "evidence" / "e1.png").read_bytes() == bytes(range(256))
    assert (folder / "report.html").exists()


def test_several_files_get_a_folder_each_and_the_worst_exit_code(analyze, clip, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(clip.read_bytes())
    done = analyze(clip, bad, "--json", "--out", tmp_path / "out")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["verdict"]["label"] == "likely_manipulated"
    assert "not_media" in done.stderr
    assert (tmp_path / "out" / "001-clip.mp4" / "result.json").exists()


def test_a_missing_file_and_an_unreachable_server_are_told(analyze, tmp_path, clip):
    assert analyze(tmp_path / "none.mp4").exit_code == 3
    told = CliRunner().invoke(app, ["remote", "analyze", str(clip), "--server", "ftp://127.0.0.1"])
    assert told.exit_code == 3
    assert told.stderr


def test_exit_codes_are_those_of_the_local_command():
    from unmask.cli import analyze as local

    assert (remote._EXITS, remote.FAILED) == (local.EXITS, local.FAILED)


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "a/../../b", "..", "a\nb", ".ssh/key", ""])
def test_a_server_cannot_write_outside_of_the_folder(name, tmp_path):
    client = SimpleNamespace(
        get=lambda _: SimpleNamespace(artifacts=[SimpleNamespace(name=name)]), artifact=lambda *_: b"x"
    )
    remote.keep(client, SimpleNamespace(id="x"), tmp_path / "folder")
    assert list(tmp_path.rglob("*")) == []
