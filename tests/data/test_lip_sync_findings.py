"""What lip-sync must find, on real clips of people it was not trained on: sound moved, exchanged, dubbed for a while.

Runs where the research data lies beside the project and a model of lips is installed, in the package or in the folder
that `UNMASK_MODELS` names. Clips are of persons and sources that the training's own choice holds back;
`UNMASK_MANIFESTS` may name more manifests than the one of the data. Every clip is altered as a file and goes through
ingest, media, detect and fuse.
"""

import os
from functools import cache, lru_cache
from pathlib import Path
from tempfile import mkdtemp

import av
import pytest

from support.makers import ffmpeg
from unmask.bootstrap import analyzer
from unmask.evaluation.localisation import Located, average_precision_at, iou
from unmask.fusion.fuse import fuse
from unmask.models.registry import HERE, Registry
from unmask.settings import load
from unmask.training.sync_data import select

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("UNMASK_DATA", ROOT.parent / "shared" / "data"))
MOST = 8
DUB = 3.0

pytestmark = [
    pytest.mark.data,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not (DATA / "manifest_visual.csv").is_file(), reason="the research data is not on this machine"),
    pytest.mark.skipif(
        "lip_sync" not in Registry(load().models or HERE).names(), reason="no model of lips is installed"
    ),
]


def seconds(path):
    """Length of a clip with sound, 0 without."""
    with av.open(str(path)) as container:
        return container.duration / 1e6 if container.streams.audio and container.duration else 0.0


@lru_cache(maxsize=1)
def held():
    """Rows of talking people who trained nothing: one clip of each, the longest first."""
    given = os.environ.get("UNMASK_MANIFESTS", str(DATA / "manifest_visual.csv")).split(os.pathsep)
    splits = select([Path(one) for one in given])
    rows = sorted((*splits.dev, *splits.calibration), key=lambda row: (-seconds(row.path), row.path))
    longest = {row.identity: row for row in reversed(rows) if seconds(row.path) >= 4.4}
    return sorted(longest.values(), key=lambda row: (-min(seconds(row.path), 40), row.path))[:MOST]


def clips():
    return [row.path for row in held()]


@lru_cache(maxsize=1)
def examiner():
    return analyzer(load())


@cache
def examined(path):
    """Probability of the lips' finding, None where it does not apply, and the segments of the lips."""
    unmask = examiner()
    media, outcomes = unmask.examine(path)
    found = fuse(media, outcomes, unmask.detectors, unmask.cards)
    scores = [f.probability for f in found.findings if f.detector == "lip_sync" and f.state == "scored"]
    spans = tuple((s.start, s.end, s.probability) for s in found.segments if s.detector == "lip_sync")
    return max(scores, default=None), spans


@lru_cache(maxsize=1)
def folder():
    return Path(mkdtemp(prefix="unmask-findings-"))


def shifted(path, by):
    """The clip with its sound `by` seconds late (early below zero)."""
    out = folder() / f"{path.stem}-{by}.mov"
    change = f"adelay={round(by * 1000)}:all=1" if by > 0 else f"atrim=start={-by},asetpts=PTS-STARTPTS"
    ffmpeg("-i", path, "-af", f"{change},apad", "-shortest", "-c:v", "copy", "-c:a", "pcm_s16le", out)
    return out


def other_of(path):
    """A clip of somebody else."""
    names = clips()
    return names[(names.index(path) + 1) % len(names)]


def exchanged(path):
    out = folder() / f"{path.stem}-exchanged.mov"
    maps = ("-map", "0:v", "-map", "1:a", "-shortest")
    ffmpeg("-i", path, "-stream_loop", "-1", "-i", other_of(path), *maps, "-c:v", "copy", "-c:a", "pcm_s16le", out)
    return out


def dubbed(path):
    """The clip with three seconds of another one's sound in its middle, and when they begin."""
    out, begin = folder() / f"{path.stem}-dubbed.mov", round(seconds(path) / 2 - DUB / 2, 2)
    inside = f"between(t,{begin},{begin + DUB})"
    mix = (
        f"[0:a]aresample=16000,aformat=channel_layouts=mono,volume='if({inside},0,1)':eval=frame[a];"
        f"[1:a]aresample=16000,aformat=channel_layouts=mono,loudnorm,aresample=16000,"
        f"volume='if({inside},1,0)':eval=frame[b];[a][b]amix=duration=first:normalize=0[c]"
    )
    given = ("-i", path, "-stream_loop", "-1", "-i", other_of(path), "-filter_complex", mix)
    ffmpeg(*given, "-map", "0:v", "-map", "[c]", "-c:v", "copy", "-c:a", "pcm_s16le", out)
    return out, begin


def compared(change):
    """Of the clips in which lips are scored with either sound: the probabilities of the own and the changed one."""
    pairs = [(examined(path)[0], examined(change(path))[0]) for path in clips()]
    pairs = [(own, other) for own, other in pairs if own is not None and other is not None]
    assert len(pairs) >= 4, "too few clips with speech"
    return pairs


def share_above(pairs):
    return sum(other > own for own, other in pairs) / len(pairs)


def test_clips_as_they_are_are_seldom_called_out_of_sync():
    own = [p for p, _ in map(examined, clips()) if p is not None]
    assert len(own) >= 0.7 * len(clips())
    assert sum(p >= 0.8 for p in own) <= 0.1 * len(own) + 1


@pytest.mark.parametrize("by", [0.2, -0.2, 0.4, -0.4])
def test_sound_that_was_moved_is_less_in_sync_than_it_was(by):
    assert share_above(compared(lambda path: shifted(path, by))) >= (0.75 if abs(by) < 0.3 else 0.85)


def test_sound_that_was_exchanged_is_less_in_sync_than_the_own():
    assert share_above(compared(exchanged)) >= 0.85


@pytest.mark.xfail(reason="weak dubs are left out of the report: decision 18", strict=False)
def test_three_seconds_dubbed_in_the_middle_are_found_where_they_are():
    long = [path for path in clips() if seconds(path) >= 8 and examined(path)[0] is not None]
    if len(long) < 3:
        pytest.skip("too few long clips")
    files = []
    for path in long:
        out, begin = dubbed(path)
        files.append(Located(((begin, begin + DUB),), examined(out)[1], path.stem))
        files.append(Located((), examined(path)[1], path.stem))
    best = [max((iou(f.true[0], s[:2]) for s in f.reported), default=0.0) for f in files if f.true]
    assert average_precision_at(files, 0.5) >= 0.6, f"overlaps {[round(one, 2) for one in best]}"
