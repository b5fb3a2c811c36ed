"""How faithful heat maps of a face network are, by method and layer: over fakes, and blends whose place is known."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unmask.explain.attribution import Method, attribute
from unmask.explain.cam import BATCH, CAMS, spatial_layers
from unmask.explain.faithfulness import Curve, blurred, centre_blob, measure, random_maps
from unmask.explain.paths import PATHS
from unmask.models.faithfulness import Areas, MethodMeasured, ModelMeasured, Subset
from unmask.training.blending import altered, self_blend
from unmask.training.faces_data import CONTEXT, STORED, load
from unmask.training.manifest import Row
from unmask.types import FloatArray, ImageArray

log = logging.getLogger(__name__)

NEAR_BEST = 0.05
RULE = (
    "of the maps of activations the coarsest whose share that beats both references lies within 0.05 of the best "
    "one's; of the same layer, the highest insertion less deletion. Attributions of single pixels are measured beside "
    "them as what could be reached: a person can read a coarse map, and a dust of pixels shows nobody anything"
)
DRAWS = 1000
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Network:
    """A face network as it is measured: `prepare` takes crops uint8 (n, S, S, 3), `probability` turns its logits."""

    keras: Any
    sha256: str
    side: int
    prepare: Callable[[ImageArray], FloatArray]
    logits: Callable[[FloatArray], FloatArray]
    probability: Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Faces:
    """Crops uint8 (n, S, S, 3), whose file each is of, and for blends the altered part (n, S, S)."""

    crops: ImageArray
    files: tuple[str, ...]
    altered: NDArray[np.bool_] | None = None


def methods_of(network: Any) -> tuple[Method, ...]:
    """All that are compared, the coarsest first: each map of activations at three layers, then those of the pixels."""
    maps = [Method(kind, layer) for layer in spatial_layers(network, 3) for kind in CAMS]
    return (*maps, *(Method(kind) for kind in PATHS))


def fakes(rows: Sequence[Row], cache: Path, count: int, side: int) -> Faces:
    """At most `count` crops: one of each file, then a second one of each, and so on until there are enough."""
    sets = [(row, found) for row in rows if (found := load(cache, row)) is not None]
    crops: list[ImageArray] = []
    files: list[str] = []
    for turn in (0, 2, 1, 3):
        for row, found in sets:
            number = turn * len(found.crops) // 4
            if len(crops) < count and (turn == 0 or turn * len(found.crops) >= 4):
                crops.append(_middle(found.crops[number], side))
                files.append(f"{row.path}{row.crop}")
    return Faces(np.stack(crops), tuple(files))


def blends(rows: Sequence[Row], cache: Path, count: int, side: int, seed: int) -> Faces:
    """Self-blended faces of real files, one of each, with the part that was altered."""
    rng = np.random.default_rng(seed)
    crops: list[ImageArray] = []
    files: list[str] = []
    masks: list[NDArray[np.bool_]] = []
    for row in rows:
        found = load(cache, row) if len(crops) < count else None
        if found is None:
            continue
        blended, untouched = self_blend(found.crops[0], found.meshes[0], rng)
        mask = _middle(altered(blended, untouched), side)
        if 0.03 < mask.mean() < 0.9:
            crops.append(_middle(blended, side))
            masks.append(mask)
            files.append(str(row.path))
    return Faces(np.stack(crops), tuple(files), np.stack(masks))


def _middle(stored: Any, side: int) -> Any:
    """What the network sees of a crop that is kept wider."""
    edge = (STORED - round(STORED / CONTEXT)) // 2
    cut = stored[edge : stored.shape[0] - edge, edge : stored.shape[1] - edge]
    if cut.shape[0] != side:
        raise ValueError(f"stored crops show {cut.shape[0]} pixels, and the network takes {side}")
    return cut


@dataclass
class _Tally:
    """What was read of one method, picture by picture."""

    deletion: list[float] = field(default_factory=list)
    insertion: list[float] = field(default_factory=list)
    inside: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, curves: Sequence[Curve]) -> None:
        self.deletion.append(float(np.mean([c.deletion_auc for c in curves])))
        self.insertion.append(float(np.mean([c.insertion_auc for c in curves])))

    def score(self) -> Floats:
        return np.asarray(np.array(self.insertion) - np.array(self.deletion), np.float64)


@dataclass(frozen=True, slots=True)
class _Taken:
    """All that was read: of the fakes and the blends, by method and by reference."""

    fake: Faces
    blended: Faces
    tallies: dict[Method, _Tally]
    references: dict[str, _Tally]


def measure_network(
    network: Network, fake: Faces, blended: Faces, methods: Sequence[Method], *, minutes: float | None = None
) -> ModelMeasured:
    """Compare `methods`, the coarsest first, and choose one by `RULE`; after `minutes` the other crops are left out."""
    tallies = {method: _Tally() for method in methods}
    references = {"centre": _Tally(), "random": _Tally()}
    for method in methods:
        attribute(network.keras, method, network.prepare(fake.crops[:1]))  # tracing is not counted
    seen = _inside(network, methods, blended, tallies)
    references["centre"].inside = _shares(np.stack([centre_blob(network.side, network.side)]), blended)
    began, done = time.monotonic(), 0
    for first in range(0, len(fake.crops), BATCH):
        if minutes is not None and time.monotonic() - began > 60 * minutes:
            break
        inputs = network.prepare(fake.crops[first : first + BATCH])
        heats = {method: _timed(network, method, inputs, tallies[method]) for method in methods}
        for number, picture in enumerate(inputs):
            _one(network, picture, {m: heats[m][number] for m in methods}, tallies, references)
        done += len(inputs)
        log.info("%d of %d crops", done, len(fake.crops))
    measured = Faces(fake.crops[:done], fake.files[:done])
    called = network.logits(network.prepare(measured.crops)) > 0
    taken = _Taken(measured, blended, tallies, references)
    subsets = [
        _subset("all", np.ones(done, bool), np.ones(len(blended.crops), bool), taken),
        _subset("called_fake", called, seen, taken),
    ]
    chosen = choose(subsets[0])
    return ModelMeasured(sha256=network.sha256, kind=chosen.kind, layer=chosen.layer, rule=RULE, subsets=subsets)


def choose(subset: Subset) -> Method:
    """The method by `RULE`; the methods of a subset are in the order of `methods_of`."""
    readable = [m for m in subset.methods if m.kind in CAMS] or subset.methods
    best = max(m.beats_both for m in readable)
    near = [m for m in readable if m.beats_both >= best - NEAR_BEST]
    taken = max((m for m in near if m.layer == near[0].layer), key=lambda m: m.score)
    return Method(taken.kind, taken.layer)


def _timed(network: Network, method: Method, inputs: FloatArray, tally: _Tally) -> FloatArray:
    began = time.process_time()
    heat = attribute(network.keras, method, inputs)
    tally.seconds.append((time.process_time() - began) / len(inputs))
    return heat


def _one(
    network: Network,
    picture: FloatArray,
    heats: dict[Method, FloatArray],
    tallies: dict[Method, _Tally],
    references: dict[str, _Tally],
) -> None:
    side = network.side
    maps = np.stack([*heats.values(), centre_blob(side, side), *random_maps(side, side)])
    curves = measure(lambda batch: network.probability(network.logits(batch)), picture, maps, blurred(picture))
    for method, curve in zip(heats, curves, strict=False):
        tallies[method].add([curve])
    references["centre"].add([curves[len(heats)]])
    references["random"].add(curves[len(heats) + 1 :])


def _inside(
    network: Network, methods: Sequence[Method], blended: Faces, tallies: dict[Method, _Tally]
) -> NDArray[np.bool_]:
    """Fill in the share of the heat inside the altered part; returns which blends the network calls fake."""
    inputs = network.prepare(blended.crops)
    for method in methods:
        tallies[method].inside = _shares(attribute(network.keras, method, inputs), blended)
    return np.asarray(network.logits(inputs) > 0)


def _shares(heats: FloatArray, blended: Faces) -> list[float]:
    """Share of each blend's heat (n, S, S) in its altered part; one map (1, S, S) may stand for all."""
    assert blended.altered is not None
    total = np.maximum(heats.sum(axis=(1, 2)), 1e-9)
    return [float(v) for v in (heats * blended.altered).sum(axis=(1, 2)) / total]


