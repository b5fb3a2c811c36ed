"""Stage 2: everything that detectors may look at in a shard, decoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from unmask.media.closing import Closing
from unmask.media.faces import FaceFinder
from unmask.media.lips import LipReader
from unmask.media.sources import open_sound, open_video
from unmask.media.speech import SpeechFinder
from unmask.media.surroundings import describe_surroundings
from unmask.media.wide import wide_crop
from unmask.settings import Settings
from unmask.types import FaceSample, Frame, Interval, Media, Shard, ShardSamples

LONGEST_WINDOW = Fraction(4)
"""Seconds of sound that a shard holds beyond its end, so that windows which start in it are whole."""


class MediaReader(Closing):
    """Reads shards. Consecutive ones cost one decode pass over the media; any other costs a seek.

    At one time it holds one decoded picture, the crops of one shard's faces, and the sound around one shard. With
    `lips` it also reads mouths where speech is heard, which takes a second pass over those stretches. Without
    `pictures` or without `sound` that half of the media is never touched.
    """

    def __init__(
        self, media: Media, settings: Settings, *, lips: bool = False, pictures: bool = True, sound: bool = True
    ) -> None:
        self._settings = settings
        self._video = open_video(media, settings.fps) if media.video and pictures else None
        self._sound = open_sound(media) if media.audio and sound else None
        self._speech = SpeechFinder(self._sound) if self._sound else None
        self._finder: FaceFinder | None = None
        self._lips: LipReader | None = None
        if lips and media.kind == "video" and self._video and self._sound and self._speech:
            self._lips = LipReader(media, settings.fps, self._sound, self._speech, self._face_finder)

    @property
    def damaged(self) -> int:
        """Packets and pictures that were lost to damage so far."""
        return (self._video.damaged if self._video else 0) + (self._sound.damaged if self._sound else 0)

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be worked around so far, as stable words."""
        return self._video.notes if self._video else ()

    @property
    def scale(self) -> float:
        """Displayed pixels of the original that one pixel of coordinates spans."""
        return self._video.scale if self._video else 1.0

    def read(self, shard: Shard, progress: Callable[[float], None] | None = None) -> ShardSamples:
        """The samples of a shard; `progress` hears which fraction of it is done, 0 to 1.

        Raises DecodeFailed when a stream gives nothing at all.
        """
        times: list[Fraction] = []
        faces: list[FaceSample] = []
        length = shard.end - shard.start
        for frame in self._video.frames(shard) if self._video else ():
            times.append(frame.time)
            faces.extend(self._faces(frame))
            if progress is not None:
                progress(float((frame.time - shard.start) / length))
        heard = Interval(shard.start, shard.end + LONGEST_WINDOW)
        sound = self._sound.read(heard) if self._sound else None
        speech = self._speech.find(heard) if self._speech else ()
        mouths = self._lips.read(shard, faces) if self._lips else ()
        if progress is not None:
            progress(1.0)
        return ShardSamples(shard, tuple(times), tuple(faces), sound, speech, mouths)

    def close(self) -> None:
        """Let go of the file."""
        for reader in (self._video, self._sound, self._lips):
            if reader is not None:
                reader.close()

    def _face_finder(self) -> FaceFinder:
        if self._finder is None:
            self._finder = FaceFinder()
        return self._finder

    def _faces(self, frame: Frame) -> Iterator[FaceSample]:
        for face in self._face_finder().find(
            frame.image, frame.time, self._settings.max_faces, self._settings.min_face
        ):
            around = describe_surroundings(frame.image, face.observation.box)
            wide = wide_crop(frame.image, face.observation.points) if self._settings.wide_faces else None
            yield replace(face, observation=replace(face.observation, surroundings=around), wide=wide)
