"""Added models measured beside ours: in their own terms, and without a say in the verdict."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from support.addedmodels import meso_file
from support.fakeevaluation import many, outcome, row
from support.scores import CALIBRATION
from unmask.bootstrap import beside, detectors, with_crops
from unmask.cli.beside import beside_table
from unmask.errors import DatasetError, ModelError
from unmask.evaluation.bench import Bench, bench, judges_of, raw_findings
from unmask.evaluation.calibrate import calibrated
from unmask.evaluation.cases import alarmed, cases
from unmask.evaluation.document import Evaluation
from unmask.evaluation.evaluate import evaluate
from unmask.evaluation.outcome import Found
from unmask.evaluation.page import render_page, subject_name
from unmask.evaluation.truth import applies, truth
from unmask.fusion.calibration import Strength
from unmask.fusion.combine import SHARE_ADDED, Weighed, combine, subject_share
from unmask.models.added import AddedModels, add_model
from unmask.models.registry import Registry, registry_for
from unmask.result import Finding
from unmask.settings import Settings
from unmask.types import Box, DetectorScores, FaceObservation, Media, ModelRef, ScorePoint, Shard, ShardOutcome, Track

MESO = "face:meso4_df"


@pytest.fixture
def folder(tmp_path):
    file = meso_file(tmp_path / "Meso4_DF.h5")
    add_model(file, tmp_path / "added", name="meso4_df", source="a page", licence="Apache-2.0")
    return tmp_path / "added"


class Looker:
    """A detector beside; its scores are laid down in the outcomes."""

    name, modality, needs = MESO, "video", "faces"
    model = ModelRef(MESO, "added", "0" * 64)

    def score(self, samples):
        return DetectorScores(self.name, ())


def a_bench():
    registry = Registry()
    settings = Settings()
    return Bench(settings, registry, detectors(registry, settings), [Looker()])


def watched(logits, kind="video", failed=None):
    """A media of one face with these logits, a frame each."""
    zero = np.zeros(1, np.float32)
    faces = [
        FaceObservation((Fraction(k, 4), 0), Box(0, 0, 9, 9), 1.0, np.zeros((5, 2)), zero, 99.0, 1.0, 99.0, 0.0)
        for k in range(len(logits))
    ]
    points = tuple(ScorePoint(f.time, f.time, v, f.key) for f, v in zip(faces, logits, strict=True))
    shard = Shard(0, Fraction(0), Fraction(9))
    scores = (DetectorScores(MESO, points, failed=failed),)
    whole = ShardOutcome(shard, tuple(f.time for f in faces), tuple(faces), (), scores)
    media = Media(Path("a"), "a", kind, "", 1, "mp4", Fraction(9), Fraction(0), None, None, None)
    return media, [whole], [Track("person-1", tuple(faces))] if faces else []


def test_its_number_is_the_mean_of_its_own_answers_as_its_authors_take_it():
    (found,) = raw_findings(*watched([0.0, 2.0, 4.0]), a_bench())
    assert found.probability == pytest.approx(np.mean([0.5, 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-4))]))
    assert (found.state, found.calibrated, found.pooled) == ("scored", False, 3.0)


def test_without_a_score_the_reason_is_said_and_a_failure_stays_one():
    tools = a_bench()
    assert raw_findings(*watched([]), tools)[0].reason == "no_face"
    assert raw_findings(*watched([], "audio"), tools)[0].reason == "no_video"
    assert raw_findings(*watched([1.0, 1.0]), tools)[0].reason == "too_few_frames"
    assert raw_findings(*watched([1.0], "image"), tools)[0].state == "scored"
    broken = raw_findings(*watched([1.0] * 4, failed="ValueError: x"), tools)[0]
    assert (broken.state, broken.probability) == ("failed", None)


def test_it_has_no_say_in_the_verdict():
    tools = a_bench()
    assert [d.name for d in judges_of(tools)] == ["face", "voice", "lip_sync"]
    assert MESO in [d.name for d in tools.detectors]
    assert MESO not in tools.cards
    assert raw_findings(*watched([1.0] * 4), a_bench().__class__(Settings(), Registry(), tools.judges)) == ()


def with_meso(found, skill):
    """The cases with a finding of MesoNet's beside, real ones lower by `skill`."""
    rng = np.random.default_rng(4)
    rows, outcomes = [], []
    for case in found:
        logit = float(rng.normal(skill if case.truth.face else -skill))
        one = Found(
            detector=MESO,
            subject="person-1",
            state="scored",
            probability=float(1 / (1 + np.exp(-logit))),
            calibrated=False,
            pooled=logit,
            noise=1.0,
        )
        rows.append(case.row)
        outcomes.append(case.outcome.model_copy(update={"findings": [*case.outcome.findings, one]}))
    return cases(rows, outcomes)


