"""Stage 4: shard outcomes to persons, findings, segments and a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unmask.detectors.base import Detector
from unmask.fusion import dubs
from unmask.fusion.calibration import sigmoid, subject_strength
from unmask.fusion.combine import Weighed, combine
from unmask.fusion.conditions import bands, traits
from unmask.fusion.origin import judge_origin
from unmask.fusion.signals import FACES, VOICE, join_signals, join_speech, join_tracks, silent_subjects
from unmask.intervals import Z95
from unmask.media.lips import MIN_FACE
from unmask.models.card import Card
from unmask.models.expected_error import ErrorTable
from unmask.result import Contribution, Finding, Segment, Verdict
from unmask.types import Interval, Media, ShardOutcome, Signal, Track

FEW = 3
"""Fewer sampled frames than this of a face in a video are no ground for a score."""
CALIBRATED_FACE = 80.0
"""Pixels of a face under which the calibration knows few examples: the interval widens."""
SMALL_FACE_DEVIATION = 0.5
"""Standard deviation, in log-odds, that a small face adds."""


@dataclass(frozen=True, slots=True)
class Fused:
    """What the media amounts to; evidence is added by the next stage."""

    tracks: tuple[Track, ...]
    speech: tuple[Interval, ...]
    signals: tuple[Signal, ...]
    findings: tuple[Finding, ...]
    segments: tuple[Segment, ...]
    contributions: tuple[Contribution, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _View:
    """All that is known of the media when a detector's signals are read."""

    media: Media
    outcomes: Sequence[ShardOutcome]
    tracks: tuple[Track, ...]


def fuse(
    media: Media,
    outcomes: Sequence[ShardOutcome],
    detectors: Sequence[Detector],
    cards: Mapping[str, Card],
    errors: ErrorTable | None = None,
) -> Fused:
    """Join, calibrate, combine, cut segments. `cards` are by detector name; `errors` says what error to expect."""
    view = _View(media, outcomes, join_tracks(outcomes))
    signals: list[Signal] = []
    weighed: list[Weighed] = []
    unanswered: list[Finding] = []
    for detector in detectors:
        found, failures = join_signals(detector, outcomes, view.tracks)
        if failures:
            unanswered.append(_unscored(detector.name, _whole(detector), "failed", failures[0]))
            continue
        scored, silent = READ[detector.needs](detector, found, view, cards[detector.name])
        weighed.extend(scored)
        unanswered.extend(silent)
        signals.extend(found)
    answered = {(w.finding.detector, w.finding.subject) for w in weighed}
    kept = tuple(s for s in signals if (s.detector, s.subject) in answered)
    origin = judge_origin(media.provenance)
    combined = combine(weighed, unanswered, origin, alone=media.audio is None or media.video is None)
    return Fused(
        tracks=view.tracks,
        speech=join_speech(outcomes),
        signals=kept,
        findings=(*(w.finding for w in weighed), *unanswered, *((origin.finding,) if origin else ())),
        segments=_segments(kept, cards),
        contributions=combined.contributions,
        verdict=_with_expected_error(combined.verdict, view, errors),
    )


def _with_expected_error(verdict: Verdict, view: _View, errors: ErrorTable | None) -> Verdict:
    """The verdict with the error measured for media of this condition; as it is where none was, or no answer."""
    if errors is None or verdict.probability is None:
        return verdict
    expected = errors.look_up(bands(traits(view.media, view.tracks)))
    return verdict.model_copy(update={"expected_error": expected})


def _read_voice(
    detector: Detector, signals: Sequence[Signal], view: _View, card: Card
) -> tuple[list[Weighed], list[Finding]]:
    """The voice's finding, scored or with the reason why not."""
    if signals:
        return [_weigh(signals[0], card, 0.0)], []
    if view.media.audio is None:
        reason = "no_audio"
    else:
        reason = "too_little_speech" if any(outcome.speech for outcome in view.outcomes) else "no_speech"
    return [], [_unscored(detector.name, VOICE, "not_applicable", reason)]


