"""The words of model cards that a page says in its own language; numbers in them are {a}, {b} in their order."""

from __future__ import annotations

from collections.abc import Mapping

from unmask.language import marked as _

GROUPS: Mapping[str, tuple[str, str]] = {
    "whole": (_("On the whole"), ""),
    "method": (_("By method"), _("The methods that it tells least well stand first.")),
    "family": (_("By kind of method"), ""),
    "source": (_("By source of real media"), _("The sources with the most false alarms stand first.")),
    "damage": (_("After compression, noise and the like"), ""),
    "people": (
        _("By who is seen or heard"),
        _(
            "The brightness of skin depends on the light, the pitch of a voice on the mood: neither says who somebody "
            "is."
        ),
    ),
}
SPLITS: Mapping[str, str] = {"train": _("Training"), "calibration": _("Calibration"), "dev": _("Test")}
UNITS: Mapping[str, str] = {
    "file": _("file"),
    "person": _("person"),
    "source": _("source"),
    "page or speaker": _("page or speaker"),
}
CONDITIONS: Mapping[str, str] = {
    "all": _("all"),
    "clean": _("clean"),
    "clips": _("clips"),
    "pictures": _("pictures"),
    "frames of clips": _("single frames of clips"),
    "these sources with other people": _("these sources with other people"),
    "face under {a} px": _("face under {a} pixels"),
    "face {a} to {b} px": _("face of {a} to {b} pixels"),
    "face from {a} px": _("face from {a} pixels"),
    "dark face": _("dark face"),
    "unseen methods": _("methods that trained nothing"),
    "unseen speakers": _("speakers who trained nothing"),
    "pages with both classes": _("pages with real and made voices"),
    "unseen": _("trained nothing"),
    "against all real of its kind": _("against all real ones of its kind"),
    "windows of {a} s": _("stretches of {a} s"),
    "shifted by {a} s": _("sound moved by {a} s"),
    "shifted by {a} to {b} s": _("sound moved by {a} to {b} s"),
    "another person's sound": _("another person's sound"),
    "{a} s dubbed in the middle": _("{a} s dubbed in the middle"),
    "codec": _("speech through a neural codec"),
    "edit": _("edited speech"),
    "tts": _("speech made from text"),
    "vc": _("converted voices"),
    "vocoder": _("speech rebuilt by a vocoder"),
    "voice_only": _("videos whose voice alone is made"),
    "nothing": _("as it came"),
    "telephone": _("telephone line"),
    "mp3 {a} kbit/s": "MP3 {a} kbit/s",
    "aac {a} kbit/s": "AAC {a} kbit/s",
    "opus {a} kbit/s": "Opus {a} kbit/s",
    "H.264 CRF {a}": "H.264 CRF {a}",
    "noise {a} dB": _("noise, {a} dB below the speech"),
    "room": _("echo of a room"),
    "low-pass {a} kHz": _("nothing above {a} kHz"),
    "pauses swapped for noise": _("pauses filled with noise"),
    "mouth {a} pixels wide": _("mouth {a} pixels wide"),
    "{a} pictures a second": _("{a} pictures a second"),
    "dark": _("darkened picture"),
    "skin luma {a}-{b}": _("brightness of the skin {a} to {b}"),
    "skin luma under {a}": _("brightness of the skin under {a}"),
    "skin luma over {a}": _("brightness of the skin over {a}"),
    "pitch {a}-{b} Hz": _("pitch of the voice {a} to {b} Hz"),
    "pitch under {a} Hz": _("pitch of the voice under {a} Hz"),
    "pitch over {a} Hz": _("pitch of the voice over {a} Hz"),
}
"""Conditions of measurements as cards write them, parts between commas one by one."""
