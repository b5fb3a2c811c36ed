"""Shards: the stretches of a media that workers take one by one."""

from __future__ import annotations

from fractions import Fraction

from unmask.media.sampling import slot_of, slot_rate
from unmask.types import Media, Shard

SLACK = Fraction(2)
"""Seconds that the last shard reaches beyond the stated duration: headers often leave the last frames out."""


def plan(media: Media, shard_seconds: float, fps: float) -> tuple[Shard, ...]:
    """Cut a media into consecutive shards that together hold every frame and every window exactly once.

    Boundaries lie on multiples of the sampling slot 1/fps, counted from zero; so the frames that are looked at do not
    depend on `shard_seconds`. The first shard starts at zero, the last ends `SLACK` after the media. A rest shorter
    than half a shard goes to the shard before it, so none is longer than one and a half times `shard_seconds` plus the
    slack. A picture is one shard.
    """
    rate = slot_rate(fps)
    still = media.kind == "image"
    slots = 1 if still else slot_of(max(media.duration, Fraction(0)), rate) + 1
    each = max(1, round(Fraction(str(shard_seconds)) * rate))
    count = max(1, (2 * slots + each) // (2 * each))
    edges = [index * each for index in range(count)] + [slots if still else slot_of(media.duration + SLACK, rate) + 1]
    return tuple(Shard(i, edges[i] / rate, edges[i + 1] / rate) for i in range(count))
