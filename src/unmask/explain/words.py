"""Numbers, times and codes in plain words; the report and the narrative share them.

Tables hold English, marked for the catalogues; the functions take a language and speak English without one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from unmask.language import ENGLISH, Language
from unmask.language import marked as _
from unmask.language.reasons import REASONS

KINDS: Mapping[str, str] = {"video": _("video"), "audio": _("recording"), "image": _("picture")}

THIS: Mapping[str, str] = {"video": _("this video"), "audio": _("this recording"), "image": _("this picture")}
"""The media within a sentence, as its subject or object."""

LABELS: Mapping[str, str] = {
    "likely_manipulated": _("Likely manipulated"),
    "likely_authentic": _("Likely authentic"),
    "inconclusive": _("Inconclusive"),
    "not_assessable": _("Not assessable"),
}

DETECTORS: Mapping[str, str] = {
    "face": _("Face"),
    "motion": _("Movement"),
    "voice": _("Voice"),
    "lip_sync": _("Lips and voice"),
    "provenance": _("Origin of the file"),
    "frame_review": _("Opinion of a vision model"),
}

REGIONS: Mapping[str, str] = {
    "eyes": _("around the eyes"),
    "nose": _("around the nose"),
    "mouth": _("around the mouth"),
    "cheeks": _("on the cheeks"),
    "jaw": _("along the jaw line"),
    "forehead": _("on the forehead and at the hair line"),
    "background": _("in the surroundings of the face"),
}

REGION_NAMES: Mapping[str, str] = {
    "eyes": _("Eyes and brows"),
    "nose": _("Nose"),
    "mouth": _("Mouth"),
    "cheeks": _("Cheeks"),
    "jaw": _("Jaw line"),
    "forehead": _("Forehead, hair line"),
    "background": _("Surroundings"),
}

REENCODINGS: Mapping[str, str] = {
    "h264_crf23": _("H.264 at CRF 23"),
    "scaled_h264_crf23": _("scaled to 90 % and back, H.264 at CRF 23"),
    "h265_crf23": _("H.265 at CRF 23"),
    "aac_128k": _("AAC at 128 kbit/s"),
    "opus_64k": _("Opus at 64 kbit/s"),
    "mp3_128k": _("MP3 at 128 kbit/s"),
    "jpeg_90": _("JPEG of quality 90"),
    "scaled_jpeg_90": _("scaled to 90 % and back, JPEG of quality 90"),
    "jpeg_75": _("JPEG of quality 75"),
}
"""The light re-encodings of a probe."""

UNSCORED: Mapping[str, str] = {
    "not_applicable": _("does not apply here"),
    "failed": _("broke down"),
    "absent": _("not looked for"),
}
"""Why a kind of evidence adds nothing to the verdict."""

QUALITY = _("Quality of the input")
"""The kind of evidence that no detector gives."""

_SUBJECTS: Mapping[str, str] = {
    "face": _("the face of {person}"),
    "motion": _("the movement of {person}"),
    "lip_sync": _("the lip movement of {person}"),
    "voice": _("the voice"),
    "provenance": _("the origin of the file"),
}

_ALL: Mapping[str, str] = {"lip_sync": _("the agreement of lips and voice")}
_FACES = _("the faces")
"""A finding about all faces at once: of lips, and of any other detector."""

_HOW_MUCH: Mapping[str, str] = {
    "looks": _("How much {subject} looks manipulated"),
    "sounds": _("How much {subject} sounds manipulated"),
}

_SEEMS: Mapping[tuple[str, bool], str] = {
    ("looks", True): _("{subject} looks manipulated"),
    ("looks", False): _("{subject} looks suspicious"),
    ("sounds", True): _("{subject} sounds manipulated"),
    ("sounds", False): _("{subject} sounds suspicious"),
    ("lip_sync", True): _("{subject} does not fit the voice"),
    ("lip_sync", False): _("{subject} seems not to fit the voice"),
}


def clock(seconds: float, tenths: bool = False) -> str:
    """Seconds as mm:ss, or h:mm:ss from one hour on; with `tenths` as mm:ss.t. The same in every language."""
    scale = 10 if tenths else 1
    units = math.floor(max(0.0, seconds) * scale + 0.5)
    whole, part = divmod(units, scale)
    hours, rest = divmod(whole, 3600)
    text = f"{rest // 60:02d}:{rest % 60:02d}"
    if hours:
        text = f"{hours}:{text}"
    return f"{text}.{part}" if tenths else text


def clock_pair(start: float, end: float) -> tuple[str, str]:
    """Two times as text; with tenths of a second where whole seconds would hide most of the stretch."""
    tenths = end - start < 2.0
    return clock(start, tenths), clock(end, tenths)


def number(probability: float, language: Language = ENGLISH) -> str:
    """A probability with two digits; more near the ends, where 1.00 and 0.00 would promise too much."""
    if probability > 0.9995:
        return language.gettext("over {number}", number=language.decimal(0.999, 3))
    if probability < 0.0005:
        return language.gettext("under {number}", number=language.decimal(0.001, 3))
    near = probability >= 0.995 or probability < 0.005
    return language.decimal(probability, 3 if near else 2)


def signed(value: float, digits: int, language: Language = ENGLISH) -> str:
    """A number that always has its sign, a real minus among them."""
    return ("\N{MINUS SIGN}" if value < 0 else "+") + language.decimal(abs(value), digits)


def plain(value: float, language: Language = ENGLISH) -> str:
    """A round number with no more digits than it needs."""
    return language.decimal(value, len(f"{value:g}".partition(".")[2]))


def subject_phrase(detector: str, subject: str, language: Language = ENGLISH) -> str:
    """What a detector looked at, within a sentence: "the face of person-1", "the voice"."""
    if subject == "faces":
        return language.gettext(_ALL.get(detector, _FACES))
    known = _SUBJECTS.get(detector)
    if known:
        return language.gettext(known, person=subject)
    return language.gettext("{detector} of {person}", detector=detector.replace("_", " "), person=subject)


def looks(detector: str) -> str:
    """The verb for what a detector perceives: a voice "sounds" manipulated. English alone."""
    return "sounds" if detector == "voice" else "looks"


def how_much(detector: str, subject: str, language: Language = ENGLISH) -> str:
    """What a detector's probability says: "How much the face of person-1 looks manipulated"."""
    return language.gettext(_HOW_MUCH[looks(detector)], subject=subject_phrase(detector, subject, language))


