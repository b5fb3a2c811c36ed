"""What the first bytes say, before any library touches the file: what is no media or names other files is refused."""

from __future__ import annotations

import re
from pathlib import Path

from unmask.errors import Encrypted, NotMedia, UnsupportedContainer

HEAD = 64 * 1024

_XML = rb"(?:<\?xml[^>]{0,200}>\s*)?(?:<!DOCTYPE[^>]{0,400}>\s*)?"
_OTHER_FILES = (
    (rb"#EXTM3U", "an HLS playlist"),
    (rb"ffconcat version", "a concat script"),
    (rb"file\s+['\"]?[^\s'\"]+", "a concat script"),
    (rb"v=0\s+o=", "an SDP session"),
    (rb"\[playlist\]", "a playlist"),
    (rb"\[reference\]", "a playlist"),
    (rb"RTSPtext", "a link"),
    (rb"\[InternetShortcut\]", "a link"),
    (rb"(?:https?|rtsp|rtmp|mms|ftp|file)://\S+\s*$", "a link list"),
    (_XML + rb"<(?:MPD|smil|asx|playlist|SmoothStreamingMedia|svg)\b", "a playlist or a drawing in XML"),
)
_SUBTITLES = (
    (rb"WEBVTT", "subtitles"),
    (rb"\d+\s*\n\d\d:\d\d:\d\d[,.]\d{3} -->", "subtitles"),
    (rb"\[Script Info\]", "subtitles"),
    (rb"\{\d+\}\{\d+\}", "subtitles"),
    (rb";FFMETADATA", "a metadata file"),
)
_NOT_MEDIA = (
    (b"PK\x03\x04", "a zip archive or office document"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"{\\rtf", "a text document"),
    (b"SQLite format 3", "a database"),
)
_ASF_ENCRYPTION = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),  # Content Encryption Object
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),  # Extended Content Encryption Object
)
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

_TS_PACKET = 188


def read_head(path: Path) -> bytes:
    """The first `HEAD` bytes of the file."""
    with path.open("rb") as file:
        return file.read(HEAD)


def refuse_by_content(head: bytes) -> None:
    """Raise when the first bytes are those of something that is not taken.

    Raises:
        UnsupportedContainer: a playlist, a script, a link, or subtitles by themselves.
        NotMedia: text, an archive, a document, a program.
        Encrypted: a scrambled transport stream or a protected Windows Media file.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, what in _OTHER_FILES:
        if re.match(pattern, text, re.IGNORECASE | re.MULTILINE):
            raise UnsupportedContainer(f"This is {what}: it refers to other files and holds no media itself.")
    for pattern, what in _SUBTITLES:
        if re.match(pattern, text, re.IGNORECASE):
            raise UnsupportedContainer(f"This is {what} without a video.")
    for magic, what in _NOT_MEDIA:
        if head.startswith(magic):
            raise NotMedia(f"This is {what}, not a video, sound or picture.")
    if is_text(head):
        raise NotMedia("This is text, not a video, sound or picture.")
    if head.startswith(_ASF) and any(guid in head for guid in _ASF_ENCRYPTION):
        raise Encrypted("The Windows Media file is protected.")
    if _is_scrambled(head):
        raise Encrypted("The transport stream is scrambled.")


def is_text(head: bytes) -> bool:
    """Whether the bytes are readable text (UTF-8 or UTF-16 with its mark) and nothing else."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and len(head) > 2:
        # The mark is also the start of some MPEG audio: only when the rest reads as text it is one.
        text = head[: len(head) & ~1].decode("utf-16", "replace")
    else:
        text = head.decode("utf-8", "replace")
        if text.endswith("\ufffd"):  # a character cut in two by the end of the head
            text = text.rstrip("\ufffd")
    return bool(text) and "\ufffd" not in text and all(char.isprintable() or char in "\t\n\r\f\ufeff" for char in text)


def _is_scrambled(head: bytes) -> bool:
    """Whether most packets of a transport stream that carry data are scrambled (ISO 13818-1, 2.4.3.3)."""
    packets = [head[at : at + 4] for at in range(0, len(head) - 3, _TS_PACKET)]
    if len(packets) < 8 or any(packet[0] != 0x47 for packet in packets):
        return False
    scrambled = sum(1 for packet in packets if packet[3] & 0x80)
    return 2 * scrambled > len(packets)
