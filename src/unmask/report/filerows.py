"""What is known of the file, in rows, for the page and the PDF alike."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.explain.words import clock
from unmask.language import Language
from unmask.language import marked as _
from unmask.report.facts import TIMES
from unmask.result import MediaFacts


@dataclass(frozen=True, slots=True)
class FileRow:
    """A fact of the file: its name, and the parts of its value, still unescaped.

    `code` for hashes; `given` is its name as found.
    """

    name: str
    parts: tuple[str, ...]
    code: bool = False
    given: str = ""


def file_rows(media: MediaFacts, language: Language) -> list[FileRow]:
    """What is known of the file, its tags last; names and values of tags are from outside."""
    say = language.gettext
    still = media.kind == "image"
    container = (
        [media.container] if still else [media.container, clock(media.duration, True), _rate(media.bit_rate, language)]
    )
    rows = [
        FileRow(say("Name"), (media.name,)),
        FileRow(say("SHA-256"), (media.sha256,), code=True),
        FileRow(say("Size"), _bytes(media.bytes, language)),
        FileRow(say("Container"), tuple(container)),
    ]
    if media.video:
        rows.append(FileRow(say("Picture"), _picture(media, language)))
    if media.audio:
        sound = media.audio
        parts = [sound.codec, f"{language.integer(sound.sample_rate)} Hz"]
        parts.append(language.ngettext("{count} channel", "{count} channels", sound.channels))
        parts += [_rate(sound.bit_rate, language)] if sound.bit_rate else []
        rows.append(FileRow(say("Sound"), tuple(parts)))
    return rows + [FileRow(say("Tag"), (value,), given=name) for name, value in media.tags.items()]


def _picture(media: MediaFacts, language: Language) -> tuple[str, ...]:
    say, video = language.gettext, media.video
    assert video is not None
    codec = f"{video.codec} ({video.profile})" if video.profile else video.codec
    parts = [codec, f"{video.width} {TIMES} {video.height}"]
    if video.rotation:
        parts.append(say("turned by {degrees}°", degrees=video.rotation))
    if video.frame_rate and media.kind != "image":
        message = _("{rate} frames a second (variable)") if video.variable_frame_rate else _("{rate} frames a second")
        shown = f"{video.frame_rate:.5g}"
        parts.append(say(message, rate=language.decimal(float(shown), len(shown.partition(".")[2]))))
    return (*parts, _rate(video.bit_rate, language)) if video.bit_rate else tuple(parts)


def _bytes(count: int, language: Language) -> tuple[str, ...]:
    """A size for people, and the exact count."""
    size, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    exact = language.ngettext("{count} byte", "{count} bytes", count)
    return (exact,) if unit == "B" else (f"{language.decimal(size, 1)} {unit}", exact)


def _rate(bits: int | None, language: Language) -> str:
    """A bit rate for people."""
    if bits is None:
        return language.gettext("bit rate not stated")
    if bits >= 1e6:
        return f"{language.decimal(bits / 1e6, 2)} Mbit/s"
    return f"{bits / 1e3:.0f} kbit/s"
