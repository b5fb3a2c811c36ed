"""The check of the demo's output complains of exactly what is wrong."""

import json

import check_demo
import pytest

FORGED = {"label": "manipulated", "manipulations": [{"start": 4.0, "end": 9.0, "modality": "face"}]}


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.setattr(check_demo, "SAMPLES", tmp_path)

    def write(label, segments):
        folder = tmp_path / "a.mp4.unmask"
        folder.mkdir()
        (folder / "report.html").write_text("<html></html>")
        result = {"verdict": {"label": label, "probability": 0.9}, "segments": segments}
        (folder / "result.json").write_text(json.dumps(result))

    return write


@pytest.mark.parametrize("label", ["likely_manipulated", "inconclusive"])
def test_a_verdict_that_does_not_contradict_with_a_segment_in_the_stretch_passes(written, label):
    written(label, [{"start": 8.5, "end": 9.5}])
    assert check_demo.complaints("a.mp4", FORGED) == []


@pytest.mark.parametrize("label", ["likely_authentic", "not_assessable"])
def test_a_verdict_that_contradicts_the_truth_is_a_complaint(written, label):
    written(label, [{"start": 5.0, "end": 6.0}])
    assert check_demo.complaints("a.mp4", FORGED) == [f"a.mp4: the verdict is {label}"]


def test_an_untouched_clip_that_is_called_manipulated_is_a_complaint(written):
    written("likely_manipulated", [])
    facts = {"label": "untouched", "manipulations": []}
    assert check_demo.complaints("a.mp4", facts) == ["a.mp4: the verdict is likely_manipulated"]


def test_a_segment_elsewhere_is_a_complaint(written):
    written("likely_manipulated", [{"start": 9.0, "end": 12.0}])
    assert check_demo.complaints("a.mp4", FORGED) == ["a.mp4: no segment touches what was manipulated"]


def test_a_missing_report_is_a_complaint(tmp_path, monkeypatch):
    monkeypatch.setattr(check_demo, "SAMPLES", tmp_path)
    assert check_demo.complaints("a.mp4", FORGED) == ["a.mp4: no report.html", "a.mp4: no result.json"]
