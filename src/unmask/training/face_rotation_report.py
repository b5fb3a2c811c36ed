"""What rotations show: how each method and each real source fares with a network that never saw it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.training.face_scores import Scored
from unmask.training.statistics import auc, bootstrap, threshold_for

FALSE_ALARMS = 0.05
DRAWS = 500
WEAK = 0.8
FEW = 2


@dataclass(frozen=True, slots=True)
class Unseen:
    """One network's scores of what it was trained without: `left` of its rotation, `real` held out of every one."""

    name: str
    left: tuple[Scored, ...]
    real: tuple[Scored, ...]


def measured(found: Sequence[Unseen]) -> dict[str, Any]:
    """For JSON: AUC of every method, false alarms of every real source, and both summed up by kind of media."""
    methods = sorted((line for one in found for line in by_method(one)), key=lambda line: line["method"])
    sources = sorted((line for one in found for line in by_source(one)), key=lambda line: line["source"])
    kinds = sorted({line["kind"] for line in methods})
    return {
        "summary": {kind: _summary([line for line in methods if line["kind"] == kind]) for kind in kinds},
        "false_alarms": _alarms(sources),
        "methods": methods,
        "real_sources": sources,
    }


def by_method(unseen: Unseen) -> list[dict[str, Any]]:
    """Each left-out method against all real media of its kind that the network never saw."""
    lines = []
    real = [one for one in (*unseen.left, *unseen.real) if not one.fake]
    for (method, kind), fakes in _by(
        [one for one in unseen.left if one.fake], lambda one: (one.row.method, one.row.kind)
    ).items():
        against = [one for one in real if one.row.kind == kind]
        if not against:
            continue
        both = [*fakes, *against]
        labels, pooled = np.asarray([one.fake for one in both]), np.asarray([one.pooled for one in both])
        groups = [one.row.identity for one in both]
        lines.append(
            {
                "method": method,
                "kind": kind,
                "rotation": unseen.name,
                "n": len(fakes),
                "n_real": len(against),
                "auc": auc(labels, pooled),
                "interval": bootstrap(auc, labels, pooled, groups, draws=DRAWS),
                "frame_auc": auc(*_frames(both)),
            }
        )
    return lines


def by_source(unseen: Unseen) -> list[dict[str, Any]]:
    """False alarms of each left-out real source, at the threshold of 5 % over the held-out real media of its kind."""
    lines = []
    for (source, kind), members in _by(
        [one for one in unseen.left if not one.fake], lambda one: (one.row.source, one.row.kind)
    ).items():
        others = [one.pooled for one in unseen.real if one.row.kind == kind]
        if others:
            threshold = threshold_for(others, FALSE_ALARMS)
            rate = float(np.mean([one.pooled > threshold for one in members]))
            lines.append({"source": source, "kind": kind, "rotation": unseen.name, "n": len(members), "rate": rate})
    return lines


def _summary(methods: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means over methods, each weighing the same; the weakest of those with more than a file or two."""
    several = [line for line in methods if line["n"] > FEW]
    return {
        "methods": len(methods),
        "auc": float(np.mean([line["auc"] for line in methods])),
        "frame_auc": float(np.mean([line["frame_auc"] for line in methods])),
        "methods_of_several": len(several),
        "auc_of_several": float(np.mean([line["auc"] for line in several])) if several else None,
        "under_0.8_of_several": sorted(line["method"] for line in several if line["auc"] < WEAK),
    }


def _alarms(sources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """False alarms over all left-out sources by kind: of media, and the mean over sources, each weighing the same."""
    found = {}
    for kind in sorted({line["kind"] for line in sources}):
        lines = [line for line in sources if line["kind"] == kind]
        total = sum(line["n"] for line in lines)
        found[kind] = {
            "sources": len(lines),
            "n": total,
            "rate": sum(line["rate"] * line["n"] for line in lines) / total,
            "mean_over_sources": float(np.mean([line["rate"] for line in lines])),
        }
    return found


def _frames(scored: Sequence[Scored]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    labels = np.concatenate([np.full(len(one.points), one.fake) for one in scored])
    return labels, np.concatenate([one.points for one in scored]).astype(np.float64)


def _by(scored: Sequence[Scored], key: Callable[[Scored], tuple[str, str]]) -> dict[tuple[str, str], list[Scored]]:
    groups: dict[tuple[str, str], list[Scored]] = defaultdict(list)
    for one in scored:
        groups[key(one)].append(one)
    return dict(sorted(groups.items()))
