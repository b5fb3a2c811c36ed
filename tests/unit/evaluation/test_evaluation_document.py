from dataclasses import replace

import pytest

from support.fakeevaluation import CARDS, made, many, outcome, row
from unmask.errors import DatasetError
from unmask.evaluation.cases import cases, said
from unmask.evaluation.compare import compare, read_evaluation
from unmask.evaluation.document import Evaluation
from unmask.fusion.conditions import Traits, bands


@pytest.fixture(scope="module")
def evaluation():
    return made(many())


def test_the_document_reads_back_as_it_was(evaluation):
    again = Evaluation.from_json(evaluation.to_json())
    assert again == evaluation
    assert '"schema": "unmask.evaluation/1"' in evaluation.to_json()


def test_each_detector_is_asked_only_what_is_known(evaluation):
    face, voice, verdict = (evaluation.subject(name).numbers for name in ("face", "voice", "verdict"))
    assert (verdict.n_real, verdict.n_fake) == (200, 200)
    assert (face.n_real, face.n_fake) == (250, 150)  # made voices have real faces
    assert (voice.n_real, voice.n_fake) == (200, 50)  # nobody knows the voices of face swaps


def test_failed_files_count_against_coverage_and_are_listed(evaluation):
    verdict = evaluation.subject("verdict")
    failed = sum(verdict.labels[side].get("failed", 0) for side in ("real", "fake"))
    assert failed == len(evaluation.failed) == 6
    assert {one.code for one in evaluation.failed} == {"truncated"}
    answered = sum(verdict.labels[side].get(code, 0) for side in ("real", "fake") for code in FIRM)
    assert verdict.numbers.coverage.value == pytest.approx(answered / 400)


FIRM = ("likely_manipulated", "likely_authentic")


def test_slices_of_a_dimension_hold_every_file_that_was_analysed_once(evaluation):
    verdict = evaluation.subject("verdict")
    for dimension in ("kind", "face", "compression", "length", "sound"):
        numbers = [s.numbers for s in verdict.conditions if s.dimension == dimension]
        assert sum(n.n_real + n.n_fake for n in numbers) == 394, dimension
    names = [s.name for s in verdict.conditions if s.dimension == "face"]
    assert names == ["face under 80 px", "face 80-120 px", "face 120-200 px", "face over 200 px", "no face"]
    assert not [s for s in evaluation.subject("voice").conditions if s.dimension == "face"]


def test_a_method_is_measured_against_all_real_files_and_its_coverage_is_its_own(evaluation):
    methods = {s.name: s.numbers for s in evaluation.subject("verdict").methods}
    assert set(methods) == {"FaceSwap", "Wav2Lip", "audiosynth:VITS", "SadTalker"}
    assert all((n.n_real, n.n_fake) == (200, 50) and n.auc is not None for n in methods.values())
    assert "audiosynth:VITS" not in {s.name for s in evaluation.subject("face").methods}


def test_a_source_that_looks_fake_stands_out_when_the_others_set_the_threshold():
    found = []
    for i in range(120):
        odd = i % 4 == 3
        one = outcome(f"{i}.mp4", "inconclusive", 0.7 if odd else 0.1 + i / 1000, face=0.5)
        found.append((row(f"{i}.mp4", source="odd" if odd else f"plain{i % 4}", person=f"p{i}"), one))
    sources = {s.source: s for s in made(cases(*zip(*found, strict=True))).subject("verdict").sources}
    assert sources["odd"].left_out.value == 1.0
    assert sources["odd"].numbers.false_alarm.value == 0.0
    assert sources["plain0"].left_out.value <= 0.05


def test_a_source_that_the_models_were_trained_on_is_marked():
    trained = next(d.source for d in CARDS["face"].data if d.split == "train" and d.label == "real")
    found = cases(
        [row("a.mp4", source=trained), row("b.mp4", source="never seen")],
        [outcome("a.mp4", "likely_authentic", 0.1, face=0.1), outcome("b.mp4", "likely_authentic", 0.1, face=0.1)],
    )
    marks = {s.source: s.trained_on for s in made(found).subject("face").sources}
    assert marks == {trained: True, "never seen": False}


def test_the_worst_files_come_first(evaluation):
    alarms = evaluation.real_called_fake
    assert alarms and all(one.label == "likely_manipulated" for one in alarms)
    assert [one.probability for one in alarms] == sorted((one.probability for one in alarms), reverse=True)
    missed = evaluation.fakes_missed
    assert missed[0].label == "likely_authentic" and missed[0].method
    assert [one.probability for one in missed] == sorted(one.probability for one in missed)


