"""Sentences on what was not examined, and why, and on what makes a reading less certain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from unmask.explain.lipwords import DETECTOR as LIPS
from unmask.explain.lipwords import many_not_heard
from unmask.explain.narrative import MOST_ALIKE, NarrativeFacts
from unmask.explain.words import sentence_case, subject_phrase
from unmask.fusion.fuse import CALIBRATED_FACE
from unmask.language import marked as _
from unmask.language.reasons import REASONS
from unmask.result import Finding, Sentence

_NO_FACES: Mapping[str, str] = {
    "no_face": _("No face was found."),
    "no_video": _("There is no picture in this file, so no face was examined."),
}

_NO_FACE_COULD = _("No face could be examined.")
_NO_REASON = _("it does not apply here")

_SPECIAL: Mapping[str, str] = {
    "face_too_small": _("{subject} is too small in the picture to be examined."),
    "too_few_frames": _("{subject} is seen too briefly to be examined."),
    "no_audio": _("{this} has no sound, so {subject} was not examined."),
    "too_little_speech": _("There is too little speech for a reading, so {subject} was not examined."),
}


def unexamined(facts: NarrativeFacts) -> Iterator[Sentence]:
    """What has no score, and why; many faces with the same reason in one sentence."""
    silent = facts.unscored("not_applicable")
    for alike, text in _crowds(facts, silent):
        yield Sentence(text=text, evidence=facts.input_ids)
        silent = [f for f in silent if f not in alike]
    for finding in facts.unscored("failed"):
        subject = subject_phrase(finding.detector, finding.subject, facts.language)
        text = facts.language.gettext(
            "The examination of {subject} broke down, so it counts neither for nor against.", subject=subject
        )
        yield Sentence(text=sentence_case(text), evidence=facts.input_ids)
    for finding in silent:
        yield Sentence(text=sentence_case(_not_examined(facts, finding)), evidence=facts.input_ids)


def _crowds(facts: NarrativeFacts, silent: Sequence[Finding]) -> Iterator[tuple[list[Finding], str]]:
    """Findings of which there are too many alike to be told one by one, and the one sentence for them."""
    language = facts.language
    small = [f for f in silent if f.reason == "face_too_small" and f.detector != LIPS]
    brief = [f for f in silent if f.reason == "too_few_frames" and f.detector != LIPS]
    lips = [f for f in silent if f.detector == LIPS]
    if len(small) > MOST_ALIKE:
        yield (
            small,
            language.ngettext(
                "{count} face is too small in the picture to be examined.",
                "{count} faces are too small in the picture to be examined.",
                len(small),
            ),
        )
    if len(brief) > MOST_ALIKE:
        yield (
            brief,
            language.ngettext(
                "{count} face is seen too briefly to be examined.",
                "{count} faces are seen too briefly to be examined.",
                len(brief),
            ),
        )
    if len(lips) > MOST_ALIKE:
        yield lips, many_not_heard(len(lips), language)


def _not_examined(facts: NarrativeFacts, finding: Finding) -> str:
    say, code = facts.language.gettext, finding.reason or ""
    if finding.subject == "faces" and finding.detector != LIPS:
        return say(_NO_FACES.get(code, _NO_FACE_COULD))
    values = {"subject": subject_phrase(finding.detector, finding.subject, facts.language), "this": facts.this}
    if code == "no_audio" and facts.media.kind == "image":
        code = "still_picture"
    if code in _SPECIAL and not (finding.detector == LIPS and code == "face_too_small"):
        return say(_SPECIAL[code], **values)
    reason = say(REASONS.get(code, _NO_REASON))
    return say("{reason}, so {subject} was not examined.", reason=sentence_case(reason), subject=values["subject"])


def limits(facts: NarrativeFacts) -> Iterator[Sentence]:
    """Small faces; many of them in one sentence."""
    scored = {f.subject for f in facts.findings if f.state == "scored"}
    small = [p for p in facts.persons if p.subject in scored and p.median_face_px < CALIBRATED_FACE]
    if len(small) > MOST_ALIKE:
        text = facts.language.ngettext(
            "{count} of the faces is small, which makes its reading less certain.",
            "{count} of the faces are small, which makes their readings less certain.",
            len(small),
        )
        yield Sentence(text=text, evidence=facts.input_ids)
        return
    for person in small:
        text = facts.language.gettext(
            "The face of {person} is small, about {pixels} pixels across, which makes its reading less certain.",
            person=person.subject,
            pixels=facts.language.decimal(person.median_face_px, 0),
        )
        yield Sentence(text=text, evidence=facts.input_ids)
