"""Golden results of the sample clips: numbers may move within tolerances, verdicts and segments may not.

After a deliberate change of models: `UNMASK_GOLDEN=write pytest tests/golden`, and look at the difference.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from unmask.bootstrap import analyzer
from unmask.result import Result
from unmask.settings import load

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "samples"
GOLDEN = HERE / "samples.json"
CLIPS = ["untouched", "manipulated"]


def essence(result: Result) -> dict:
    """What must not change without a reason."""
    return {
        "label": result.verdict.label,
        "probability": result.verdict.probability,
        "persons": [p.subject for p in result.persons],
        "findings": {f"{f.detector}/{f.subject}": f.probability for f in result.findings},
        "segments": [[s.detector, s.subject, s.start, s.end] for s in result.segments],
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Each clip in shards of 30 s, which hold it whole, and in shards of 4 s, which cut it into four."""
    folder = tmp_path_factory.mktemp("golden")
    return {
        (clip, seconds): analyzer(load({"shard_seconds": seconds})).analyze(
            SAMPLES / f"{clip}.mp4", folder / f"{clip}-{seconds}"
        )
        for clip in CLIPS
        for seconds in (30, 4)
    }


@pytest.fixture(scope="module")
def golden(results):
    if os.environ.get("UNMASK_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps({clip: essence(results[clip, 30]) for clip in CLIPS}, indent=2) + "\n")
    return json.loads(GOLDEN.read_text())


@pytest.mark.parametrize("clip", CLIPS)
class TestSample:
    def test_verdict_persons_and_segments_are_the_golden_ones(self, results, golden, clip):
        found, expected = essence(results[clip, 30]), golden[clip]
        for part in ("label", "persons"):
            assert found[part] == expected[part]
        assert [s[:2] for s in found["segments"]] == [s[:2] for s in expected["segments"]]
        for one, other in zip(found["segments"], expected["segments"], strict=True):
            assert one[2:] == pytest.approx(other[2:], abs=0.3)

    def test_probabilities_are_the_golden_ones_within_two_hundredths(self, results, golden, clip):
        found, expected = essence(results[clip, 30]), golden[clip]
        assert found["probability"] == pytest.approx(expected["probability"], abs=0.02)
        assert found["findings"] == pytest.approx(expected["findings"], abs=0.02)

    def test_shards_of_another_length_change_nothing(self, results, clip):
        whole, cut = results[clip, 30], results[clip, 4]
        assert cut.verdict.label == whole.verdict.label
        assert cut.verdict.probability == pytest.approx(whole.verdict.probability, abs=1e-4)
        assert essence(cut)["segments"] == essence(whole)["segments"]
        assert cut.persons == whole.persons

    def test_every_part_of_the_document_points_at_evidence_that_is_there(self, results, clip):
        result = results[clip, 30]
        known = {e.id for e in result.evidence}
        cited = [i for s in result.narrative.sentences for i in s.evidence]
        cited += [i for part in (*result.segments, *result.contributions) for i in part.evidence]
        assert cited
        assert set(cited) <= known
        assert all(s.evidence for s in result.segments)


def test_no_verdict_contradicts_the_truth_and_the_forged_stretch_is_found(results):
    truth = json.loads((SAMPLES / "truth.json").read_text())["clips"]
    assert results["untouched", 30].verdict.label != "likely_manipulated"
    assert results["untouched", 30].segments == []
    assert results["manipulated", 30].verdict.label != "likely_authentic"
    assert results["manipulated", 30].verdict.probability > results["untouched", 30].verdict.probability
    spans = [(m["start"], m["end"]) for m in truth["manipulated.mp4"]["manipulations"]]
    found = results["manipulated", 30].segments
    assert found
    for segment in found:
        assert any(segment.start < end and segment.end > start for start, end in spans)


def test_no_network_of_an_analysis_needs_tensorflow(tmp_path):
    program = """
import json, sys
from pathlib import Path
from unmask.bootstrap import analyzer
from unmask.settings import load
result = analyzer(load({"device": "cpu"})).analyze(Path(sys.argv[1]), Path(sys.argv[2]))
answered = sorted({f.detector for f in result.findings if f.probability is not None})
print(json.dumps([answered, sorted({"tensorflow", "keras"} & set(sys.modules))]))
"""
    command = [sys.executable, "-c", program, str(SAMPLES / "manipulated.mp4"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [["face", "lip_sync", "voice"], []]
