"""The command as a script meets it, in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from unmask.result import Result

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples"


def unmask(*args, **env):
    return subprocess.run(
        [sys.executable, "-m", "unmask.cli.app", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, **env},
        check=False,
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Both samples and a file that is none, analysed by one call with --json."""
    folder = tmp_path_factory.mktemp("both")
    broken = folder / "broken.mp4"
    broken.write_bytes(b"")
    done = unmask("analyze", SAMPLES / "untouched.mp4", broken, SAMPLES / "manipulated.mp4", "--json", "--out", folder)
    return done, folder


def test_json_prints_one_document_per_line_and_nothing_else(both):
    done, _ = both
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    names = [Result.from_json(line).media.name for line in lines]
    assert names == ["untouched.mp4", "manipulated.mp4"]


def test_the_documents_fit_the_published_schema(both):
    done, _ = both
    schema = json.loads((ROOT / "src/unmask/result.schema.json").read_text())
    for line in done.stdout.splitlines():
        jsonschema.validate(json.loads(line), schema)


def test_one_bad_file_does_not_stop_the_others_and_is_named_with_its_code(both):
    done, _ = both
    (error,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert error["file"].endswith("broken.mp4")
    assert error["error"]["code"] == "empty_file"
    assert done.returncode == 3


def test_every_file_has_a_folder_with_report_document_and_evidence(both):
    done, folder = both
    for name, line in zip(("001-untouched", "003-manipulated"), done.stdout.splitlines(), strict=True):
        written = Result.from_json((folder / name / "result.json").read_text())
        assert written == Result.from_json(line)
        assert (folder / name / "report.html").stat().st_size > 10_000
        for evidence in written.evidence:
            if evidence.artifact:
                assert (folder / name / evidence.artifact).is_file()


def test_a_readable_verdict_goes_to_the_terminal_and_the_report_beside_the_file(tmp_path):
    shutil.copy(SAMPLES / "untouched.mp4", tmp_path / "a [bold]clip.mp4")
    done = unmask("analyze", tmp_path / "a [bold]clip.mp4", "--fps", "1")
    assert "a [bold]clip.mp4" in done.stdout
    assert "report.html" in done.stdout
    assert (tmp_path / "a [bold]clip.mp4.unmask" / "report.html").is_file()
    assert done.returncode in {0, 10, 11}


def test_quiet_prints_one_line(tmp_path):
    done = unmask("analyze", SAMPLES / "untouched.mp4", "-q", "--fps", "1", "--exit-zero", "--out", tmp_path)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_missing_file_is_an_error_with_words(tmp_path):
    done = unmask("analyze", tmp_path / "nothing.mp4")
    assert done.returncode == 3
    assert "file_missing" in done.stderr
    assert done.stdout == ""


def test_a_bad_setting_is_refused_before_anything_runs(tmp_path):
    done = unmask("analyze", SAMPLES / "untouched.mp4", UNMASK_MAX_BYTES="-1")
    assert done.returncode == 1
    assert "max_bytes" in done.stderr


def test_help_names_the_exit_codes_and_the_version_is_told():
    assert "12 not assessable" in " ".join(unmask("analyze", "--help", COLUMNS="300").stdout.split())
    assert unmask("--version").stdout.startswith("unmask 0.")


def test_the_models_are_listed_and_verified():
    listed = unmask("models", "list", COLUMNS="200")
    assert "face" in listed.stdout
    assert "voice" in listed.stdout
    verified = unmask("models", "verify")
    assert verified.returncode == 0
    assert verified.stdout.count("ok") == 3


def test_help_does_not_load_the_networks():
    code = (
        "import sys, unmask.cli.app; assert not {'tensorflow', 'keras', 'cv2', 'av', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_preset_sets_what_was_not_set_and_says_so_in_the_document(tmp_path):
    done = unmask("analyze", SAMPLES / "untouched.mp4", "--fast", "--clips", "--json", "--out", tmp_path / "out")
    settings = json.loads(done.stdout)["settings"]
    assert (settings["fps"], settings["pdf"], settings["clips"]) == (1.0, False, True)
    assert not (tmp_path / "out" / "report.pdf").exists()


def test_fast_and_thorough_together_are_refused(tmp_path):
    done = unmask("analyze", SAMPLES / "untouched.mp4", "--fast", "--thorough", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "--fast and --thorough" in done.stderr
