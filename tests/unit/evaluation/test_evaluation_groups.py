"""Groups of people: banded by what the gauges read, measured, and written into cards."""

import shutil

import numpy as np
import pytest

from support.fakeevaluation import CARDS, made, many
from unmask.evaluation.cases import cases
from unmask.evaluation.groups import card_with_groups, publish_groups
from unmask.fusion.conditions import Traits
from unmask.models.registry import HERE, Registry


@pytest.fixture(scope="module")
def evaluation():
    """400 files; the face detector calls dark skin manipulated, whatever is true."""
    found, rng = many(), np.random.default_rng(3)
    outcomes = []
    for case in found:
        one = case.outcome
        if one.error is None and one.traits is not None:
            dark = bool(rng.integers(2))
            traits = Traits("video", 150.0, 120.0, 0.08, 12.0, "aac", 60.0 if dark else 130.0, 120.0 if dark else 240.0)
            changed = [
                f.model_copy(update={"probability": 0.9}) if dark and f.detector == "face" and f.probability else f
                for f in one.findings
            ]
            one = one.model_copy(update={"traits": traits, "findings": changed})
        outcomes.append(one)
    return made(cases([case.row for case in found], outcomes), draws=20)


def by_name(subject):
    return {c.name: c.numbers for c in subject.conditions if c.dimension in ("skin", "pitch")}


def test_a_detector_that_fails_one_group_shows_it(evaluation):
    groups = by_name(evaluation.subject("face"))
    assert set(groups) == {"skin luma under 70", "skin luma 110-150"}
    assert groups["skin luma under 70"].false_alarm.value == 1.0
    assert groups["skin luma 110-150"].false_alarm.value < 0.3


def test_a_voice_is_grouped_by_pitch_and_not_by_skin(evaluation):
    assert set(by_name(evaluation.subject("voice"))) == {"pitch under 130 Hz", "pitch over 230 Hz"}
    assert set(by_name(evaluation.subject("verdict"))) > {"pitch under 130 Hz", "skin luma under 70"}


def test_a_card_gets_a_line_a_group_and_a_second_time_no_more(evaluation):
    shipped = CARDS["face"].metrics
    bare = CARDS["face"].model_copy(update={"metrics": [m for m in shipped if not m.condition.startswith("skin")]})
    once = card_with_groups(bare, evaluation)
    new = [m for m in once.metrics if m.condition.startswith("skin")]
    assert {m.condition for m in new} == {"skin luma under 70", "skin luma 110-150"}
    assert all(m.split == "dev" and m.false_alarm_interval and m.miss_interval for m in new)
    assert card_with_groups(once, evaluation) == once
    assert [m for m in once.metrics if m not in new] == bare.metrics


def test_only_cards_of_the_weights_that_were_measured_are_written(evaluation, tmp_path):
    for part in ("cards", "weights"):
        shutil.copytree(HERE / part, tmp_path / part)
    names = {path.name for path in publish_groups(evaluation, tmp_path)}
    assert names == {"face.json", "voice.json"}
    assert any(m.condition == "pitch over 230 Hz" for m in Registry(tmp_path).card("voice").metrics)
    others = evaluation.model_copy(
        update={"models": [m.model_copy(update={"sha256": "0" * 64}) for m in evaluation.models]}
    )
    assert publish_groups(others, tmp_path) == []