def test_an_evaluation_measures_it_like_our_face_detector_at_its_own_threshold():
    found = with_meso(many(), 1.0)
    made = evaluate(found, {}, manifests=["m"], split="dev", settings={}, beside=[Looker.model], draws=20)
    ours, theirs = made.subject("face"), made.subject(MESO)
    assert (theirs.numbers.n_real, theirs.numbers.n_fake) == (ours.numbers.n_real, ours.numbers.n_fake)
    assert theirs.numbers.auc.value > 0.85
    assert "0.50" in theirs.threshold and "0.80" in ours.threshold
    assert theirs.question == ours.question
    assert [m.name for m in made.beside] == [MESO]
    assert MESO not in [m.name for m in made.models]
    rows = beside_table(made)
    assert list(rows.columns[0].cells) == ["Face", "meso4_df (face)"]
    assert beside_table(evaluate(many(60), {}, manifests=["m"], split="dev", settings={}, draws=5)) is None
    page = render_page(made)
    assert "meso4_df (face)" in page and Looker.model.sha256 in page
    assert Evaluation.from_json(made.to_json()) == made


def test_its_alarm_begins_at_one_half_and_ours_at_four_fifths():
    found = with_meso(many(), 1.0)
    for case in found[:60]:
        value = case.outcome.score(MESO)
        assert alarmed(case, MESO) == (value is not None and value >= 0.5)


def test_the_truth_of_an_added_model_is_that_of_what_it_looks_at():
    made_voice = row("a.mp4", "fake", method="audiosynth:VITS")
    assert truth(made_voice).of(MESO) is False and truth(made_voice).of("voice:aasist") is True
    sound = row("a.wav", "fake", kind="audio")
    assert applies(sound, "voice:aasist") and not applies(sound, MESO)
    assert subject_name("voice:aasist-l") == "aasist-l (voice)"


def test_a_calibration_makes_its_answers_mean_what_they_say(folder):
    card = AddedModels(folder).card("meso4_df")
    made = calibrated(card, with_meso(many(), 1.0), "calibration")
    assert made.calibration.slope == pytest.approx(2.0, abs=0.6)  # two normals of distance 2 and deviation 1
    assert abs(made.calibration.intercept) < 0.4
    assert made.threshold > 0 and not any("Not calibrated" in limit for limit in made.limits)


def test_the_split_that_tests_calibrates_nothing_and_nothing_is_calibrated_twice(folder):
    card, found = AddedModels(folder).card("meso4_df"), with_meso(many(), 1.0)
    with pytest.raises(DatasetError, match="measured on itself"):
        calibrated(card, found, "dev")
    with pytest.raises(DatasetError, match="already"):
        calibrated(card.model_copy(update={"calibration": CALIBRATION}), found, "all")
    with pytest.raises(DatasetError, match="are needed"):
        calibrated(card, found[:20], "all")


def test_only_a_calibrated_one_is_among_the_detectors_of_an_analysis(folder):
    settings = Settings(extra_models=folder)
    registry = registry_for(settings)
    assert [d.name for d in detectors(registry, settings)] == ["face", "voice", "lip_sync"]
    assert [d.name for d in beside(registry, settings)] == [MESO]
    added = AddedModels(folder)
    added.save(added.card("meso4_df").model_copy(update={"calibration": CALIBRATION, "threshold": 1.0}))
    registry = registry_for(settings)
    assert [d.name for d in detectors(registry, settings)] == ["face", "voice", "lip_sync", MESO]
    assert beside(registry, settings) == ()
    assert with_crops(settings, detectors(registry, settings)).wide_faces


def test_a_bench_is_not_built_on_weights_that_do_not_match(folder):
    assert bench(Settings(extra_models=folder)).settings.wide_faces
    (folder / "weights" / "meso4_df.h5").write_bytes(b"other")
    with pytest.raises(ModelError, match="do not match the hash"):
        bench(Settings(extra_models=folder))


def weighed(detector, ratio):
    finding = Finding(
        detector=detector, subject="person-1", state="scored", probability=0.5, interval=(0.1, 0.9), samples=9
    )
    return Weighed(finding, Strength(ratio, 0.2))


def test_a_calibrated_one_adds_to_the_sum_but_can_take_off_little():
    both = [weighed("face", 0.0), weighed(MESO, -6.0)]
    combined = combine(both, [])
    assert combined.contributions[1].log_odds > -0.36
    assert sum(c.log_odds for c in combined.contributions) == pytest.approx(
        np.log(combined.verdict.probability / (1 - combined.verdict.probability)), abs=1e-6
    )
    assert subject_share(MESO, both, alone=True) == pytest.approx(SHARE_ADDED)


def test_an_outcome_of_ours_alone_is_calibrated():
    assert outcome("a.mp4", "inconclusive", 0.5, face=0.5).calibrated("face")
