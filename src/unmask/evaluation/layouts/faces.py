"""Face swaps and reenactments: FaceForensics++, Celeb-DF v2, DFDC."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from unmask.training.manifest import Label, Row, RowSplit

_IDS = re.compile(r"(\d+)(?:_(\d+))?")


def face_forensics(folder: Path) -> list[Row]:
    """FaceForensics++ (Rossler et al., ICCV 2019): `original_sequences/ORIGIN/c23/videos/000.mp4`,
    `manipulated_sequences/METHOD/c23/videos/000_003.mp4` (000 shown with the face of 003), for every compression there.

    A pair of ids swaps faces both ways, so both videos and their fakes are one person. With the official `test.json`
    in the folder its pairs are `dev` and all others `train`; without it all are `dev`.
    """  # noqa: D205
    originals = sorted(folder.glob("original_sequences/*/*/videos/*.mp4"))
    fakes = sorted(folder.glob("manipulated_sequences/*/*/videos/*.mp4"))
    pairs = {part: "-".join(sorted(ids)) for path in fakes for ids in [_ids(path)] for part in ids}
    listed = folder / "test.json"
    test = {part for pair in json.loads(listed.read_text("utf-8")) for part in pair} if listed.is_file() else None

    def row(path: Path, label: Label) -> Row:
        origin, compression = path.parts[-4], path.parts[-3]
        first = _ids(path)[0]
        group = "actor" if origin in ("actors", "DeepFakeDetection") else "youtube"
        return Row(
            path=path,
            kind="video",
            label=label,
            method=origin if label == "fake" else "",
            person=f"ff++:{group}-{pairs.get(first, first)}",
            split="dev" if test is None or first in test or group == "actor" else "train",
            source=f"FaceForensics++ {compression}" + (f" {origin}" if label == "real" else ""),
            origin=path.relative_to(folder).as_posix(),
            note=compression,
        )

    return [row(path, "real") for path in originals] + [row(path, "fake") for path in fakes]


def celeb_df(folder: Path) -> list[Row]:
    """Celeb-DF v2 (Li et al., CVPR 2020): `Celeb-real/id0_0000.mp4`, `Celeb-synthesis/id0_id16_0000.mp4`,
    `YouTube-real/00000.mp4`. Those in `List_of_testing_videos.txt` are `dev`, the others `train`; without it all `dev`.

    A fake's person is the one of the video that was altered, the first id.
    """  # noqa: D205
    listed = folder / "List_of_testing_videos.txt"
    test = None
    if listed.is_file():
        test = {line.split(maxsplit=1)[1].strip() for line in listed.read_text("utf-8").splitlines() if " " in line}
    rows = []
    for part, label in (("Celeb-real", "real"), ("YouTube-real", "real"), ("Celeb-synthesis", "fake")):
        for path in sorted((folder / part).glob("*.mp4")):
            origin = f"{part}/{path.name}"
            split: RowSplit = "dev" if test is None or origin in test else "train"
            person = path.stem if part == "YouTube-real" else path.stem.split("_")[0]
            rows.append(
                Row(
                    path=path,
                    kind="video",
                    label="fake" if label == "fake" else "real",
                    method="Celeb-DF v2" if label == "fake" else "",
                    person=f"celeb-df:{person}",
                    split=split,
                    source=f"Celeb-DF v2 {part}",
                    origin=origin,
                    voice="real",
                )
            )
    return rows


def dfdc(folder: Path) -> list[Row]:
    """DFDC (Dolhansky et al., 2020): folders with a `metadata.json` of file names, label, original and split.

    A fake and the video that it was made of are one person. Whether face or voice was altered is not stated, so a fake
    is fake as a whole and for the face, and unknown for the voice. All are `dev`: nothing of it trains Unmask.
    """
    rows = []
    for metadata in sorted({*folder.glob("metadata.json"), *folder.glob("*/metadata.json")}):
        entries: dict[str, dict[str, Any]] = json.loads(metadata.read_text("utf-8"))
        for name, entry in sorted(entries.items()):
            fake = str(entry["label"]).upper() == "FAKE"
            path = metadata.parent / Path(name).name
            rows.append(
                Row(
                    path=path,
                    kind="video",
                    label="fake" if fake else "real",
                    method="DFDC" if fake else "",
                    person=f"dfdc:{entry.get('original') or name}",
                    split="dev",
                    source=f"DFDC {entry.get('split') or ''}".strip(),
                    origin=path.relative_to(folder).as_posix(),
                )
            )
    return rows


def _ids(path: Path) -> tuple[str, ...]:
    """The person numbers that a FaceForensics++ file name begins with; the whole name when there is none."""
    found = _IDS.match(path.stem)
    return tuple(part for part in found.groups() if part) if found else (path.stem,)
