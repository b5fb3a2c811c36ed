"""The probe: other answers to light re-encodings are told, failures are no answers, and nothing is left behind."""

import json

import jsonschema
import pytest
from typer.testing import CliRunner

import unmask
from support import fakemedia, fakeresult
from support.makers import make_picture, make_video
from unmask.bootstrap import analyzer
from unmask.cli.app import app
from unmask.cli.verdict import panel
from unmask.errors import Cancelled, Truncated
from unmask.report.html import render_html
from unmask.report.schema import PATH, schema_text
from unmask.result import Reading, Result, Stability
from unmask.settings import load
from unmask.stability import UNSTABLE, probed


def copy(media, target):
    target.write_bytes(b"x")


def answers(*given):
    """A judge that gives these verdicts, or raises them, one after the other; it remembers the files it saw."""
    left, paths = list(given), []

    def judge(path, progress):
        paths.append(path)
        assert path.read_bytes() == b"x"
        progress("media", 0.5)
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    judge.paths = paths
    return judge


LOW = fakeresult.verdict("likely_authentic", -2.0, (0.05, 0.3))
MIDDLE = fakeresult.verdict("inconclusive", -0.5, (0.2, 0.6), "evidence_too_weak")
NONE = fakeresult.verdict("not_assessable", None, None)
WAYS = {"a": copy, "b": copy, "c": copy}


def test_label_and_probability_stay_and_the_spread_is_told():
    judge = answers(LOW, LOW, MIDDLE)
    found = probed(None, LOW, judge, lambda stage, fraction: None, WAYS)
    assert (found.label, found.probability, found.interval) == (LOW.label, LOW.probability, LOW.interval)
    assert found.reasons == [UNSTABLE]
    assert [(r.variant, r.label) for r in found.stability.values] == [
        ("a", "likely_authentic"), ("b", "likely_authentic"), ("c", "inconclusive"),
    ]  # fmt: skip
    assert found.stability.spread == pytest.approx(MIDDLE.probability - LOW.probability)
    assert not any(path.exists() for path in judge.paths)


def test_the_same_label_each_time_is_stable():
    assert probed(None, LOW, answers(LOW, LOW, LOW), lambda s, f: None, WAYS).reasons == []


def test_a_failure_is_a_code_and_no_answer():
    found = probed(None, LOW, answers(Truncated("x"), ZeroDivisionError(), LOW), lambda s, f: None, WAYS)
    assert [r.error for r in found.stability.values] == ["truncated", "internal", None]
    assert found.reasons == [] and found.stability.spread == 0
    nothing = probed(None, NONE, answers(NONE, NONE, NONE), lambda s, f: None, WAYS)
    assert nothing.stability.spread is None and nothing.reasons == []


def test_stopping_stops_it_and_progress_only_grows():
    seen = []
    probed(None, LOW, answers(LOW, LOW, LOW), lambda stage, fraction: seen.append((stage, fraction)), WAYS)
    assert seen == sorted(seen) and {stage for stage, _ in seen} == {"fuse"} and seen[-1][1] < 1

    def stop(stage, fraction):
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        probed(None, LOW, answers(LOW), stop, WAYS)


def test_without_the_probe_there_is_no_stability(tmp_path):
    picture = make_picture(tmp_path / "p.png")
    assert unmask.analyze(picture, tmp_path / "out").verdict.stability is None


def test_the_library_and_the_document_have_it_and_the_file_declares_what_it_did(tmp_path):
    video = make_video(tmp_path / "v.mp4", seconds=1)
    found = unmask.analyze(video, tmp_path / "out", load({"fps": 1.0}), probe=True)
    stability = found.verdict.stability
    assert [one.variant for one in stability.values] == ["h264_crf23", "scaled_h264_crf23", "aac_128k"]
    assert all(one.error is None for one in stability.values)
    written = json.loads((tmp_path / "out" / "result.json").read_bytes())
    jsonschema.validate(written, json.loads(PATH.read_text()))
    assert Result.from_json((tmp_path / "out" / "result.json").read_bytes()).verdict == found.verdict
    assert "probe" in found.timings
    assert "After light re-encoding" in (tmp_path / "out" / "report.html").read_text()


def test_the_command_shows_it(tmp_path):
    picture = make_picture(tmp_path / "p.png")
    done = CliRunner().invoke(app, ["analyze", str(picture), "--out", str(tmp_path / "out"), "--probe", "--exit-zero"])
    assert done.exit_code == 0, done.output
    assert "after light re-encoding: JPEG of quality 90" in " ".join(done.output.split())


def unstable(folder):
    values = [
        Reading(variant="h264_crf23", label="likely_manipulated", probability=0.95),
        Reading(variant="scaled_h264_crf23", label="inconclusive", probability=0.55),
        Reading(variant="aac_128k", error="decode_failed"),
    ]
    result = fakeresult.assemble(folder, fakemedia.media(), fakeresult.verdict("likely_manipulated", 3.0, (0.9, 0.98)))
    told = {"stability": Stability(values=values, spread=0.42), "reasons": [UNSTABLE]}
    return result.model_copy(update={"verdict": result.verdict.model_copy(update=told)})


def test_report_and_terminal_say_that_the_answer_turned(tmp_path):
    from rich.console import Console

    result = unstable(tmp_path)
    page = render_html(result, tmp_path)
    assert "another answer" in page and "spread 0.42" in page and "scaled to 90 % and back" in page
    assert "light re-encodings of the file get another answer" in page
    screen = Console(width=300, record=True, quiet=False, file=(tmp_path / "screen").open("w"))
    screen.print(panel(result, tmp_path))
    text = screen.export_text()
    screen.file.close()
    assert "H.264 at CRF 23 0.95" in text and "AAC at 128 kbit/s decode failed" in text and "(spread 0.42)" in text


def test_the_published_schema_is_that_of_the_models():
    assert PATH.read_text(encoding="utf-8") == schema_text()


def test_the_probe_judges_with_what_the_original_declares(tmp_path, monkeypatch):
    import unmask.pipeline as pipeline

    seen = []
    real = pipeline.fuse

    def fuse(media, *rest):
        seen.append(media.provenance)
        return real(media, *rest)

    monkeypatch.setattr(pipeline, "fuse", fuse)
    analyzer(load()).analyze(make_picture(tmp_path / "p.jpg"), tmp_path / "out", probe=True)
    assert len(seen) == 4 and all(one is seen[0] for one in seen)
