from __future__ import annotations

import math
from collections.abc import Collection
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from support import fakemedia as drawn
from unmask.explain.shapley import SOURCES, attribute_verdict, shapley
from unmask.explain.waterfall import draw_waterfall
from unmask.fusion.calibration import Strength, sigmoid
from unmask.fusion.combine import Weighed, combine
from unmask.fusion.fuse import SMALL_FACE_DEVIATION, Fused
from unmask.fusion.origin import judge_origin
from unmask.intervals import Z95
from unmask.result import AttributedPart, Attribution, Finding
from unmask.types import Box, Credentials, Declaration, FaceObservation, Media, Provenance, Track

FACE, LIPS, VOICE = "face", "lip_sync", "voice"
SIGNED = Provenance(Credentials("trusted"), (Declaration("c2pa", "generated", "x", trusted=True),))
UNSIGNED = Provenance(Credentials("absent"), (Declaration("xmp", "generated", "x"),))


def finding(detector: str, subject: str, llr: float, deviation: float) -> Weighed:
    spread = Z95 * deviation
    interval = (sigmoid(llr - spread), sigmoid(llr + spread))
    scored = Finding(
        detector=detector, subject=subject, state="scored", probability=sigmoid(llr), interval=interval, samples=9
    )
    return Weighed(scored, Strength(llr, deviation))


def track(subject: str, size: float) -> Track:
    face = FaceObservation(
        key=(Fraction(0), 0),
        box=Box(0, 0, size, size),
        confidence=1.0,
        points=drawn.points_at(60, 60, size),
        descriptor=np.ones(1, np.float32),
        size=size,
        sharpness=1.0,
        brightness=100.0,
        yaw=0.0,
    )
    return Track(subject, (face,))


def fused_of(weighed: list[Weighed], media: Media, sizes: tuple[float, ...] = ()) -> Fused:
    origin = judge_origin(media.provenance)
    combined = combine(weighed, [], origin, alone=media.audio is None or media.video is None)
    return Fused(
        tracks=tuple(track(f"person-{i + 1}", size) for i, size in enumerate(sizes)),
        speech=(),
        signals=(),
        findings=(*(w.finding for w in weighed), *((origin.finding,) if origin else ())),
        segments=(),
        contributions=combined.contributions,
        verdict=combined.verdict,
    )


@st.composite
def results(draw: st.DrawFn) -> tuple[Fused, Media]:
    """What fusion says of random readings: up to five faces and their lips, a voice, and a file's own statement."""
    reading = st.tuples(st.floats(-6, 6), st.floats(0.05, 3))
    faces = draw(st.lists(reading, max_size=5))
    weighed = [finding(FACE, f"person-{i + 1}", *one) for i, one in enumerate(faces)]
    lips = draw(st.lists(reading, max_size=len(faces)))
    weighed += [finding(LIPS, f"person-{i + 1}", *one) for i, one in enumerate(lips)]
    voice = draw(st.none() | reading)
    weighed += [finding(VOICE, "voice", *voice)] if voice else []
    origin = draw(st.sampled_from([None, Provenance(), SIGNED, UNSIGNED]))
    kind = draw(st.sampled_from(["video", "audio", "image"]))
    sizes = draw(st.lists(st.floats(40, 200), min_size=len(faces), max_size=len(faces)))
    media = drawn.media(kind=kind, sound=draw(st.booleans()) or voice is not None, provenance=origin)
    return fused_of(weighed, media, tuple(sizes)), media


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(results())
def test_prior_and_contributions_and_base_and_parts_are_the_log_odds_shown(made: tuple[Fused, Media]) -> None:
    fused, media = made
    found = attribute_verdict(media, fused)
    probability = fused.verdict.probability
    assert (found is None) == (probability is None)
    if found is None or probability is None or fused.verdict.prior_log_odds is None:
        return
    shown = math.log(probability / (1 - probability))
    told = fused.verdict.prior_log_odds + math.fsum(c.log_odds for c in fused.contributions)
    assert told == pytest.approx(shown, abs=1e-6)
    assert found.base + math.fsum(p.log_odds for p in found.parts) == pytest.approx(shown, abs=1e-6)
    assert [part.source for part in found.parts] == list(SOURCES)
    again = Attribution.model_validate_json(found.model_dump_json())
    assert again == found


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(results())
def test_a_kind_adds_what_its_findings_add_where_no_ceiling_bends_the_sum(made: tuple[Fused, Media]) -> None:
    fused, media = made
    found = attribute_verdict(media, fused)
    total = math.fsum(abs(c.log_odds) for c in fused.contributions)
    if found is None or total > 11:
        return
    for part in found.parts:
        own = math.fsum(c.log_odds for c in fused.contributions if c.source == part.source)
        assert part.log_odds == pytest.approx(own, abs=1e-9)


