"""One door to everything that makes media for tests: good ones, and bad ones with the code they must end in."""

from __future__ import annotations

from support import bad_content, bad_structure
from support.bad_register import BAD_INPUTS, BadInput
from support.makers import ffmpeg, make_picture, make_sound, make_video, picture, wav_bytes

assert bad_content and bad_structure, "importing them fills the table"

__all__ = ["BAD_INPUTS", "BadInput", "ffmpeg", "make_picture", "make_sound", "make_video", "picture", "wav_bytes"]
