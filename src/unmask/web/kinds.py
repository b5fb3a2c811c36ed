"""What a browser may take the bytes of a media for. What they are not is never said of them."""

from __future__ import annotations

OTHER = "application/octet-stream"
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"fLaC", "audio/flac"),
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_BRANDS = {b"avif": "image/avif", b"M4A ": "audio/mp4", b"qt  ": "video/mp4"}
HEAD = 16


def media_type(head: bytes) -> str:
    """The media type that the first 16 bytes tell, out of those that can hold no script."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[:4] == b"RIFF":
        return {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(head[8:12], OTHER)
    return next((kind for start, kind in _STARTS if head.startswith(start)), OTHER)
