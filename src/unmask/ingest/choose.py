"""Which picture and which sound of a container are examined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unmask.errors import Encrypted, NoStreams, TooManyPixels, UnsupportedCodec
from unmask.ingest.allowed import is_allowed

if TYPE_CHECKING:
    from av.container import InputContainer


@dataclass(frozen=True, slots=True)
class Chosen:
    """libav's streams, at least one of them, and what the user should know about the choice."""

    video: Any
    audio: Any
    notes: tuple[str, ...]


def choose(container: InputContainer, max_pixels: int) -> Chosen:
    """The default video stream and the default audio stream, those first that can be decoded. Cover art is no video.

    Raises:
        NoStreams: neither a picture nor a sound (subtitles, attachments, cover art and data only).
        Encrypted: a chosen stream is encrypted.
        UnsupportedCodec: no decoder that is allowed reads the picture, or the sound where that is all there is.
        TooManyPixels: the picture is larger than `max_pixels`.
    """
    from av.stream import Disposition

    aside = Disposition.attached_pic | Disposition.timed_thumbnails
    pictures = [s for s in container.streams if s.type == "video" and not s.disposition & aside]
    sounds = [s for s in container.streams if s.type == "audio"]
    if not pictures and not sounds:
        raise NoStreams("The file has neither a video nor an audio stream.")
    video: Any = max(pictures, key=_picture_rank, default=None)
    audio: Any = max(sounds, key=_sound_rank, default=None)
    for stream in (video, audio):
        if stream is not None and "enc_key_id" in {key.lower() for key in stream.metadata}:
            raise Encrypted("The file is protected: its streams are encrypted.")
    notes = [f"{len(pictures)} video streams; the default one is examined"] if len(pictures) > 1 else []
    notes += [f"{len(sounds)} audio streams; the default one is examined"] if len(sounds) > 1 else []
    if video is not None:
        _check_picture(video, max_pixels)
    if audio is not None and not _decodable(audio):
        if video is None:
            raise UnsupportedCodec("There is no decoder for the file's sound.")
        notes.append("the sound can't be decoded: unknown codec")
        audio = None
    return Chosen(video, audio, tuple(notes))


def _check_picture(video: Any, max_pixels: int) -> None:
    if not _decodable(video):
        raise UnsupportedCodec("There is no decoder for the file's picture.")
    width, height = video.codec_context.width, video.codec_context.height
    if width * height > max_pixels:
        raise TooManyPixels(f"The picture is {width} x {height}, more than {max_pixels} pixels.")


def _picture_rank(stream: Any) -> tuple[bool, bool, int, int]:
    context = stream.codec_context
    pixels = context.width * context.height if context is not None else 0
    return _decodable(stream), _is_default(stream), pixels, -stream.index


def _sound_rank(stream: Any) -> tuple[bool, bool, bool, int]:
    from av.stream import Disposition

    beside = Disposition.comment | Disposition.hearing_impaired | Disposition.visual_impaired | Disposition.dub
    return _decodable(stream), _is_default(stream), not stream.disposition & beside, -stream.index


def _decodable(stream: Any) -> bool:
    context = stream.codec_context
    return context is not None and is_allowed(context.codec.name)


def _is_default(stream: Any) -> bool:
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.default)
