"""Light re-encodings that change nothing a person would notice: an answer that they turn over rests on little."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from unmask.reencode.codecs import AAC_LIGHT, SoundCodec, compressed
from unmask.reencode.pictures import each
from unmask.reencode.stills import rewrite_still
from unmask.reencode.transcode import Plan, transcode
from unmask.types import ImageArray, Media

Rewrite = Callable[[Media, Path], None]
SHRUNK = 0.9


def variants(media: Media) -> Mapping[str, Rewrite]:
    """Three ways to write this media anew, by name."""
    if media.kind == "image":
        return {
            "jpeg_90": lambda m, target: rewrite_still(m, target, quality=90),
            "scaled_jpeg_90": lambda m, target: rewrite_still(m, target, shrink_and_back, quality=90),
            "jpeg_75": lambda m, target: rewrite_still(m, target, quality=75),
        }
    if media.video is None:
        return {
            "aac_128k": _sound(AAC_LIGHT),
            "opus_64k": _sound(SoundCodec("libopus", 48_000, 64_000)),
            "mp3_128k": _sound(SoundCodec("libmp3lame", 44_100, 128_000)),
        }
    light = compressed("h264", 23)
    scaled = Plan(light, each(lambda image, _: shrink_and_back(image)))
    third = Plan(compressed("h265", 23)) if media.audio is None else Plan(sound=AAC_LIGHT)
    return {
        "h264_crf23": lambda m, target: transcode(m, target, Plan(light)),
        "scaled_h264_crf23": lambda m, target: transcode(m, target, scaled),
        "h265_crf23" if media.audio is None else "aac_128k": lambda m, target: transcode(m, target, third),
    }


def shrink_and_back(image: ImageArray) -> ImageArray:
    """The picture (h, w, 3) scaled to nine tenths of its sides and back again."""
    import cv2

    height, width = image.shape[:2]
    small = (max(1, round(width * SHRUNK)), max(1, round(height * SHRUNK)))
    less = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    return cast(ImageArray, cv2.resize(less, (width, height), interpolation=cv2.INTER_CUBIC))


def _sound(codec: SoundCodec) -> Rewrite:
    return lambda media, target: transcode(media, target, Plan(sound=codec))
