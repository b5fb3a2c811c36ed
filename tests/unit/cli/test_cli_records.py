"""`unmask verify` and `unmask keys` as a script meets them, in one process: the same functions, read by Typer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from support import fakeresult as fake
from unmask.cli.app import app
from unmask.record.keys import make_key
from unmask.report.write import write_report
from unmask.settings import Settings

RUN = CliRunner(env={"COLUMNS": "200"})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNMASK_KEYS", str(tmp_path / "keys"))
    return tmp_path


def unmask(*args: object) -> tuple[int, str]:
    done = RUN.invoke(app, [str(arg) for arg in args])
    return done.exit_code, done.output


@pytest.fixture
def record(home: Path) -> Path:
    out = home / "clip.mp4.unmask"
    out.mkdir()
    write_report(fake.not_assessable(out), out, key=make_key(Settings()))
    return out / "result.json"


def test_a_record_of_one_s_own_holds_also_by_the_name_of_its_folder(record: Path) -> None:
    for path in (record, record.parent):
        code, text = unmask("verify", path)
        assert code == 0
        assert "as they were signed, by a key that you trust" in text


def test_a_changed_page_is_named_and_has_an_exit_code_of_its_own(record: Path) -> None:
    (record.parent / "report.html").write_text("another page")
    code, text = unmask("verify", record)
    assert code == 4
    assert "Not as it was signed: report.html." in text


def test_a_foreign_key_is_unknown_until_it_is_trusted(record: Path, home: Path, monkeypatch) -> None:
    key = json.loads(record.read_text())["signature"]["key"]
    monkeypatch.setenv("UNMASK_KEYS", str(home / "elsewhere"))
    code, text = unmask("verify", record)
    assert code == 5
    assert key in text
    assert unmask("verify", record, "--key", key)[0] == 0
    assert unmask("keys", "trust", key, "the other desk")[0] == 0
    assert unmask("verify", record)[0] == 0
    assert f"{key}  the other desk" in unmask("keys")[1]


def test_an_unsigned_record_is_said_to_be_anybody_s(home: Path) -> None:
    write_report(fake.not_assessable(home), home)
    code, text = unmask("verify", home)
    assert code == 5
    assert "unsigned: anyone could have written it" in text


def test_checks_as_json_name_every_part(record: Path) -> None:
    media = record.parent / "other.mp4"
    media.write_bytes(b"another media")
    code, text = unmask("verify", record, media, "--json")
    found = json.loads(text)
    assert code == 4
    assert {c["part"]: c["state"] for c in found["checks"]} == {
        "record": "holds",
        "key": "holds",
        "media": "differs",
        "report.html": "holds",
        "report.pdf": "holds",
    }
    assert found["intact"] is False


def test_what_is_not_there_has_words_and_a_code(home: Path) -> None:
    code, text = unmask("verify", home / "nothing.json")
    assert code == 3
    assert "bad_record" in text


def test_a_key_is_shown_made_once_and_never_overwritten(home: Path) -> None:
    assert "nothing: `unmask keys make`" in unmask("keys", "show")[1]
    assert unmask("keys", "make")[0] == 0
    code, text = unmask("keys", "make")
    assert code == 1
    assert "already" in text
    shown = unmask("keys")[1]
    assert "signing-key.pem" in shown
    assert "PRIVATE" not in shown


def test_a_key_that_is_none_is_refused(home: Path) -> None:
    assert unmask("keys", "trust", "not-a-key", "nobody")[0] == 1
    assert unmask("verify", home, "--key", "not-a-key")[0] == 1


def test_a_key_s_name_can_not_take_over_the_terminal(record: Path) -> None:
    key = json.loads(record.read_text())["signature"]["key"]
    other = key[:-2] + ("E=" if key[-2] == "A" else "A=")
    unmask("keys", "trust", other, "red\x1b[31m [bold]name")
    assert "\x1b[31m" not in unmask("keys")[1]
    assert "[bold]name" in unmask("keys")[1]


def test_a_report_in_another_language_leaves_the_record_as_it_was(record: Path) -> None:
    code, text = unmask("report", record.parent, "--language", "fr")
    assert code == 0
    assert [Path(line).name for line in text.split()] == ["report-fr.html", "report-fr.pdf"]
    page = (record.parent / "report-fr.html").read_text()
    assert '<html lang="fr" dir="ltr">' in page
    assert "Non évaluable" in page
    assert json.loads(record.read_text())["signature"]["key"] in page
    assert unmask("verify", record)[0] == 0


def test_one_kind_of_report_can_be_asked_for_and_put_elsewhere(record: Path, home: Path) -> None:
    assert unmask("report", record, "--pdf", "--out", home / "new" / "folder")[0] == 0
    assert [p.name for p in (home / "new" / "folder").iterdir()] == ["report-en.pdf"]


def test_a_report_of_nothing_has_words_and_a_code(home: Path) -> None:
    assert unmask("report", home / "nothing.json")[0] == 3
    (home / "wrong.json").write_text("{}")
    code, text = unmask("report", home / "wrong.json")
    assert code == 3
    assert "no result document" in text
