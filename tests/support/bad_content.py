"""Bad inputs by content: no media at all, files that refer to others, files that are cut or damaged."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

from support.bad_register import bad, changed, raw
from support.makers import ffmpeg, make_picture, make_sound, wav_bytes
from support.surgery import box, drop_box, edit_boxes, number, put

# --- no media at all ------------------------------------------------------------------------------------------------

raw("zero_bytes", "empty_file", b"")
raw("one_byte", "not_media", b"x")
raw("one_zero_byte", "not_media", b"\0")
raw("random_bytes", "not_media", random.Random(7).randbytes(100_000))
raw("only_zeros", "not_media", bytes(100_000))
raw("text", "not_media", b"This is a note about a video.\n" * 50, "note.txt")
raw("text_utf16", "not_media", "Eine Notiz über ein Video.\n".encode("utf-16") * 50, "note.txt")
raw("html_named_mp4", "not_media", b"<!DOCTYPE html><html><body>404 Not Found</body></html>")
raw("json_named_mp4", "not_media", b'{"error": "login required"}')
raw("pdf", "not_media", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n" + bytes(500), "paper.pdf")
raw("program", "not_media", b"\x7fELF\x02\x01\x01" + bytes(5000), "setup.mp4")
raw("gzip", "not_media", b"\x1f\x8b\x08" + bytes(500), "clip.mp4.gz")
raw("mp3_garbage", "not_media", b"ID3\x04\0\0\0\0\0\0" + random.Random(3).randbytes(20_000), "sound.mp3")
raw("mkv_garbage", "not_media", b"\x1aE\xdf\xa3" + random.Random(4).randbytes(20_000), "clip.mkv")


@bad("not_media")
def _zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "clips.zip", "w") as archive:
        archive.writestr("clip.mp4", bytes(1000))
    return folder / "clips.zip"


# --- files that refer to others, or hold no media -------------------------------------------------------------------

_URL = b"http://127.0.0.1:9/clip.ts"
raw("playlist_named_mp4", "unsupported_container", b"#EXTM3U\n#EXTINF:10,\n" + _URL + b"\n#EXT-X-ENDLIST\n")
raw("ffconcat_script", "unsupported_container", b"ffconcat version 1.0\nfile /etc/passwd\n")
raw("concat_list", "unsupported_container", b"file '/etc/passwd'\nfile 'b.mp4'\n", "list.txt")
raw("dash_manifest", "unsupported_container", b'<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash"></MPD>', "a.mpd")
raw("sdp_session", "unsupported_container", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n", "a.sdp")
raw("svg_drawing", "unsupported_container", b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "a.svg")
raw("link_list", "unsupported_container", _URL + b"\n", "a.m3u")
raw("windows_link", "unsupported_container", b"[InternetShortcut]\r\nURL=" + _URL + b"\r\n", "a.url")
raw("subtitles_srt", "unsupported_container", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", "a.srt")
raw("subtitles_vtt", "unsupported_container", b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n", "a.vtt")


@bad("no_streams")
def _subtitles_only_mkv(folder: Path) -> Path:
    (folder / "a.srt").write_bytes(b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n")
    ffmpeg("-i", folder / "a.srt", "-c:s", "srt", folder / "clip.mkv")
    return folder / "clip.mkv"


@bad("no_streams")
def _data_only_mp4(folder: Path) -> Path:
    def to_data(data: bytes) -> bytes:
        data = edit_boxes(data, b"stsd", put(12, b"mebx"))
        return edit_boxes(data, b"hdlr", put(8, b"meta"), first_only=True)

    return changed(folder, to_data, audio=False)


@bad("no_streams")
def _cover_only_m4a(folder: Path) -> Path:
    cover = make_picture(folder / "cover.png")
    ffmpeg("-i", cover, "-c", "copy", "-disposition:v:0", "attached_pic", folder / "cover.m4a")
    return folder / "cover.m4a"


@bad("unsupported_container")
def _external_references(folder: Path) -> Path:
    outside = number(0) + number(1) + box(b"url ", number(0) + b"file:///etc/passwd\0")
    return changed(folder, lambda data: edit_boxes(data, b"dref", lambda _: outside))


@bad("unsupported_container")
def _reference_movie(folder: Path) -> Path:
    return changed(folder, lambda data: edit_boxes(data, b"moov", lambda old: old + box(b"rmra", b"")))


# --- cut and damaged ------------------------------------------------------------------------------------------------

raw("mp4_header_only", "truncated", box(b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41"))
raw("wav_header_only", "truncated", wav_bytes(0, declared=32_000), "sound.wav")
raw("wav_half_a_header", "not_media", wav_bytes(0)[:30], "sound.wav")


@bad("truncated")
def _mp4_without_moov(folder: Path) -> Path:
    return changed(folder, lambda data: drop_box(data, b"moov"))


@bad("truncated")
def _mp4_cut_moov_last(folder: Path) -> Path:
    return changed(folder, lambda data: data[: len(data) // 2])


@bad("truncated")
def _mp4_cut_inside_moov(folder: Path) -> Path:
    return changed(folder, lambda data: data[:-200])


@bad(None, note="cut off")
def _mp4_cut_moov_first(folder: Path) -> Path:
    return changed(folder, lambda data: data[: len(data) * 2 // 3], seconds=2, faststart=True)


@bad("truncated")
def _mp4_cut_before_data(folder: Path) -> Path:
    return changed(folder, lambda data: data[: data.index(b"mdat") + 10], faststart=True)


@bad(None, note="declares")
def _mkv_cut(folder: Path) -> Path:
    return changed(folder, lambda data: data[: len(data) // 2], ".mkv", seconds=3)


@bad("truncated")
def _mkv_cut_before_data(folder: Path) -> Path:
    return changed(folder, lambda data: data[: data.index(b"\x1f\x43\xb6\x75") + 4], ".mkv")


@bad(None)
def _ts_cut(folder: Path) -> Path:
    return changed(folder, lambda data: data[: len(data) // 2 + 77], ".ts")


@bad(None)
def _mp3_cut(folder: Path) -> Path:
    path = make_sound(folder / "sound.mp3", codec="libmp3lame")
    path.write_bytes(path.read_bytes()[:2000])
    return path


@bad(None, note="cut off")
def _wav_cut(folder: Path) -> Path:
    path = folder / "sound.wav"
    path.write_bytes(wav_bytes(8_000, declared=64_000))
    return path


@bad("truncated")
def _png_cut(folder: Path) -> Path:
    path = make_picture(folder / "still.png")
    path.write_bytes(path.read_bytes()[:200])
    return path


@bad(None, note="cut off")
def _jpeg_cut(folder: Path) -> Path:
    path = make_picture(folder / "still.jpg", size=(640, 480))
    path.write_bytes(path.read_bytes()[:-2000])
    return path


def _spoil(data: bytes, first: float, last: float) -> bytes:
    """The mp4 with a part of its sample data, from and to these fractions of it, overwritten."""
    start = data.index(b"mdat") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big") - 8
    a, b = start + int(first * length), start + int(last * length)
    return data[:a] + random.Random(5).randbytes(b - a) + data[b:]


@bad("unreadable_first_frame")
def _no_frame_intact(folder: Path) -> Path:
    return changed(folder, lambda data: _spoil(data, 0, 1), audio=False)


@bad("unreadable_first_frame")
def _no_sound_intact(folder: Path) -> Path:
    path = make_sound(folder / "sound.m4a", codec="aac")
    path.write_bytes(_spoil(path.read_bytes(), 0, 1))
    return path


@bad(None, note="damaged at its start")
def _first_frame_corrupt(folder: Path) -> Path:
    return changed(folder, lambda data: _spoil(data, 0, 0.2), audio=False, seconds=4)


@bad(None, note="sound can't be decoded")
def _sound_garbage_in_a_good_video(folder: Path) -> Path:
    return changed(folder, lambda data: data.replace(b"A_AAC", b"A_ZZZ"), ".mkv")