def test_at_the_ceiling_each_kind_still_gets_its_fair_part() -> None:
    media = drawn.media(provenance=SIGNED)
    found = attribute_verdict(
        media, fused_of([finding(FACE, "person-1", 6, 0.3), finding(VOICE, "voice", 6, 0.3)], media)
    )
    assert found is not None
    values = {part.source: part.log_odds for part in found.parts}
    assert found.log_odds == pytest.approx(12.0, abs=1e-6)
    assert values["face"] > values["voice"] > 0
    assert values["provenance"] > values["voice"]
    assert values["motion"] == values["quality"] == 0.0


def test_a_small_face_widens_the_range_and_moves_nothing() -> None:
    media = drawn.media()
    weighed = [finding(FACE, "person-1", 2.0, math.hypot(0.6, SMALL_FACE_DEVIATION))]
    found = attribute_verdict(media, fused_of(weighed, media, (50.0,)))
    assert found is not None
    assert found.interval_at_best is not None
    shown = fused_of(weighed, media).verdict.interval
    assert shown is not None
    assert shown[0] < found.interval_at_best[0] < found.interval_at_best[1] < shown[1]
    assert found.parts[-1].source == "quality"
    assert found.parts[-1].log_odds == 0.0
    large = attribute_verdict(media, fused_of(weighed, media, (150.0,)))
    assert large is not None
    assert large.interval_at_best is None


def test_parts_that_do_not_add_up_are_refused() -> None:
    part = AttributedPart(source="face", log_odds=1.0, state="scored")
    with pytest.raises(ValidationError, match="add up"):
        Attribution(base=0.0, log_odds=1.00001, parts=[part])
    assert Attribution(base=0.0, log_odds=1.0000005, parts=[part]).parts == [part]


def test_without_a_verdict_there_is_nothing_to_attribute() -> None:
    media = drawn.media()
    assert attribute_verdict(media, fused_of([], media)) is None


@given(weights=st.lists(st.floats(-5, 5), min_size=2, max_size=6), bonus=st.floats(-3, 3))
def test_shapley_values_share_what_only_two_have_together(weights: list[float], bonus: float) -> None:
    players = [f"p{i}" for i in range(len(weights))]

    def value(chosen: Collection[str]) -> float:
        both = bonus if {"p0", "p1"} <= set(chosen) else 0.0
        return math.fsum(w for p, w in zip(players, weights, strict=True) if p in chosen) + both

    found = shapley(players, value)
    for i, (player, weight) in enumerate(zip(players, weights, strict=True)):
        assert found[player] == pytest.approx(weight + (bonus / 2 if i < 2 else 0), abs=1e-9)


def test_the_waterfall_is_drawn_the_same_each_time_and_differs_with_its_numbers() -> None:
    def drawing(value: float) -> bytes:
        parts: list[Any] = [
            AttributedPart(
                source=s, log_odds=value if s == "face" else 0.0, state="scored" if s == "face" else "absent"
            )
            for s in SOURCES
        ]
        return draw_waterfall(Attribution(base=0.0, log_odds=value, parts=parts))

    assert drawing(1.5) == drawing(1.5)
    assert len({drawing(1.5), drawing(-1.5), drawing(0.0)}) == 3
