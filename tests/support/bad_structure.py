"""Bad inputs by structure: no time, lying headers, codecs, protection, limits, paths and names."""

from __future__ import annotations

import os
from pathlib import Path

from support.bad_register import bad, changed, raw
from support.makers import ffmpeg, make_picture, make_sound, make_video, picture, wav_bytes
from support.surgery import (
    box,
    drop_box,
    ebml,
    edit_boxes,
    insert_in_tracks,
    jpeg_with_size,
    number,
    png_with_size,
    put,
    replace_once,
)

TRANSPORT_PACKET = 188

# --- no time --------------------------------------------------------------------------------------------------------

raw("wav_without_samples", "zero_duration", wav_bytes(0), "sound.wav")


@bad("zero_duration")
def _mp4_without_frames(folder: Path) -> Path:
    """A track whose tables are empty."""

    def empty(data: bytes) -> bytes:
        for kind in (b"stts", b"stsc", b"stco", b"ctts", b"stss"):
            if kind in data:
                data = edit_boxes(data, kind, lambda _: bytes(8))
        data = edit_boxes(data, b"stsz", lambda _: bytes(12))
        return edit_boxes(edit_boxes(data, b"mdhd", put(16, number(0))), b"mvhd", put(16, number(0)))

    return changed(folder, lambda data: drop_box(empty(data), b"mdat"), audio=False)


@bad("zero_duration")
def _edit_list_that_shows_nothing(folder: Path) -> Path:
    return changed(folder, lambda data: edit_boxes(data, b"elst", put(8, number(0))), audio=False, seconds=0.04)


@bad("zero_duration")
def _every_frame_at_the_same_instant(folder: Path) -> Path:
    def stopped(data: bytes) -> bytes:
        data = edit_boxes(replace_once(data, b"edts", b"free"), b"stts", put(12, number(0)))
        return edit_boxes(edit_boxes(data, b"mdhd", put(16, number(0))), b"mvhd", put(16, number(0)))

    return changed(folder, stopped, audio=False)


# --- lies in the header ---------------------------------------------------------------------------------------------


@bad("too_many_pixels")
def _huge_png(folder: Path) -> Path:
    path = make_picture(folder / "still.png")
    path.write_bytes(png_with_size(path.read_bytes(), 100_000, 100_000))
    return path


@bad("too_many_pixels")
def _huge_jpeg(folder: Path) -> Path:
    path = make_picture(folder / "still.jpg")
    path.write_bytes(jpeg_with_size(path.read_bytes(), 65_500, 65_500))
    return path


@bad("too_many_pixels")
def _huge_gif(folder: Path) -> Path:
    path = make_picture(folder / "still.gif")
    data = path.read_bytes()
    path.write_bytes(data[:6] + b"\xff\xff\xff\xff" + data[10:])
    return path


@bad("too_many_pixels")
def _huge_mp4_header(folder: Path) -> Path:
    return changed(
        folder, lambda data: edit_boxes(data, b"stsd", put(8 + 8 + 24, b"\xea\x60\xea\x60"), first_only=True)
    )


@bad("too_many_pixels", max_pixels=20_000)
def _small_header_large_frames(folder: Path) -> Path:
    tiny = put(8 + 8 + 24, b"\0\x10\0\x10")
    return changed(folder, lambda data: edit_boxes(data, b"stsd", tiny, first_only=True), size=(320, 240), audio=False)


@bad(None)
def _billion_frames_in_time_table(folder: Path) -> Path:
    return changed(folder, lambda data: edit_boxes(data, b"stts", put(8, number(10**9)), first_only=True))


@bad("truncated")
def _billion_samples_of_one_byte(folder: Path) -> Path:
    return changed(folder, lambda data: edit_boxes(data, b"stsz", put(4, number(1) + number(10**9)), first_only=True))


@bad("too_long")
def _billion_samples_in_a_fragment(folder: Path) -> Path:
    bomb = box(b"moof", box(b"traf", box(b"trun", number(0) + number(10**9))))
    return changed(folder, lambda data: data + bomb)


@bad("too_long")
def _endless_edit_list(folder: Path) -> Path:
    return changed(folder, lambda data: edit_boxes(data, b"elst", put(4, number(2**31)), first_only=True))


@bad("truncated")
def _wav_tag_of_three_gigabytes(folder: Path) -> Path:
    data = wav_bytes(16_000)
    tags = b"LIST" + (0xC0000000).to_bytes(4, "little") + b"INFO" + b"ISFT" + (0xBFFFFFF0).to_bytes(4, "little")
    (folder / "sound.wav").write_bytes(data[:36] + tags + data[36:])
    return folder / "sound.wav"


@bad("truncated")
def _boxes_nested_deep(folder: Path) -> Path:
    data = b""
    for _ in range(3000):
        data = box(b"trak", data)
    (folder / "clip.mp4").write_bytes(box(b"ftyp", b"isom\0\0\x02\0") + data)
    return folder / "clip.mp4"


@bad("not_media")
def _million_boxes(folder: Path) -> Path:
    (folder / "clip.mp4").write_bytes(box(b"ftyp", b"isom\0\0\x02\0") + box(b"free", b"") * 1_000_000)
    return folder / "clip.mp4"


@bad(None)
def _hostile_tags(folder: Path) -> Path:
    tags = {"title": "\x1b[2J<script>alert(1)</script>\u202e", "comment": "A" * 100_000}
    return make_video(folder / "clip.mp4", tags=tags)


# --- codecs and protection ------------------------------------------------------------------------------------------


