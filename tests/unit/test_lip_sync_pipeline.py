"""Lip-sync through all stages, with a network that learned nothing."""

import json
from pathlib import Path

import pytest

from support.tinysync import models_with_lips
from unmask.bootstrap import analyzer
from unmask.result import Result
from unmask.settings import load

SAMPLES = Path(__file__).parents[2] / "samples"


def analyzed(name, folder, shard_seconds=30.0, models=None):
    settings = load({"models": models, "shard_seconds": shard_seconds})
    return analyzer(settings).analyze(SAMPLES / name, folder)


@pytest.fixture(scope="module")
def moving(tmp_path_factory):
    folder = tmp_path_factory.mktemp("moving")
    return analyzed("manipulated.mp4", folder, models=models_with_lips()), folder


def parts(result: Result):
    """What a shard's length must not change."""
    kept = result.model_dump(mode="json", include={"verdict", "findings", "segments", "contributions", "evidence"})
    return json.loads(json.dumps(kept))


def of_lips(items):
    return [item for item in items if item.detector == "lip_sync"]


def test_shards_of_five_seconds_give_the_verdict_and_the_segments_of_one(moving, tmp_path):
    assert parts(analyzed("manipulated.mp4", tmp_path, 5.0, models_with_lips())) == parts(moving[0])


def test_the_finding_has_its_curves_and_its_share_of_the_verdict(moving):
    result, folder = moving
    (finding,) = of_lips(result.findings)
    assert (finding.state, finding.subject, finding.samples) == ("scored", "person-1", 11)
    (share,) = [c for c in result.contributions if c.source == "lip_sync"]
    shown = {e.id: e for e in result.evidence}
    assert [shown[number].kind for number in share.evidence] == ["signal_curve", "sync_curve"]
    facts = shown[share.evidence[1]].facts
    assert facts["windows"] == len(facts["offsets"]) == len(facts["confidences"]) == 11
    assert (folder / shown[share.evidence[1]].artifact).read_bytes().startswith(b"<?xml")
    assert {m.name for m in result.models} == {"face", "voice", "lip_sync"}


def test_the_report_shows_the_lips_beside_the_face(moving):
    page = (moving[1] / "report.html").read_text("utf-8")
    assert "The lip movement of person-1" in page
    assert "Sound against lips over time" in page
    assert "Lips and voice" in page


def test_the_segments_of_the_lips_lie_at_the_mouth(moving):
    for segment in of_lips(moving[0].segments):
        assert segment.modality == "audio_visual" and segment.regions == ["mouth"] and len(segment.evidence) == 2


def test_a_face_whose_mouth_stands_still_while_somebody_speaks_is_not_judged(tmp_path):
    result = analyzed("untouched.mp4", tmp_path, models=models_with_lips())
    (finding,) = of_lips(result.findings)
    assert (finding.state, finding.reason) == ("not_applicable", "not_speaking")
    assert "The mouth does not move with speech" in result.narrative.text
    without = analyzed("untouched.mp4", tmp_path / "again")
    if not of_lips(without.findings):  # as long as no model of lips ships
        assert without.verdict.probability == result.verdict.probability
