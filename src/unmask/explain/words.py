"""Numbers, times and codes in plain English; the report and the narrative share them. Translations start here."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

KINDS: Mapping[str, str] = {"video": "video", "audio": "recording", "image": "picture"}

LABELS: Mapping[str, str] = {
    "likely_manipulated": "Likely manipulated",
    "likely_authentic": "Likely authentic",
    "inconclusive": "Inconclusive",
    "not_assessable": "Not assessable",
}

DETECTORS: Mapping[str, str] = {
    "face": "Face",
    "motion": "Movement",
    "voice": "Voice",
    "lip_sync": "Lips and voice",
    "provenance": "Origin of the file",
}

REGIONS: Mapping[str, str] = {
    "eyes": "around the eyes",
    "nose": "around the nose",
    "mouth": "around the mouth",
    "cheeks": "on the cheeks",
    "jaw": "along the jaw line",
    "forehead": "on the forehead and at the hair line",
    "background": "in the surroundings of the face",
}

REGION_NAMES: Mapping[str, str] = {
    "eyes": "Eyes and brows",
    "nose": "Nose",
    "mouth": "Mouth",
    "cheeks": "Cheeks",
    "jaw": "Jaw line",
    "forehead": "Forehead, hair line",
    "background": "Surroundings",
}

REASONS: Mapping[str, str] = {
    "no_audio": "there is no sound",
    "no_speech": "no speech was found",
    "too_little_speech": "there is too little speech",
    "no_video": "there is no picture in this file",
    "no_face": "no face was found",
    "face_too_small": "the face is too small in the picture",
    "too_few_frames": "the face is seen too briefly",
    "still_picture": "a still picture has no sound",
    "too_short": "nobody is heard for long enough while the face is seen",
    "not_speaking": "the mouth does not move with speech",
    "interval_too_wide": "the plausible range is too wide for an answer",
    "unstable": "light re-encodings of the file get another answer",
    "evidence_too_weak": "the evidence points neither way strongly enough",
    "declares_generation": "the file itself declares that AI made it",
    "signed_as_generated": "a trusted signer declares that AI made it",
    "no_credentials": "there are no content credentials, which says nothing either way",
    "credentials_without_ai": "its trusted content credentials declare no AI, which is no proof of anything else",
    "signer_not_trusted": "the signer of its content credentials is in no list of trusted signers",
    "credentials_elsewhere": "its content credentials lie at another place and were not fetched",
    "changed_after_signing": "the file was changed after its content credentials were signed",
    "signature_expired": "its content credentials were not signed within their certificate's term",
    "credentials_invalid": "its content credentials do not hold",
    "credentials_unreadable": "its content credentials are damaged",
}
"""Why something has no score, or the verdict is no firmer; each reads after "because"."""

REENCODINGS: Mapping[str, str] = {
    "h264_crf23": "H.264 at CRF 23",
    "scaled_h264_crf23": "scaled to 90 % and back, H.264 at CRF 23",
    "h265_crf23": "H.265 at CRF 23",
    "aac_128k": "AAC at 128 kbit/s",
    "opus_64k": "Opus at 64 kbit/s",
    "mp3_128k": "MP3 at 128 kbit/s",
    "jpeg_90": "JPEG of quality 90",
    "scaled_jpeg_90": "scaled to 90 % and back, JPEG of quality 90",
    "jpeg_75": "JPEG of quality 75",
}
"""The light re-encodings of a probe."""

_SUBJECTS: Mapping[str, str] = {
    "face": "the face of {subject}",
    "motion": "the movement of {subject}",
    "lip_sync": "the lip movement of {subject}",
    "voice": "the voice",
    "provenance": "the origin of the file",
}


def clock(seconds: float, tenths: bool = False) -> str:
    """Seconds as mm:ss, or h:mm:ss from one hour on; with `tenths` as mm:ss.t."""
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


def number(probability: float) -> str:
    """A probability with two digits; more near the ends, where 1.00 and 0.00 would promise too much."""
    if probability > 0.9995:
        return "over 0.999"
    if probability < 0.0005:
        return "under 0.001"
    near = probability >= 0.995 or probability < 0.005
    return f"{probability:.3f}" if near else f"{probability:.2f}"


def subject_phrase(detector: str, subject: str) -> str:
    """What a detector looked at, within a sentence: "the face of person-1", "the voice"."""
    if subject == "faces":
        return {"face": "the faces", "lip_sync": "the agreement of lips and voice"}.get(detector, "the faces")
    known = _SUBJECTS.get(detector)
    return known.format(subject=subject) if known else f"{detector.replace('_', ' ')} of {subject}"


def looks(detector: str) -> str:
    """The verb for what a detector perceives: a voice "sounds" manipulated."""
    return "sounds" if detector == "voice" else "looks"


def seems(detector: str, firm: bool) -> str:
    """What a suspicious subject does, within a sentence; `firm` where the verdict bears it out."""
    if detector == "lip_sync":
        return "does not fit the voice" if firm else "seems not to fit the voice"
    return f"{looks(detector)} {'manipulated' if firm else 'suspicious'}"


def reason_words(code: str) -> str:
    """A reason code in words; "voice: no_speech" names its detector first. An unknown code is shown as it is."""
    head, colon, tail = code.partition(": ")
    if colon and head in DETECTORS:
        return f"{DETECTORS[head].lower()}: {reason_words(tail)}"
    return REASONS.get(code, code.replace("_", " ") if re.fullmatch("[a-z0-9_]+", code) else code)


def listed(parts: Sequence[str]) -> str:
    """Parts in a row: "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def sentence_case(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]
