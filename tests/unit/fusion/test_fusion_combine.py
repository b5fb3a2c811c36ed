import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.fusion.calibration import Strength, sigmoid
from unmask.fusion.combine import Weighed, combine, contribution, decide
from unmask.result import Finding


def scored(detector, subject, llr, deviation=0.3):
    finding = Finding(detector=detector, subject=subject, state="scored", probability=sigmoid(llr), interval=(0, 1))
    return Weighed(finding, Strength(llr, deviation))


def absent(detector, reason):
    return Finding(detector=detector, subject=detector, state="not_applicable", reason=reason)


ratios = st.floats(-6, 6)
cases = st.tuples(st.lists(ratios, max_size=5), st.none() | ratios).filter(lambda c: c[0] or c[1] is not None)


@given(cases)
def test_prior_and_contributions_add_up_to_the_log_odds_shown(case):
    faces, voice = case
    weighed = [scored("face", f"person-{i}", llr) for i, llr in enumerate(faces, 1)]
    weighed += [scored("voice", "voice", voice)] if voice is not None else []
    made = combine(weighed, [])
    total = made.verdict.prior_log_odds + sum(c.log_odds for c in made.contributions)
    p = made.verdict.probability
    assert math.log(p / (1 - p)) == pytest.approx(total, abs=1e-6)
    assert made.verdict.interval[0] <= p <= made.verdict.interval[1]


def test_without_any_score_nothing_is_assessed_and_no_number_is_made_up():
    made = combine([], [absent("face", "no_face"), absent("voice", "no_speech")])
    assert made.verdict.label == "not_assessable"
    assert made.verdict.probability is None
    assert made.verdict.interval is None
    assert made.contributions == ()
    assert made.verdict.reasons == ["face: no_face", "voice: no_speech"]


def test_a_real_voice_does_not_acquit_a_forged_face():
    made = combine([scored("face", "person-1", 6.0), scored("voice", "voice", -6.0)], [])
    assert made.verdict.label == "likely_manipulated"


def test_one_forged_face_of_four_is_enough():
    people = [scored("face", "person-1", 6.0)] + [scored("face", f"person-{i}", -3.0) for i in (2, 3, 4)]
    assert combine(people, []).verdict.label == "likely_manipulated"


@given(st.floats(0.01, 0.99), ratios)
def test_a_contribution_has_a_floor_and_grows_with_the_evidence(share, llr):
    value, slope = contribution(llr, share)
    assert value >= math.log(1 - share) - 1e-12
    assert 0 <= slope <= 1
    assert contribution(llr + 0.1, share)[0] >= value


def test_a_wide_interval_leaves_the_answer_open():
    made = combine([scored("face", "person-1", 3.0, deviation=4.0)], [])
    assert made.verdict.label == "inconclusive"
    assert "interval_too_wide" in made.verdict.reasons


def test_labels_follow_probability_and_interval():
    assert decide(0.95, (0.8, 0.99)) == "likely_manipulated"
    assert decide(0.95, (0.4, 0.99)) == "inconclusive"
    assert decide(0.24, (0.1, 0.4)) == "likely_authentic"
    assert decide(0.24, (0.01, 0.9)) == "inconclusive"
    assert decide(0.6, (0.55, 0.65)) == "inconclusive"


def test_more_people_do_not_make_a_media_more_suspect_by_their_number_alone():
    one = combine([scored("face", "person-1", 0.0)], []).verdict.probability
    five = combine([scored("face", f"person-{i}", 0.0) for i in range(1, 6)], []).verdict.probability
    assert five == pytest.approx(one)


def test_a_real_voice_acquits_a_sound_file_but_not_a_video():
    voice = [scored("voice", "voice", -4.0)]
    assert combine(voice, [], alone=True).verdict.label == "likely_authentic"
    assert combine(voice, [absent("face", "no_face")]).verdict.label == "inconclusive"
