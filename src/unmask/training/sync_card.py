"""From weights to a model card: judge and calibration on people who trained nothing, numbers on others, all written."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from unmask.fusion.pooling import pool
from unmask.models.card import Card, Metric, Training
from unmask.models.sync_net import EVIDENCE
from unmask.models.weights import file_hash
from unmask.training.sync_data import Clip
from unmask.training.sync_dubs import find_dubs
from unmask.training.sync_report import (
    PICTURE,
    SOUND,
    Judge,
    Scored,
    Scorer,
    as_fake,
    calibrate,
    changed,
    exchanged,
    moved,
    numbers,
)
from unmask.training.voice_card import sources

log = logging.getLogger(__name__)

VERSION = "0.1.0"
TOO_MANY = 0.1
TOO_FEW_FOUND = 0.6
NO_BETTER = 0.8
LIMITS = [
    "Needs speech and a visible mouth: hands, microphones, profiles and faces under 60 pixels leave little to read.",
    "A dub by somebody who speaks in time with the picture, or lips made anew for the sound, may pass.",
    "Sound that is off by less than 0.12 s counts as in sync: recording and encoding do that to honest video.",
    "Lips and sound also part where nobody forged anything: translated speech, a speaker outside the picture, music "
    "over a talking face, sound that a broadcast or a screen recording delayed. Why they part is not told.",
    "Who of several visible people speaks is not known: of those whose mouth moves, the one who fits the sound best is "
    "scored. A listener who chews or laughs while somebody else is heard may be called out of sync.",
    "Clips of unknown making were sifted by the model's own reading before they trained, calibrated or tested: clips "
    "that it can read were kept, so the numbers on those sources are better than on such media at large.",
    "AAC is left out of the sound's augmentation, because its encoders delay the sound by amounts that differ; only "
    "AAC that the clips came with was learned from.",
    "Only windows through all of which a mouth was followed were tested; where a face is lost there is no score.",
    "Trained on a small set of mostly frontal, mostly English speech; sign, song and shouting are rare.",
]


def write_card(
    out: Path, *, train: Sequence[Clip], calibration: Sequence[Clip], dev: Sequence[Clip], training: Training
) -> Path:
    """Fit the judge, store it with the weights, and write `out/cards/lip_sync.json` and `out/scores.csv`.

    Calibration clips count as they are and under conditions; as fakes with their sound moved, or exchanged.
    """
    weights = out / "weights" / "lip_sync.npz"
    scorer = Scorer(weights)
    scored = calibration_scores(scorer, calibration)
    places = len({clip.row.source for clip in calibration})
    judge, platt, point, whole = calibrate(
        scored, f"real talking people of {places} sources who trained nothing; their sound left, moved or exchanged"
    )
    scorer.store(judge, weights)
    log.info("judge %s, calibrated %s, thresholds %.3f and %.3f", judge, platt, point, whole)
    found = numbers(scorer, dev, judge, point, whole)
    for one in found:
        log.info("%s: auc %s, false alarm %s, miss %s", one.condition, one.auc, one.false_alarm, one.miss)
    write_scores(out / "scores.csv", judge, {"calibration": scored, "dev": scorer.score(dev)})
    rows = {"train": train, "calibration": calibration, "dev": dev}
    card = Card(
        name="lip_sync",
        version=VERSION,
        title="Lips against sound: two streams that meet where both show the same moment of speech",
        weights=weights.name,
        sha256=file_hash(weights),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        parameters=int(scorer.network.count_params()),
        input="4 s of grey mouth crops (64 pixels) and lip outlines, 25 a second; 80 log-mel bands, 100 a second",
        data=[source for split, clips in rows.items() for source in sources([c.row for c in clips], split)],
        training=training,
        metrics=[],
        calibration=platt,
        threshold=point,
        limits=[],
    )
    dubs = find_dubs(scorer, dev, judge, card, "dev")
    if dubs is not None:
        log.info("%s: average precision %s in %d", dubs.condition, dubs.ap_50, dubs.n_fake)
        found.append(dubs)
    limits = [*weak_spots(found), f"The judge weighs {_in_words(judge)}.", *LIMITS]
    card = card.model_copy(update={"metrics": found, "limits": limits})
    path = out / "cards" / "lip_sync.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(card.model_dump(mode="json"), indent=1) + "\n", "utf-8")
    return path


def calibration_scores(scorer: Scorer, clips: Sequence[Clip]) -> Scored:
    """In sync, clean and under half of the conditions; not in sync alike, the sound moved for one half of them."""
    found = scorer.score(clips) + as_fake(scorer.score(clips, moved())) + as_fake(scorer.score(clips, exchanged(clips)))
    for number, hear in enumerate(list(SOUND.values())[::2]):
        fake = moved(hear=hear) if number % 2 else exchanged(clips)
        found += scorer.score(clips, changed(hear), hop=50) + as_fake(scorer.score(clips, fake, hop=50))
    for see in list(PICTURE.values())[::2]:
        found += scorer.score(clips, see=see, hop=50) + as_fake(scorer.score(clips, moved(), see=see, hop=50))
    return found


def weak_spots(found: Sequence[Metric]) -> list[str]:
    """Sentences about what the numbers show to be weak: for the limits of the card."""
    spots = []
    for one in found:
        if one.auc is not None and one.auc < NO_BETTER:
            spots.append(f"{one.condition}: AUC is {one.auc:.2f}.")
        if one.false_alarm is not None and one.false_alarm > TOO_MANY:
            spots.append(f"{one.condition}: {100 * one.false_alarm:.0f} % false alarms among {one.n_real}.")
        if one.ap_50 is not None and one.ap_50 < TOO_FEW_FOUND:
            spots.append(f"{one.condition}: average precision at an overlap of 0.5 is {one.ap_50:.2f}.")
    return spots


def write_scores(path: Path, judge: Judge, parts: dict[str, Scored]) -> None:
    """A line a clip: what it is, its pooled logit and the mean of each piece of evidence."""
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["split", "fake", "source", "person", "origin", "windows", "logit", *EVIDENCE])
        for split, part in parts.items():
            for clip, evidence, fake in zip(part.clips, part.evidence, part.fake, strict=True):
                means = [f"{value:.4f}" for value in np.mean(evidence, axis=0)]
                logit = f"{pool(judge.logits(evidence)):.4f}"
                names = (clip.row.source, clip.row.person, clip.row.origin)
                writer.writerow([split, int(fake), *names, len(evidence), logit, *means])


def _in_words(judge: Judge) -> str:
    return ", ".join(f"{name} {weight:+.2f}" for name, weight in zip(EVIDENCE, judge.weights, strict=True))