def seems(detector: str, subject: str, firm: bool, language: Language = ENGLISH) -> str:
    """A clause on a suspicious subject: "the face of person-1 looks manipulated"; `firm` where the verdict bears it."""
    verb = "lip_sync" if detector == "lip_sync" else looks(detector)
    return language.gettext(_SEEMS[verb, firm], subject=subject_phrase(detector, subject, language))


def reason_words(code: str, language: Language = ENGLISH) -> str:
    """A reason code in words; "voice: no_speech" names its detector first. An unknown code is shown as it is."""
    head, colon, tail = code.partition(": ")
    if colon and head in DETECTORS:
        name = language.gettext(DETECTORS[head])
        name = name if language.code == "de" else name.lower()  # German nouns keep their capital
        return f"{name}: {reason_words(tail, language)}"
    if code in REASONS:
        return language.gettext(REASONS[code])
    return code.replace("_", " ") if re.fullmatch("[a-z0-9_]+", code) else code


def regions_phrase(regions: Sequence[str], language: Language = ENGLISH) -> str:
    """Names of regions in a row: "around the eyes and around the mouth"; empty when there are none."""
    return language.listed([language.gettext(REGIONS[r]) if r in REGIONS else r for r in regions])


def listed(parts: Sequence[str], language: Language = ENGLISH) -> str:
    """Parts in a row: "a", "a and b", "a, b and c"."""
    return language.listed(parts)


def sentence_case(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]