def test_a_file_without_sound_owes_no_answer_about_the_voice():
    one = outcome("a.mp4", "likely_authentic", 0.1, face=0.1)
    silent = one.findings[1].model_copy(update={"reason": "no_audio"})
    found = cases([row("a.mp4"), row("b.mp4")], [one.model_copy(update={"findings": [one.findings[0], silent]}), one])
    voice = made(found).subject("voice").numbers
    assert voice.n_real == 1 and voice.coverage.value == 0.0


def test_the_surest_of_several_persons_counts():
    one = outcome("a.mp4", "likely_manipulated", 0.9, face=0.2)
    second = one.findings[0].model_copy(update={"subject": "person-2", "probability": 0.95})
    (case,) = cases([row("a.mp4")], [one.model_copy(update={"findings": [*one.findings, second]})])
    assert case.outcome.score("face") == 0.95
    assert said(case, "face") == "alarm" and said(case, "voice") == "no_speech"


def test_localisation_leaves_out_fakes_that_nobody_timed(evaluation):
    face = evaluation.subject("face").localisation
    timed = sum(case.row.method == "SadTalker" and case.outcome.error is None for case in many())
    assert face.n_true == timed
    assert face.n_files < evaluation.subject("face").numbers.n_scored
    assert evaluation.subject("voice").localisation is None


def test_the_unit_changes_what_is_drawn_and_no_number(evaluation):
    by_person = evaluation.subject("verdict").numbers
    by_source = made(many(), unit="source").subject("verdict").numbers
    assert (by_person.n_groups, by_source.n_groups) == (134, 5)
    assert by_source.false_alarm.value == by_person.false_alarm.value
    assert by_source.false_alarm != by_person.false_alarm


def test_a_comparison_gives_signed_differences_and_says_what_chance_may_explain(evaluation):
    better = made(many(skill=3.0))
    found = compare(better, evaluation)
    assert found.same_files and found.same_models
    by_name = {(d.subject, d.metric): d for d in found.differences}
    auc, miss = by_name["verdict", "auc"], by_name["verdict", "miss"]
    assert auc.difference > 0 and auc.better and not auc.overlap
    assert miss.difference < 0 and miss.better
    same = compare(evaluation, evaluation).differences
    assert all(d.difference == 0 and d.better is None and d.overlap for d in same)


def test_a_comparison_says_when_files_or_models_are_others(evaluation):
    fewer = made(many()[:300])
    other = evaluation.model_copy(update={"models": []})
    assert not compare(fewer, evaluation).same_files
    assert not compare(evaluation, other).same_models


def test_something_else_is_no_evaluation_to_compare_with(tmp_path):
    path = tmp_path / "result.json"
    path.write_text('{"schema": "unmask.result/1"}')
    with pytest.raises(DatasetError, match="no evaluation"):
        read_evaluation(path)


@pytest.mark.parametrize(
    ("kind", "face", "light", "bits", "seconds", "sound", "expected"),
    [
        ("video", 79.9, 60, 0.02, 4.9, "aac", ["video", "face under 80 px", "strong", "dark face", "under 5 s", "aac"]),
        (
            "video",
            80.0,
            110,
            0.04,
            5.0,
            None,
            ["video", "face 80-120 px", "medium", "well-lit face", "5-15 s", "no sound"],
        ),
        ("video", None, None, None, 60, "opus", ["video", "no face", "compression unknown", None, "over 60 s", "opus"]),
        ("image", 300, 200, 3.0, 0, None, ["image", "face over 200 px", "light", "bright face", None, None]),
        ("audio", None, None, None, 20, "flac", ["audio", None, None, None, "15-60 s", "flac"]),
    ],
)
def test_bands_are_named_where_they_apply(kind, face, light, bits, seconds, sound, expected):
    found = bands(Traits(kind, face, light, bits, seconds, sound))
    names = [found.get(name) for name in ("kind", "face", "compression", "brightness", "length", "sound")]
    expected[2] = f"{expected[2]} compression" if expected[2] in ("strong", "medium", "light") else expected[2]
    assert names == expected


def test_files_are_told_by_name_and_label_whatever_their_order():
    found = many(40)
    relabelled = tuple(replace(c, row=replace(c.row, label="fake")) if i == 0 else c for i, c in enumerate(found))
    assert made(found).data.files_sha256 == made(found[::-1]).data.files_sha256
    assert made(found).data.files_sha256 != made(relabelled).data.files_sha256
