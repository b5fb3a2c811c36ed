"""Measure how faithful heat maps of the face network are, by method and layer, and choose the one that is shown.

    python scripts/faithfulness.py MANIFEST.csv ... --cache FOLDER [--count 240] [--blends 200] [--publish]

The manifests and the cache of crops are those of the training (docs/training.md). Fakes of the parts `dev` and
`calibration` are measured, of which nothing trained the network, and blends made of the real faces there. `--publish`
writes `faithfulness.json` beside the models.
"""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from unmask.evaluation.faithful import Network, blends, fakes, measure_network, methods_of
from unmask.explain.attribution import Method
from unmask.explain.faithfulness import STEPS
from unmask.fusion.calibration import point_probability
from unmask.media.align import SIDE
from unmask.models.faithfulness import FILE, FaithfulnessTable
from unmask.models.registry import HERE, Registry
from unmask.training.face_selection import select
from unmask.training.faces_data import is_fake, prepare
from unmask.training.splits import order_by

SEED = 20261126


def main() -> int:
    """Measure, print a table, and publish it where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("manifests", nargs="+", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=HERE)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--blends", type=int, default=200)
    parser.add_argument("--only", action="append", metavar="KIND[:LAYER]", help="compare these instead of all")
    parser.add_argument("--minutes", type=float, help="stop measuring crops after so long")
    parser.add_argument("--cut", action="store_true", help="cut the crops that the cache lacks")
    parser.add_argument("--out", type=Path, help="write the table here")
    parser.add_argument("--publish", action="store_true", help=f"write {FILE} beside the models")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    splits = select(asked.manifests)
    rows = order_by([*splits.dev, *splits.calibration], lambda row: f"{row.path}{row.crop}", SEED)
    if asked.cut:
        for _ in prepare(rows, asked.cache):
            pass
    registry = Registry(asked.models)
    network = network_of(registry, "face")
    fake = fakes([row for row in rows if is_fake(row)], asked.cache, asked.count, SIDE)
    blended = blends([row for row in rows if not is_fake(row)], asked.cache, asked.blends, SIDE, SEED)
    logging.info("%d crops of %d files, %d blends", len(fake.crops), len(set(fake.files)), len(blended.crops))
    methods = [Method(*one.split(":")) for one in asked.only or ()] or methods_of(network.keras)
    found = measure_network(network, fake, blended, methods, minutes=asked.minutes)
    table = FaithfulnessTable(measured=datetime.now(UTC).date().isoformat(), steps=STEPS, models={"face": found})
    text = table.model_dump_json(by_alias=True, indent=1) + "\n"
    for path in (asked.out, registry.folder / FILE if asked.publish else None):
        if path is not None:
            path.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def network_of(registry: Registry, name: str) -> Network:
    """The shipped network of that name, with the probability that results show for one face."""
    from unmask.models.face_net import preprocess

    model = registry.get(name)
    calibration = model.card.calibration
    return Network(
        keras=model.network,
        sha256=model.card.sha256,
        side=SIDE,
        prepare=preprocess,
        logits=model.logits,
        probability=lambda logits: np.array([point_probability(float(v), calibration) for v in logits], np.float32),
    )


if __name__ == "__main__":
    raise SystemExit(main())
