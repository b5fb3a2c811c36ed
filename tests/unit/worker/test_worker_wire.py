import dataclasses
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from unmask.examination import ShardPart
from unmask.types import (
    AudioStream,
    Box,
    Credentials,
    Declaration,
    DetectorScores,
    FaceObservation,
    Interval,
    Media,
    Provenance,
    ScorePoint,
    Shard,
    ShardOutcome,
    Sync,
    Trace,
    VideoStream,
)
from unmask.wire import NOWHERE, WireError, dump, load

floats = st.floats(allow_nan=False, width=64)
times = st.fractions(max_denominator=10**9)
texts = st.text(max_size=12)
keys = st.tuples(times, st.integers(0, 63))


def vectors(*shape):
    return arrays.arrays(np.float32, shape, elements=st.floats(width=32, allow_nan=False))


observations = st.builds(
    FaceObservation,
    key=keys,
    box=st.builds(Box, floats, floats, floats, floats),
    confidence=floats,
    points=vectors(5, 2),
    descriptor=vectors(7),
    size=floats,
    sharpness=floats,
    brightness=floats,
    yaw=floats,
    surroundings=st.none() | vectors(3) | vectors(0),
)
points = st.builds(
    ScorePoint, times, times, floats, face=st.none() | keys, sync=st.none() | st.builds(Sync, floats, floats)
)
scores = st.builds(
    DetectorScores,
    texts,
    st.lists(points, max_size=3).map(tuple),
    failed=st.none() | texts,
    silent=st.lists(keys, max_size=2).map(tuple),
)
outcomes = st.builds(
    ShardOutcome,
    shard=st.builds(Shard, st.integers(0, 9), times, times),
    frame_times=st.lists(times, max_size=3).map(tuple),
    faces=st.lists(observations, max_size=3).map(tuple),
    speech=st.lists(st.builds(Interval, times, times), max_size=2).map(tuple),
    scores=st.lists(scores, max_size=3).map(tuple),
)
parts = st.builds(
    ShardPart, outcomes, st.lists(texts, max_size=2).map(tuple), st.dictionaries(texts, floats, max_size=2)
)
medias = st.builds(
    Media,
    path=st.just(Path("/somewhere/else")),
    name=st.text(max_size=30),
    kind=st.sampled_from(["video", "audio", "image"]),
    sha256=texts,
    size=st.integers(0, 2**60),
    container=texts,
    duration=times,
    origin=times,
    bit_rate=st.none() | st.integers(),
    video=st.none() | st.builds(VideoStream, frame_rate=st.none() | floats, start=times, duration=times),
    audio=st.none() | st.builds(AudioStream, start=times, duration=times),
    tags=st.dictionaries(texts, texts, max_size=3),
    notes=st.lists(texts, max_size=3).map(tuple),
    provenance=st.none()
    | st.builds(
        Provenance,
        st.builds(Credentials, source_types=st.lists(texts, max_size=2).map(tuple)),
        st.lists(st.builds(Declaration), max_size=2).map(tuple),
        st.lists(st.builds(Trace), max_size=2).map(tuple),
    ),
)


def same(one, other):
    """Equality that looks into arrays and tells 1 from 1.0, 0.0 from -0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)


@given(parts)
def test_a_part_of_a_shard_comes_back_as_it_was(part):
    assert same(load(ShardPart, dump(part)), part)


@given(medias)
def test_a_media_comes_back_without_the_place_where_it_lay(media):
    data = dump(media)
    assert b"/somewhere" not in data
    assert same(load(Media, data), dataclasses.replace(media, path=NOWHERE))


@given(parts)
def test_the_same_part_gives_the_same_bytes(part):
    assert dump(part) == dump(load(ShardPart, dump(part)))


@given(parts, st.data())
def test_bytes_that_were_cut_are_refused(part, data):
    good = dump(part)
    cut = data.draw(st.integers(0, len(good) - 1))
    with pytest.raises(WireError):
        load(ShardPart, good[:cut])


def test_a_document_of_another_class_is_refused():
    whole = dump(Shard(1, Fraction(0), Fraction(1, 3)))
    with pytest.raises(WireError):
        load(Interval, whole)
    with pytest.raises(WireError):
        load(Shard, b"\x80\x04K\x01.")


def test_what_is_no_data_does_not_travel():
    with pytest.raises(TypeError):
        dump(DetectorScores("x", (object(),)))
    with pytest.raises(TypeError):
        dump(Interval(np.zeros(2, np.float64), Fraction(1)))