def _subset(
    name: Literal["all", "called_fake"], crops: NDArray[np.bool_], seen: NDArray[np.bool_], taken: _Taken
) -> Subset:
    """The numbers over some of the crops and some of the blends."""
    assert taken.blended.altered is not None
    files = np.array(taken.fake.files)[crops]
    return Subset(
        name=name,
        crops=int(crops.sum()),
        files=len(set(files.tolist())),
        centre=_areas(taken.references["centre"], crops),
        random=_areas(taken.references["random"], crops),
        methods=[_measured(method, crops, seen, taken) for method in taken.tallies],
        blends=int(seen.sum()),
        altered_area=_mean(taken.blended.altered[seen].mean(axis=(1, 2))) if seen.any() else None,
        centre_inside=_mean(np.array(taken.references["centre"].inside)[seen]) if seen.any() else None,
    )


def _measured(method: Method, crops: NDArray[np.bool_], seen: NDArray[np.bool_], taken: _Taken) -> MethodMeasured:
    tally = taken.tallies[method]
    score = tally.score()[crops]
    centre, random = (score > taken.references[name].score()[crops] for name in ("centre", "random"))
    return MethodMeasured(
        kind=method.kind,
        layer=method.layer,
        areas=_areas(tally, crops),
        score=_mean(score),
        score_interval=_interval(score, np.array(taken.fake.files)[crops]),
        beats_centre=_mean(centre),
        beats_random=_mean(random),
        beats_both=_mean(centre & random),
        seconds=_mean(tally.seconds),
        inside=_mean(np.array(tally.inside)[seen]) if seen.any() else None,
    )


def _areas(tally: _Tally, kept: NDArray[np.bool_]) -> Areas:
    return Areas(deletion=_mean(np.array(tally.deletion)[kept]), insertion=_mean(np.array(tally.insertion)[kept]))


def _interval(values: Floats, files: NDArray[np.str_]) -> tuple[float, float]:
    """95 % interval of the mean, whole files drawn with replacement."""
    names, index = np.unique(files, return_inverse=True)
    sums, counts = np.bincount(index, values), np.bincount(index)
    draw = np.random.default_rng(0).integers(0, len(names), (DRAWS, len(names)))
    means = sums[draw].sum(axis=1) / counts[draw].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return round(float(low), 4), round(float(high), 4)


def _mean(values: Any) -> float:
    return round(float(np.mean(values)), 4)
