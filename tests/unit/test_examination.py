"""Picture and sound of a shard examined together and apart, by detectors that learned nothing."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from unmask.detectors.voice import windows
from unmask.examination import DAMAGED, ShardPart, detectors_of, examine, merge, noticed, open_share, shares
from unmask.ingest import ingest
from unmask.media.shards import plan
from unmask.settings import load
from unmask.types import DetectorScores, ModelRef, ScorePoint
from unmask.wire import dump
from unmask.wire import load as read

SAMPLES = Path(__file__).parents[2] / "samples"


class Brightness:
    """Scores every face by how bright it is."""

    name, modality, needs, model = "face", "video", "faces", ModelRef("face", "0", "0" * 64)

    def score(self, samples):
        return DetectorScores(
            self.name,
            tuple(
                ScorePoint(f.observation.time, f.observation.time + 1, f.observation.brightness, f.observation.key)
                for f in samples.faces
            ),
        )


class Loudness:
    """Scores every window of sound by its mean power."""

    name, modality, needs, model = "voice", "audio", "speech", ModelRef("voice", "0", "0" * 64)

    def score(self, samples):
        places = tuple(windows(samples))
        powers = [float((samples.sound.cut(w) ** 2).mean()) for w in places]
        return DetectorScores(
            self.name, tuple(ScorePoint(w.start, w.end, p) for w, p in zip(places, powers, strict=True))
        )


DETECTORS = (Brightness(), Loudness())


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    return ingest(SAMPLES / "manipulated.mp4", tmp_path_factory.mktemp("media"), load())


def together(media, settings):
    with open_share(media, settings, DETECTORS, None) as reader:
        return [examine(reader, shard, DETECTORS) for shard in plan(media, settings.shard_seconds, settings.fps)]


def apart(media, settings):
    parts = []
    for shard in reversed(plan(media, settings.shard_seconds, settings.fps)):
        for share in shares(media):
            mine = detectors_of(share, DETECTORS)
            with open_share(media, settings, mine, share) as reader:
                parts.append(read(ShardPart, dump(examine(reader, shard, mine))))
    return parts


def test_shares_read_apart_in_any_order_and_sent_as_bytes_give_the_outcomes_of_one_pass(media):
    settings = load({"shard_seconds": 4.0})
    whole, parts = together(media, settings), apart(media, settings)
    assert len(whole) > 2 and len(parts) == 2 * len(whole)
    expected, found = merge(whole, DETECTORS), merge(parts, DETECTORS)
    assert [dump(one) for one in found] == [dump(one) for one in expected]
    assert any(outcome.speech for outcome in found) and all(outcome.faces for outcome in found)


def test_a_share_leaves_the_other_half_of_the_media_alone(media):
    shard = plan(media, 30.0, 4.0)[0]
    with open_share(media, load(), (DETECTORS[1],), "audio") as reader:
        heard = examine(reader, shard, (DETECTORS[1],)).outcome
    with open_share(media, load(), (DETECTORS[0],), "video") as reader:
        seen = examine(reader, shard, (DETECTORS[0],)).outcome
    assert not heard.frame_times and not heard.faces and heard.speech
    assert seen.frame_times and seen.faces and not seen.speech


def test_a_media_has_the_shares_that_it_has_streams(media):
    assert shares(media) == ("video", "audio")
    assert shares(replace(media, audio=None)) == ("video",)
    assert shares(replace(media, kind="audio", video=None)) == ("audio",)


def test_a_detector_that_breaks_down_fails_alone(media):
    class Broken(Brightness):
        name = "lip_sync"

        def score(self, samples):
            raise ZeroDivisionError("no faces")

    detectors = (*DETECTORS, Broken())
    with open_share(media, load(), detectors, None) as reader:
        scores = examine(reader, plan(media, 30.0, 4.0)[0], detectors).outcome.scores
    assert [(s.detector, s.failed) for s in scores][-1] == ("lip_sync", "ZeroDivisionError: no faces")
    assert scores[0].points and scores[1].points


def test_a_shard_that_was_examined_twice_by_a_detector_is_refused(media):
    part = together(media, load())[0]
    with pytest.raises(ValueError, match="twice"):
        merge([part, part], DETECTORS)


def test_what_was_noticed_is_told_once_and_damage_last(media):
    outcome = together(media, load({"shard_seconds": 60}))[0].outcome
    parts = [
        ShardPart(outcome, (DAMAGED,)),
        ShardPart(outcome, ("timestamps_missing", DAMAGED)),
        ShardPart(outcome, ("timestamps_missing",)),
    ]
    told = noticed(replace(media, notes=("first",)), parts).notes
    assert told == ("first", "timestamps_missing", DAMAGED)
    assert json.dumps(told) == json.dumps(noticed(replace(media, notes=("first",)), parts[::-1]).notes)


def test_times_are_exact_after_the_way(media):
    part = together(media, load())[0]
    times = read(ShardPart, dump(part)).outcome.frame_times
    assert times == part.outcome.frame_times and all(isinstance(time, Fraction) for time in times)