def _read_faces(
    detector: Detector, signals: Sequence[Signal], view: _View, card: Card
) -> tuple[list[Weighed], list[Finding]]:
    """A finding per person; one for all when there is no person."""
    if not view.tracks:
        reason = "no_video" if view.media.kind == "audio" else "no_face"
        return [], [_unscored(detector.name, FACES, "not_applicable", reason)]
    by_subject = {signal.subject: signal for signal in signals}
    weighed, unanswered = [], []
    for track in view.tracks:
        signal = by_subject.get(track.subject)
        if signal is None:
            unanswered.append(_unscored(detector.name, track.subject, "not_applicable", "face_too_small"))
        elif view.media.kind != "image" and len(signal.points) < FEW:
            unanswered.append(_unscored(detector.name, track.subject, "not_applicable", "too_few_frames"))
        else:
            small = float(np.median([o.size for o in track.observations])) < CALIBRATED_FACE
            weighed.append(_weigh(signal, card, SMALL_FACE_DEVIATION if small else 0.0))
    return weighed, unanswered


def _read_lips(
    detector: Detector, signals: Sequence[Signal], view: _View, card: Card
) -> tuple[list[Weighed], list[Finding]]:
    """A finding per person: who was seen to speak is scored, of the others it is said why not; one for all if none."""
    reason = _no_lips(view)
    if reason is not None:
        return [], [_unscored(detector.name, FACES, "not_applicable", reason)]
    by_subject = {signal.subject: signal for signal in signals}
    silent = silent_subjects(detector, view.outcomes, view.tracks)
    weighed, unanswered = [], []
    for track in view.tracks:
        size = float(np.median([o.size for o in track.observations]))
        if track.subject in by_subject:
            deviation = SMALL_FACE_DEVIATION if size < CALIBRATED_FACE else 0.0
            weighed.append(_weigh(by_subject[track.subject], card, deviation))
        else:
            quiet = "not_speaking" if track.subject in silent else "too_short"
            reason = "face_too_small" if size < MIN_FACE else quiet
            unanswered.append(_unscored(detector.name, track.subject, "not_applicable", reason))
    return weighed, unanswered


def _no_lips(view: _View) -> str | None:
    """Why nobody can be seen to speak in this media; None where somebody may be."""
    reasons = (
        (view.media.kind == "image", "still_picture"),
        (view.media.kind == "audio", "no_video"),
        (view.media.audio is None, "no_audio"),
        (not view.tracks, "no_face"),
        (not any(outcome.speech for outcome in view.outcomes), "no_speech"),
    )
    return next((reason for holds, reason in reasons if holds), None)


READ = {"faces": _read_faces, "speech": _read_voice, "lips": _read_lips}
"""How the signals of a detector are read, by what it needs."""


def _weigh(signal: Signal, card: Card, extra_deviation: float) -> Weighed:
    strength = subject_strength(signal.points, card.calibration, extra_deviation)
    spread = Z95 * strength.deviation
    finding = Finding(
        detector=signal.detector,
        subject=signal.subject,
        state="scored",
        probability=sigmoid(strength.llr),
        interval=(sigmoid(strength.llr - spread), sigmoid(strength.llr + spread)),
        samples=len(signal.points),
    )
    return Weighed(finding, strength)


def _whole(detector: Detector) -> str:
    """The subject of a finding that is not about one person."""
    return VOICE if detector.needs == "speech" else FACES


def _unscored(detector: str, subject: str, state: str, reason: str) -> Finding:
    return Finding.model_validate({"detector": detector, "subject": subject, "state": state, "reason": reason})


def _segments(signals: Sequence[Signal], cards: Mapping[str, Card]) -> tuple[Segment, ...]:
    """All segments of all signals in the order of time; regions and evidence come with the explanation."""
    segments = [
        Segment(
            start=float(stretch.start),
            end=float(stretch.end),
            detector=signal.detector,
            modality=signal.modality,
            subject=signal.subject,
            probability=stretch.probability,
            regions=[],
            evidence=[],
        )
        for signal in signals
        for stretch in dubs.cut(signal, cards[signal.detector])
    ]
    return tuple(sorted(segments, key=lambda s: (s.start, s.detector, s.subject)))
