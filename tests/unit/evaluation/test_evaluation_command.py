"""The command on files that no network has to look at: what it writes, prints and refuses."""

import json

from typer.testing import CliRunner

from support.makers import make_sound, make_video
from unmask.cli.app import Layouts, app
from unmask.evaluation.document import Evaluation
from unmask.evaluation.layouts import LAYOUTS


def call(*args):
    return CliRunner().invoke(app, ["evaluate", *map(str, args)])


def manifest(folder, *lines):
    path = folder / "m.csv"
    path.write_text("path,kind,label,method,person,split,source\n" + "\n".join(lines) + "\n")
    return path


def test_a_run_writes_document_page_and_outcomes_and_names_what_failed(tmp_path):
    make_video(tmp_path / "plain.mp4", seconds=1, audio=False)
    make_sound(tmp_path / "tone.wav")
    (tmp_path / "empty.mp4").write_bytes(b"")
    listed = manifest(
        tmp_path,
        "plain.mp4,video,real,,p1,dev,here",
        "tone.wav,audio,fake,VITS,p2,dev,here",
        "empty.mp4,video,fake,FaceSwap,p3,dev,there",
        "gone.mp4,video,real,,p4,dev,there",
        "unused.mp4,video,real,,p5,train,there",
    )
    out = tmp_path / "out"
    done = call(listed, "--out", out, "--fps", 1)
    assert done.exit_code == 0, done.output
    assert "empty_file" in done.output and "file_missing" in done.output
    found = Evaluation.from_json((out / "evaluation.json").read_bytes())
    assert (found.data.files, found.data.real, found.data.fake) == (4, 2, 2)
    assert {one.code for one in found.failed} == {"empty_file", "file_missing"}
    verdict = found.subject("verdict")
    assert verdict.labels["real"] == {"not_assessable": 1, "failed": 1}
    assert verdict.numbers.coverage.value == 0.0 and verdict.numbers.auc is None
    assert len(list((out / "files").glob("*.json"))) == 4
    assert "Nothing could be measured" in (out / "evaluation.html").read_text()

    kinds = call(listed, "--out", out, "--fps", 1, "--kind", "audio", "--compare", out / "evaluation.json")
    assert kinds.exit_code == 0, kinds.output
    again = json.loads((out / "evaluation.json").read_text())
    assert again["data"]["files"] == 1 and again["comparison"]["n_before"] == 4


def test_a_layout_is_read_from_its_folder(tmp_path):
    folder = tmp_path / "Celeb-real"
    folder.mkdir()
    (folder / "id0_0000.mp4").write_bytes(b"")
    done = call(tmp_path, "--layout", "celeb-df", "--out", tmp_path / "out", "--quiet")
    assert done.exit_code == 0, done.output
    found = Evaluation.from_json((tmp_path / "out" / "evaluation.json").read_bytes())
    assert found.failed[0].file == "Celeb-real/id0_0000.mp4"


def test_the_commands_layouts_are_those_there_are():
    assert set(Layouts.__args__) == set(LAYOUTS)


def test_what_cannot_be_evaluated_is_said_and_nothing_is_written(tmp_path):
    listed = manifest(tmp_path, "a.mp4,video,real,,p,train,here")
    done = call(listed, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "nothing to evaluate" in done.output and "bad_dataset" in done.output
    assert not (tmp_path / "out").exists()
