"""All evidence of one analysis: what a reader can look at, numbered, and which finding each piece stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from unmask.explain.artifacts import Artifacts
from unmask.explain.checks import check_facts, draw_check
from unmask.explain.choose import moments, segments_of, weightiest_windows
from unmask.explain.curves import Curve, draw_curve
from unmask.explain.faces import FaceMap, face_maps
from unmask.explain.inputs import EvidenceInputs, ScoredSignal, Tools
from unmask.explain.origin import origin_facts
from unmask.explain.shelf import Key, Shelf, rounded
from unmask.explain.soundevidence import Heard, put_spectrogram
from unmask.explain.synccurve import SyncCurve, draw_sync
from unmask.explain.waterfall import draw_waterfall
from unmask.fusion.origin import DETECTOR, SUBJECT
from unmask.language import translate
from unmask.result import Attribution, Contribution, Evidence, Segment
from unmask.settings import Settings
from unmask.types import Media


@dataclass(frozen=True, slots=True)
class Built:
    """The evidence, the segments with their evidence and regions filled in, and the evidence of each finding.

    `attribution` is that of the verdict with its evidence, None where there is no verdict.
    """

    evidence: tuple[Evidence, ...]
    segments: tuple[Segment, ...]
    of_finding: Mapping[Key, tuple[str, ...]]
    attribution: Attribution | None = None

    def fill(self, contribution: Contribution) -> Contribution:
        """The contribution with its evidence."""
        ids = self.of_finding.get((contribution.source, contribution.subject), ())
        return contribution.model_copy(update={"evidence": list(ids)})


def build_evidence(
    media: Media, inputs: EvidenceInputs, tools: Tools, artifacts: Artifacts, settings: Settings
) -> Built:
    """Draw and write all evidence.

    For each finding with a signal: its curve (of more than one score), heat maps of the faces that weigh most, the
    spectrograms of the sounds that weigh most, how sound and lips fit over time; at last what is known of the input,
    what the file says of its origin, and how the answer adds up. Raises DecodeFailed when the media can't be read a
    second time.
    """
    shelf = Shelf(artifacts, translate(settings.language))
    maps = face_maps(media, moments(inputs, settings.evidence_per_subject), tools)
    regions: dict[int, tuple[str, ...]] = {}
    for signal in inputs.signals:
        curve = _put_curve(shelf, media, signal, inputs)
        for drawn in maps:
            if drawn.moment.signal is signal:
                _put_map(shelf, drawn, inputs, regions)
        if signal.signal.modality == "audio":
            for point in weightiest_windows(signal, inputs, settings.evidence_per_subject):
                put_spectrogram(shelf, tools, Heard(media, signal, point, inputs))
        fit = _put_sync(shelf, media, signal, inputs)
        for number, _ in segments_of(signal, inputs):
            shelf.of_segment.setdefault(number, []).extend(shown for shown in (curve, fit) if shown)
            if fit:
                regions[number] = ("mouth",)
    _put_input(shelf, media, inputs)
    if media.provenance is not None:
        shelf.put("provenance_fact", (DETECTOR, SUBJECT), {}, origin_facts(media.provenance))
    attribution = _put_waterfall(shelf, inputs.attribution)
    segments = tuple(
        segment.model_copy(update={"evidence": shelf.in_order(number), "regions": list(regions.get(number, ()))})
        for number, segment in enumerate(inputs.segments)
    )
    of_finding = {key: tuple(ids) for key, ids in shelf.of_finding.items()}
    return Built(tuple(shelf.items), segments, of_finding, attribution)


def _put_curve(shelf: Shelf, media: Media, signal: ScoredSignal, inputs: EvidenceInputs) -> str | None:
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
        "threshold": rounded(signal.threshold),
        "highest": rounded(signal.probabilities[top]),
        "highest_at": rounded(curve.times[top]),
        "median": rounded(median(signal.probabilities)),
        "segments": [[rounded(value) for value in span] for span in spans],
    }
    key = (signal.signal.detector, signal.signal.subject)
    return shelf.put("signal_curve", key, {"curve.svg": draw_curve(curve, shelf.language)}, facts)


def _put_map(shelf: Shelf, drawn: FaceMap, inputs: EvidenceInputs, regions: dict[int, tuple[str, ...]]) -> None:
    moment, signal = drawn.moment, drawn.moment.signal.signal
    segment = None if moment.segment is None else inputs.segments[moment.segment]
    box = moment.observation.box
    facts = {
        "time": rounded(float(moment.point.start)),
        "probability": rounded(moment.probability),
        "logit": rounded(moment.point.logit),
        "logit_again": rounded(drawn.logit),
        "role": "most_suspicious" if segment is None else "segment",
        "segment": None if segment is None else [rounded(segment.start), rounded(segment.end)],
        "method": drawn.method,
        "check": check_facts(drawn.faithful),
        "regions": {name: rounded(share) for name, share in drawn.regions.items()},
        "areas": {name: rounded(share) for name, share in drawn.areas.items()},
        "strongest": list(drawn.strongest),
        "box": [rounded(v, 1) for v in (box.x, box.y, box.width, box.height)],
        "face_px": rounded(moment.observation.size, 1),
    }
    overlay = {"overlay.png": drawn.overlay} if drawn.overlay else {}
    check = draw_check(drawn.faithful, shelf.language)
    files = {**overlay, "crop.png": drawn.crop, "frame.jpg": drawn.frame, "check.svg": check}
    number = shelf.put("heat_map" if overlay else "face", (signal.detector, signal.subject), files, facts)
    if moment.segment is not None:
        shelf.of_segment.setdefault(moment.segment, []).append(number)
        best = max(
            (e for e in shelf.items if e.id in shelf.of_segment[moment.segment] and "logit" in e.facts),
            key=lambda e: float(e.facts["logit"]),
        )
        regions[moment.segment] = tuple(best.facts["strongest"])


def _put_sync(shelf: Shelf, media: Media, signal: ScoredSignal, inputs: EvidenceInputs) -> str | None:
    """Offset and confidence over time, of a signal whose windows have them."""
    read = [(point, point.sync) for point in signal.signal.points if point.sync is not None]
    if not read:
        return None
    curve = SyncCurve(
        subject=signal.signal.subject,
        end=float(media.duration),
        times=tuple(rounded(float((point.start + point.end) / 2)) for point, _ in read),
        offsets=tuple(rounded(sync.offset) for _, sync in read),
        confidences=tuple(rounded(sync.confidence) for _, sync in read),
        segments=tuple(span for _, span in segments_of(signal, inputs)),
    )
    facts = {
        "windows": len(read),
        "offset": rounded(median(curve.offsets)),
        "confidence": rounded(median(curve.confidences)),
        "times": list(curve.times),
        "offsets": list(curve.offsets),
        "confidences": list(curve.confidences),
    }
    key = (signal.signal.detector, signal.signal.subject)
    return shelf.put("sync_curve", key, {"sync.svg": draw_sync(curve, shelf.language)}, facts)


def _put_input(shelf: Shelf, media: Media, inputs: EvidenceInputs) -> None:
    """What there was to examine: the ground of every sentence about what was not examined or is uncertain."""
    sizes = {t.subject: rounded(median(o.size for o in t.observations), 1) for t in inputs.tracks}
    facts: dict[str, Any] = {
        "what": "input",
        "kind": media.kind,
        "container": media.container,
        "duration": rounded(float(media.duration)),
        "has_picture": media.kind == "image" or media.video is not None,
        "has_sound": media.audio is not None,
        "persons": len(inputs.tracks),
        "face_px": sizes,
        "speech_seconds": rounded(math.fsum(float(s.length) for s in inputs.speech)),
    }
    shelf.put("provenance_fact", ("input", "media"), {}, facts)


def _put_waterfall(shelf: Shelf, attribution: Attribution | None) -> Attribution | None:
    """The attribution with the evidence of each part, drawn."""
    if attribution is None:
        return None
    ids: dict[str, list[str]] = {}
    for (detector, _), numbers in shelf.of_finding.items():
        ids.setdefault("quality" if detector == "input" else detector, []).extend(numbers)
    filled = attribution.model_copy(
        update={"parts": [p.model_copy(update={"evidence": ids.get(p.source, [])}) for p in attribution.parts]}
    )
    facts = {
        "what": "sum",
        "base": filled.base,
        "log_odds": filled.log_odds,
        "parts": {part.source: part.log_odds for part in filled.parts},
    }
    shelf.put("waterfall", ("verdict", "media"), {"waterfall.svg": draw_waterfall(filled, shelf.language)}, facts)
    return filled
