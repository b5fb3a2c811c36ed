"""Which containers and codecs are opened at all: those that people send, and none that only old games have.

A demuxer or decoder that is not named here is never run, not even to find out what a stream is.
"""

from __future__ import annotations

FORMATS = (
    *(
        "mov,mp4,m4a,3gp,3g2,mj2",
        "matroska,webm",
        "avi",
        "mpegts",
        "mpeg",
        "flv",
        "asf",
        "mxf",
        "rm",
        "dv",
        "ivf",
        "ogg",
        "h264",
        "hevc",
    ),
    *("wav", "w64", "mp3", "flac", "aac", "amr", "amrnb", "amrwb", "aiff", "au", "caf", "ac3", "eac3", "wv"),
    *("gif", "apng", "png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe"),
)
"""libavformat's demuxers that are allowed. None of them opens a second file (mov's external references stay off)."""

VIDEO_CODECS = (
    *("h264", "hevc", "libdav1d", "av1", "vp8", "vp9", "libvpx", "libvpx-vp9", "vp6", "vp6f", "vp6a", "theora"),
    *("mpeg1video", "mpeg2video", "mpegvideo", "mpeg4", "h261", "h263", "h263i", "h263p", "flv", "msmpeg4v1"),
    *("msmpeg4v2", "msmpeg4", "wmv1", "wmv2", "wmv3", "wmv3image", "vc1", "vc1image", "rv10", "rv20", "rv30", "rv40"),
    *("prores", "prores_raw", "dnxhd", "cfhd", "dvvideo", "jpeg2000", "mjpeg", "mjpegb", "ffv1", "ffvhuff"),
    *("huffyuv", "utvideo", "magicyuv", "lagarith", "qtrle", "svq1", "svq3", "cinepak", "indeo3", "indeo4", "indeo5"),
    *("msvideo1", "msrle", "rpza", "smc", "hap", "rawvideo", "v210", "v308", "v408", "v410", "r210", "yuv4", "zlib"),
    *("png", "apng", "gif", "webp", "bmp", "tiff"),
)
AUDIO_CODECS = (
    *("aac", "aac_fixed", "aac_latm", "ac3", "ac3_fixed", "eac3", "dca", "mlp", "truehd", "mp1", "mp1float", "mp2"),
    *("mp2float", "mp3", "mp3float", "mp3adu", "mp3adufloat", "opus", "libopus", "vorbis", "flac", "alac", "wavpack"),
    *("speex", "tta", "ape", "amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "wmav1", "wmav2", "wmapro"),
    *("wmavoice", "wmalossless", "cook", "sipr", "ra_144", "real_144", "ra_288", "real_288", "ralf", "atrac1"),
    *("atrac3", "atrac3al", "atrac3plus", "atrac3plusal", "nellymoser", "qdm2", "qdmc", "qcelp", "evrc", "gsm"),
    *("gsm_ms", "ilbc", "g722", "g723_1", "g726", "g726le", "g728", "g729", "mace3", "mace6", "dvaudio", "s302m"),
    *("adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_swf", "adpcm_yamaha", "pcm_alaw", "pcm_mulaw", "pcm_u8"),
    *("pcm_s8", "pcm_s8_planar", "pcm_s16le", "pcm_s16be", "pcm_s16le_planar", "pcm_s16be_planar", "pcm_u16le"),
    *("pcm_u16be", "pcm_s24le", "pcm_s24be", "pcm_s24le_planar", "pcm_u24le", "pcm_u24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_s32le_planar", "pcm_u32le", "pcm_u32be", "pcm_s64le", "pcm_s64be", "pcm_f32le", "pcm_f32be", "pcm_f64le"),
    *("pcm_f64be", "pcm_bluray", "pcm_dvd"),
)
"""libavcodec's decoders that are allowed, by their own names. None of them is a program of its own or asks a device."""

PICTURE_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")
"""Pillow's readers that are allowed."""

OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": ",".join(FORMATS),
    "codec_whitelist": ",".join((*VIDEO_CODECS, *AUDIO_CODECS)),
}
"""For every container that is opened: nothing but its own file, by these demuxers and decoders alone."""


def is_allowed(codec: str) -> bool:
    """Whether libavcodec's decoder of that name may run."""
    return codec in _ALLOWED


_ALLOWED = frozenset((*VIDEO_CODECS, *AUDIO_CODECS))