@bad("unsupported_codec")
def _unknown_picture_codec(folder: Path) -> Path:
    return changed(folder, lambda data: edit_boxes(data, b"stsd", put(12, b"zzz9"), first_only=True))


@bad("unsupported_codec")
def _unknown_sound_codec(folder: Path) -> Path:
    path = make_sound(folder / "sound.mka", codec="aac")
    path.write_bytes(replace_once(path.read_bytes(), b"A_AAC", b"A_ZZZ"))
    return path


@bad("unsupported_codec")
def _animated_webp(folder: Path) -> Path:
    from PIL import Image

    frames = [Image.fromarray(picture((64, 48), n)) for n in range(3)]
    frames[0].save(folder / "moving.webp", save_all=True, append_images=frames[1:])
    return folder / "moving.webp"


@bad("encrypted")
def _encrypted_cenc(folder: Path) -> Path:
    source = make_video(folder / "source.mp4")
    key = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "00" * 16, "-encryption_kid", "11" * 16]
    ffmpeg("-i", source, "-c", "copy", *key, folder / "clip.mp4")
    return folder / "clip.mp4"


@bad("encrypted")
def _encrypted_fairplay(folder: Path) -> Path:
    return changed(folder, lambda data: edit_boxes(data, b"stsd", put(12, b"drmi"), first_only=True))


@bad("encrypted")
def _encrypted_mkv(folder: Path) -> Path:
    encryption = ebml(0x5035, ebml(0x47E1, b"\x05") + ebml(0x47E2, b"0123456789abcdef"))
    encoding = ebml(0x6D80, ebml(0x6240, ebml(0x5032, b"\x01") + ebml(0x5033, b"\x01") + encryption))
    return changed(folder, lambda data: insert_in_tracks(data, encoding), ".mkv")


@bad("encrypted")
def _scrambled_ts(folder: Path) -> Path:
    def scramble(data: bytes) -> bytes:
        out = bytearray(data)
        for at in range(0, len(out), TRANSPORT_PACKET):
            if (out[at + 1] & 0x1F) << 8 | out[at + 2] >= 0x100:  # leave the tables readable, as broadcasters do
                out[at + 3] |= 0x80
        return bytes(out)

    return changed(folder, scramble, ".ts", seconds=3)


@bad("encrypted")
def _protected_wma(folder: Path) -> Path:
    header = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + (200).to_bytes(8, "little") + bytes(6)
    protection = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e") + (40).to_bytes(8, "little") + bytes(16)
    (folder / "sound.wma").write_bytes(header + protection + bytes(200))
    return folder / "sound.wma"


# --- limits ---------------------------------------------------------------------------------------------------------


@bad("too_long", max_seconds=0.5)
def _too_long(folder: Path) -> Path:
    return make_video(folder / "clip.mp4")


@bad("too_long", max_seconds=0.5)
def _too_long_without_header(folder: Path) -> Path:
    return make_sound(folder / "sound.aac", codec="aac")


@bad("too_large", max_bytes=1_000)
def _too_large(folder: Path) -> Path:
    return make_video(folder / "clip.mp4")


@bad("too_many_pixels", max_pixels=10_000)
def _too_many_pixels(folder: Path) -> Path:
    return make_video(folder / "clip.mp4")


# --- paths and names ------------------------------------------------------------------------------------------------


@bad("not_a_file")
def _folder(folder: Path) -> Path:
    (folder / "clip.mp4").mkdir()
    return folder / "clip.mp4"


@bad("not_a_file")
def _fifo(folder: Path) -> Path:
    os.mkfifo(folder / "clip.mp4")
    return folder / "clip.mp4"


@bad("not_a_file")
def _endless_device(folder: Path) -> Path:
    return Path("/dev/zero")


@bad("not_a_file")
def _link_to_a_device(folder: Path) -> Path:
    (folder / "clip.mp4").symlink_to("/dev/zero")
    return folder / "clip.mp4"


@bad("file_missing")
def _broken_link(folder: Path) -> Path:
    (folder / "clip.mp4").symlink_to(folder / "nowhere.mp4")
    return folder / "clip.mp4"


@bad("file_missing")
def _link_to_itself(folder: Path) -> Path:
    (folder / "clip.mp4").symlink_to(folder / "clip.mp4")
    return folder / "clip.mp4"


@bad("file_missing")
def _missing_file(folder: Path) -> Path:
    return folder / "nowhere.mp4"


@bad("file_missing")
def _path_through_a_file(folder: Path) -> Path:
    (folder / "file").write_bytes(b"x")
    return folder / "file" / "clip.mp4"


@bad("file_missing")
def _name_of_300_characters(folder: Path) -> Path:
    return folder / ("a" * 296 + ".mp4")


@bad(None)
def _name_with_a_newline(folder: Path) -> Path:
    return make_video(folder / "source.mp4").rename(folder / "a\nb\x1b[31m.mp4")


@bad(None)
def _name_that_reads_backwards(folder: Path) -> Path:
    return make_video(folder / "source.mp4").rename(folder / "clip\u202e4pm.exe")


@bad(None)
def _name_like_a_pattern(folder: Path) -> Path:
    return make_video(folder / "source.mp4").rename(folder / "http:%03d|concat.png")


@bad(None)
def _name_that_is_no_text(folder: Path) -> Path:
    path = folder / os.fsdecode(b"\xff\xfe.mp4")
    return make_video(folder / "source.mp4").rename(path)


@bad(None)
def _png_named_mp4(folder: Path) -> Path:
    return make_picture(folder / "still.png").rename(folder / "clip.mp4")
