"""The package's own tools on the project's sample: the same frames, crops and network as in a run."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support import fakemedia as drawn
from support import fakeresult as fake
from unmask.explain.artifacts import Folder
from unmask.explain.evidence import build_evidence
from unmask.explain.inputs import EvidenceInputs, tools
from unmask.ingest import ingest
from unmask.media.align import align
from unmask.media.faces import FaceFinder
from unmask.media.video import VideoReader
from unmask.models import face_net
from unmask.models.registry import Registry
from unmask.settings import Settings
from unmask.types import Interval, ScorePoint, Signal, Track

SAMPLE = Path(__file__).parents[3] / "samples" / "manipulated.mp4"


class FreshModel:
    """The face network with the weights it is born with, and the shipped one's card."""

    def __init__(self) -> None:
        import keras

        keras.utils.set_random_seed(3)
        self.network: Any = face_net.build()
        self.card = Registry().card("face")

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        return np.asarray(self.network(inputs, training=False)).reshape(-1)

    def layer(self, name: str, inputs: np.ndarray) -> None:
        """There is no graph of these weights for LiteRT, so the maps come from TensorFlow."""


def test_a_map_shows_the_very_face_that_was_scored(tmp_path: Path) -> None:
    media = ingest(SAMPLE, tmp_path, Settings())
    with VideoReader(media, 4.0) as reader:
        frames = list(reader.frames(Interval(Fraction(0), Fraction(2))))
    finder = FaceFinder()
    seen = [face.observation for frame in frames for face in finder.find(frame.image, frame.time)]
    assert len(seen) >= 4
    model = FreshModel()
    images = {frame.time: frame.image for frame in frames}
    crops = np.stack([align(images[o.time], o.points) for o in seen])
    logits = model.logits(face_net.preprocess(crops))
    points = tuple(
        ScorePoint(o.time, o.time + Fraction(1, 4), float(v), o.key) for o, v in zip(seen, logits, strict=True)
    )
    inputs = EvidenceInputs(
        label="likely_manipulated",
        tracks=(Track("person-1", tuple(seen)),),
        signals=(drawn.scored(Signal("face", "person-1", "video", points)),),
        segments=(fake.segment(0.0, 2.0, "face", "person-1", 0.9),),
        speech=(),
    )
    built = build_evidence(media, inputs, tools(model), Folder(tmp_path / "out"), Settings())  # type: ignore[arg-type]
    maps = [e for e in built.evidence if e.kind in ("heat_map", "face")]
    assert maps
    for item in maps:
        assert item.facts["logit_again"] == pytest.approx(item.facts["logit"], abs=1e-3)
        assert sum(item.facts["areas"].values()) == pytest.approx(1.0, abs=1e-3)


def test_the_sound_of_the_sample_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    media = ingest(SAMPLE, tmp_path, Settings())
    sound = tools(None).sound(media, Interval(Fraction(1), Fraction(3)))
    assert sound.start == 1
    assert len(sound.samples) == 2 * 16_000
    assert np.abs(sound.samples).max() > 0.01
