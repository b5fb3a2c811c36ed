"""All evidence of one analysis: what a reader can look at, numbered, and which finding each piece stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from unmask.explain.artifacts import Artifacts
from unmask.explain.choose import moments, segments_of, stretch_of_sound
from unmask.explain.clips import voice_clip
from unmask.explain.curves import Curve, draw_curve
from unmask.explain.faces import METHOD, FaceMap, face_maps
from unmask.explain.inputs import EvidenceInputs, ScoredSignal, Tools
from unmask.explain.origin import origin_facts
from unmask.explain.spectrogram import WINDOW, draw_spectrogram
from unmask.explain.synccurve import SyncCurve, draw_sync
from unmask.fusion.origin import DETECTOR, SUBJECT
from unmask.result import Contribution, Evidence, EvidenceKind, Segment
from unmask.settings import Settings
from unmask.types import Interval, Media

Key = tuple[str, str]
"""Detector and subject."""


@dataclass(frozen=True, slots=True)
class Built:
    """The evidence, the segments with their evidence and regions filled in, and the evidence of each finding."""

    evidence: tuple[Evidence, ...]
    segments: tuple[Segment, ...]
    of_finding: Mapping[Key, tuple[str, ...]]

    def fill(self, contribution: Contribution) -> Contribution:
        """The contribution with its evidence."""
        ids = self.of_finding.get((contribution.source, contribution.subject), ())
        return contribution.model_copy(update={"evidence": list(ids)})


class _Shelf:
    """Numbers evidence in the order in which it is put there, and writes its files."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self.items: list[Evidence] = []
        self.of_finding: dict[Key, list[str]] = {}
        self.of_segment: dict[int, list[str]] = {}

    def put(self, kind: EvidenceKind, key: Key, files: Mapping[str, bytes], facts: dict[str, Any]) -> str:
        """Add a piece; the first of `files` (ending of the name -> bytes) is what is mainly shown."""
        number = f"E{len(self.items) + 1}"
        paths = [self._artifacts.write(f"evidence/{number.lower()}-{end}", data) for end, data in files.items()]
        more = {end.partition(".")[0]: path for end, path in zip(list(files)[1:], paths[1:], strict=True)}
        self.items.append(
            Evidence(
                id=number,
                kind=kind,
                subject=key[1],
                artifact=paths[0] if paths else None,
                facts={"detector": key[0], **facts, **({"more": more} if more else {})},
            )
        )
        self.of_finding.setdefault(key, []).append(number)
        return number

    def in_order(self, segment: int) -> list[str]:
        """The evidence of a segment, by number."""
        return sorted(self.of_segment.get(segment, []), key=lambda number: int(number[1:]))


def build_evidence(
    media: Media, inputs: EvidenceInputs, tools: Tools, artifacts: Artifacts, settings: Settings
) -> Built:
    """Draw and write all evidence.

    For each finding with a signal: its curve (of more than one score), heat maps of the faces that weigh most, the
    spectrogram of the sound that weighs most, how sound and lips fit over time; at last what is known of the input and
    what the file says of its origin. Raises DecodeFailed when the media can't be read a second time.
    """
    shelf = _Shelf(artifacts)
    maps = face_maps(media, moments(inputs, settings.evidence_per_subject), tools)
    regions: dict[int, tuple[str, ...]] = {}
    for signal in inputs.signals:
        curve = _put_curve(shelf, media, signal, inputs)
        for drawn in maps:
            if drawn.moment.signal is signal:
                _put_map(shelf, drawn, inputs, regions)
        if signal.signal.modality == "audio":
            _put_spectrogram(shelf, media, signal, inputs, tools)
        fit = _put_sync(shelf, media, signal, inputs)
        for number, _ in segments_of(signal, inputs):
            shelf.of_segment.setdefault(number, []).extend(shown for shown in (curve, fit) if shown)
            if fit:
                regions[number] = ("mouth",)
    _put_input(shelf, media, inputs)
    if media.provenance is not None:
        shelf.put("provenance_fact", (DETECTOR, SUBJECT), {}, origin_facts(media.provenance))
    segments = tuple(
        segment.model_copy(update={"evidence": shelf.in_order(number), "regions": list(regions.get(number, ()))})
        for number, segment in enumerate(inputs.segments)
    )
    return Built(tuple(shelf.items), segments, {key: tuple(ids) for key, ids in shelf.of_finding.items()})


def _put_curve(shelf: _Shelf, media: Media, signal: ScoredSignal, inputs: EvidenceInputs) -> str | None:
    points = signal.signal.points
    if len(points) < 2:
        return None
    starts = [float(point.start) for point in points]
    gaps = [b - a for a, b in pairwise(starts)]
    spans = [(s.start, s.end, s.probability) for s in (inputs.segments[n] for n, _ in segments_of(signal, inputs))]
    curve = Curve(
        subject=signal.signal.subject,
        detector=signal.signal.detector,
        start=0.0,
        end=float(media.duration),
        times=tuple(float((point.start + point.end) / 2) for point in points),
        probabilities=signal.probabilities,
        step=median(gaps),
        threshold=signal.threshold,
        segments=tuple(spans),
    )
    top = max(range(len(points)), key=lambda i: (signal.probabilities[i], -i))
    facts = {
        "points": len(points),
        "threshold": _rounded(signal.threshold),
        "highest": _rounded(signal.probabilities[top]),
        "highest_at": _rounded(curve.times[top]),
        "median": _rounded(median(signal.probabilities)),
        "segments": [[_rounded(value) for value in span] for span in spans],
    }
    key = (signal.signal.detector, signal.signal.subject)
    return shelf.put("signal_curve", key, {"curve.svg": draw_curve(curve)}, facts)


