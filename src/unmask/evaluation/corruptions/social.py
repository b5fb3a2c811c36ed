"""What a clip goes through that is passed on: uploaded, coded, downloaded, shortened in size, coded again."""

from __future__ import annotations

from pathlib import Path

from unmask.evaluation.corruptions.base import Corruption, Source
from unmask.evaluation.corruptions.picture import scaled
from unmask.ingest import Received, probe
from unmask.ingest.limits import Limits
from unmask.reencode.codecs import SoundCodec, compressed
from unmask.reencode.pictures import each
from unmask.reencode.stills import rewrite_still
from unmask.reencode.transcode import Plan, transcode
from unmask.settings import Settings
from unmask.types import ImageArray, Media

SIDES = (720, 480)
"""Most pixels on the shorter side after the first and the second upload."""
CRFS = (28, 30)
QUALITIES = (75, 60)
SOUNDS = (SoundCodec("aac", 44_100, 64_000), SoundCodec("aac", 44_100, 48_000))
VOICE_MESSAGE = SoundCodec("libopus", 48_000, 24_000)


def share(source: Source, target: Path) -> None:
    """Two uploads one after the other; of a sound file first AAC, then a voice message."""
    once = source.work / "once"
    try:
        _upload(source.media, once, 0)
        uploaded = probe(Received(once, once.stat().st_size, ""), source.media.name, Limits.of(Settings()))
        _upload(uploaded, target, 1)
    finally:
        once.unlink(missing_ok=True)


def _upload(media: Media, target: Path, turn: int) -> None:
    def fit(image: ImageArray) -> ImageArray:
        return image if min(image.shape[:2]) <= SIDES[turn] else scaled(image, SIDES[turn])

    if media.kind == "image":
        rewrite_still(media, target, fit, quality=QUALITIES[turn])
    elif media.video is None:
        transcode(media, target, Plan(sound=VOICE_MESSAGE if turn else SOUNDS[0]))
    else:
        plan = Plan(compressed("h264", CRFS[turn]), each(lambda image, _: fit(image)), SOUNDS[turn])
        transcode(media, target, plan)


SOCIAL = Corruption(
    "social_media", "passed on twice: 720p CRF 28 AAC 64 kbit/s, then 480p CRF 30 AAC 48 kbit/s", "both", share
)
