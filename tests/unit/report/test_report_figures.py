from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import fakeresult as fake
from unmask.report.figures import EDGE, gauge, lanes, time_ticks, waterfall
from unmask.result import Contribution, Result


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return fake.not_assessable(Path(tmp_path_factory.mktemp("r")))


def with_contributions(result: Result, prior: float, values: list[float]) -> Result:
    log_odds = prior + math.fsum(values)
    verdict = fake.verdict("inconclusive", log_odds, (0.1, 0.9)).model_copy(update={"prior_log_odds": prior})
    parts = [Contribution(source="face", subject=f"person-{i}", log_odds=v, evidence=[]) for i, v in enumerate(values)]
    return result.model_copy(update={"verdict": verdict, "contributions": parts})


@given(prior=st.floats(-2, 2), values=st.lists(st.floats(-6, 6), min_size=1, max_size=9))
def test_the_bars_lead_from_the_prior_to_the_verdict(result: Result, prior: float, values: list[float]) -> None:
    drawn = waterfall(with_contributions(result, prior, values))
    assert drawn is not None
    first, *parts, last = drawn.steps
    assert len(parts) == len(values)
    assert last.end == pytest.approx(parts[-1].end)
    place = first.end
    for part, value in zip(parts, values, strict=True):
        ends = (part.x, part.x + part.width)
        assert min(abs(end - place) for end in ends) < 0.3
        assert (part.kind == "up") == (value >= 0)
        place = part.end
    assert all(0 <= s.x <= s.x + s.width <= 100.3 for s in drawn.steps)


def test_bars_are_as_long_as_what_they_stand_for(result: Result) -> None:
    drawn = waterfall(with_contributions(result, 0.0, [2.0, -1.0]))
    assert drawn is not None
    assert drawn.steps[1].width == pytest.approx(2 * drawn.steps[2].width)
    assert drawn.steps[1].factor == "raises the odds 7.4 times"
    assert drawn.steps[2].factor == "lowers the odds 2.7 times"
    assert [text for _, text in drawn.ticks] == ["0.5", "0.8"]


def test_without_a_probability_there_is_no_gauge_and_no_waterfall(result: Result) -> None:
    assert gauge(result.verdict) is None
    assert waterfall(result) is None


def test_the_gauge_keeps_the_order_of_its_numbers() -> None:
    drawn = gauge(fake.verdict("likely_authentic", -1.0, (0.1, 0.4)))
    assert drawn is not None
    assert EDGE < drawn.low < drawn.mark < drawn.high < 100 - EDGE


def test_lanes_show_every_person_and_the_voice_with_their_stretches(tmp_path: Path) -> None:
    drawn = lanes(fake.manipulated(tmp_path))
    assert [lane.name for lane in drawn] == ["Person-1", "Person-2", "Voice"]
    assert [len(lane.blocks) for lane in drawn] == [2, 0, 1]
    block = drawn[0].blocks[0]
    assert block.x == pytest.approx(10 / 31.2 * 100)
    assert block.width == pytest.approx(12 / 31.2 * 100)
    assert block.label == "The face of person-1: 00:10 to 00:22, probability 0.93"


@pytest.mark.parametrize("duration", [0.2, 1, 3.7, 31.2, 600, 5400, 21600])
def test_a_time_axis_has_a_few_round_ticks_inside(duration: float) -> None:
    ticks = time_ticks(duration)
    assert 1 <= len(ticks) <= 7
    assert all(0 <= x <= 100 for x, _ in ticks)
    assert time_ticks(0) == ()