def _put_map(shelf: _Shelf, drawn: FaceMap, inputs: EvidenceInputs, regions: dict[int, tuple[str, ...]]) -> None:
    moment, signal = drawn.moment, drawn.moment.signal.signal
    segment = None if moment.segment is None else inputs.segments[moment.segment]
    box = moment.observation.box
    facts = {
        "time": _rounded(float(moment.point.start)),
        "probability": _rounded(moment.probability),
        "logit": _rounded(moment.point.logit),
        "logit_again": _rounded(drawn.logit),
        "role": "most_suspicious" if segment is None else "segment",
        "segment": None if segment is None else [_rounded(segment.start), _rounded(segment.end)],
        "method": METHOD,
        "regions": {name: _rounded(share) for name, share in drawn.regions.items()},
        "areas": {name: _rounded(share) for name, share in drawn.areas.items()},
        "strongest": list(drawn.strongest),
        "box": [_rounded(v, 1) for v in (box.x, box.y, box.width, box.height)],
        "face_px": _rounded(moment.observation.size, 1),
    }
    files = {"overlay.png": drawn.overlay, "crop.png": drawn.crop, "frame.jpg": drawn.frame}
    number = shelf.put("heat_map", (signal.detector, signal.subject), files, facts)
    if moment.segment is not None:
        shelf.of_segment.setdefault(moment.segment, []).append(number)
        best = max(
            (e for e in shelf.items if e.id in shelf.of_segment[moment.segment]),
            key=lambda e: float(e.facts["logit"]),
        )
        regions[moment.segment] = tuple(best.facts["strongest"])


def _put_spectrogram(shelf: _Shelf, media: Media, signal: ScoredSignal, inputs: EvidenceInputs, tools: Tools) -> None:
    top = max(range(len(signal.signal.points)), key=lambda i: (signal.probabilities[i], -i))
    point = signal.signal.points[top]
    spans = list(segments_of(signal, inputs))
    stretch = stretch_of_sound(media, point, [span for _, span in spans])
    sound = tools.sound(media, stretch)
    if len(sound.samples) < WINDOW:
        return
    voiced = [s for s in inputs.speech if s.start < stretch.end and s.end > stretch.start]
    image = draw_spectrogram(sound, voiced, Interval(point.start, point.end))
    facts = {
        "start": _rounded(float(stretch.start)),
        "end": _rounded(float(stretch.end)),
        "window": [_rounded(float(point.start)), _rounded(float(point.end))],
        "probability": _rounded(signal.probabilities[top]),
        "voiced": [[_rounded(float(s.start)), _rounded(float(s.end))] for s in voiced],
    }
    key = (signal.signal.detector, signal.signal.subject)
    files = {"spectrogram.png": image, "voice.wav": voice_clip(sound, stretch)}
    number = shelf.put("spectrogram", key, files, facts)
    middle = float((point.start + point.end) / 2)
    for segment, (start, end) in spans:
        if start <= middle <= end:
            shelf.of_segment.setdefault(segment, []).append(number)


def _put_sync(shelf: _Shelf, media: Media, signal: ScoredSignal, inputs: EvidenceInputs) -> str | None:
    """Offset and confidence over time, of a signal whose windows have them."""
    read = [(point, point.sync) for point in signal.signal.points if point.sync is not None]
    if not read:
        return None
    curve = SyncCurve(
        subject=signal.signal.subject,
        end=float(media.duration),
        times=tuple(_rounded(float((point.start + point.end) / 2)) for point, _ in read),
        offsets=tuple(_rounded(sync.offset) for _, sync in read),
        confidences=tuple(_rounded(sync.confidence) for _, sync in read),
        segments=tuple(span for _, span in segments_of(signal, inputs)),
    )
    facts = {
        "windows": len(read),
        "offset": _rounded(median(curve.offsets)),
        "confidence": _rounded(median(curve.confidences)),
        "times": list(curve.times),
        "offsets": list(curve.offsets),
        "confidences": list(curve.confidences),
    }
    key = (signal.signal.detector, signal.signal.subject)
    return shelf.put("sync_curve", key, {"sync.svg": draw_sync(curve)}, facts)


def _put_input(shelf: _Shelf, media: Media, inputs: EvidenceInputs) -> None:
    """What there was to examine: the ground of every sentence about what was not examined or is uncertain."""
    sizes = {t.subject: _rounded(median(o.size for o in t.observations), 1) for t in inputs.tracks}
    facts: dict[str, Any] = {
        "what": "input",
        "kind": media.kind,
        "container": media.container,
        "duration": _rounded(float(media.duration)),
        "has_picture": media.kind == "image" or media.video is not None,
        "has_sound": media.audio is not None,
        "persons": len(inputs.tracks),
        "face_px": sizes,
        "speech_seconds": _rounded(math.fsum(float(s.length) for s in inputs.speech)),
    }
    shelf.put("provenance_fact", ("input", "media"), {}, facts)


def _rounded(value: float, digits: int = 4) -> float:
    return round(float(value), digits)
