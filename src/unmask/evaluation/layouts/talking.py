"""Picture and sound, each real or fake: FakeAVCeleb and AV-Deepfake1M."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from unmask.training.manifest import Label, Row

_TYPES: dict[str, tuple[Label, Label]] = {
    "RealVideo-RealAudio": ("real", "real"),
    "RealVideo-FakeAudio": ("real", "fake"),
    "FakeVideo-RealAudio": ("fake", "real"),
    "FakeVideo-FakeAudio": ("fake", "fake"),
}
"""FakeAVCeleb's types: what the face and the voice are."""

_MODIFIED: dict[str, tuple[Label, Label]] = {
    "real": ("real", "real"),
    "audio_modified": ("real", "fake"),
    "visual_modified": ("fake", "real"),
    "both_modified": ("fake", "fake"),
}
"""AV-Deepfake1M's kinds of change: what the face and the voice are."""


def fake_av_celeb(folder: Path) -> list[Row]:
    """FakeAVCeleb (Khalid et al., 2021): `meta_data.csv` with source, method, type and the file's name in `path`.

    The last column, which has no name, is the folder; where it is missing, it is TYPE/RACE/GENDER/SOURCE.
    """
    rows = []
    with (folder / "meta_data.csv").open(encoding="utf-8", newline="") as table:
        for entry in csv.DictReader(table):
            face, voice = _TYPES[entry["type"]]
            name = Path(entry["path"]).name
            stated = next((value for key, value in entry.items() if key in (None, "", "Unnamed: 9") and value), None)
            below = stated[0] if isinstance(stated, list) else stated
            place = below or "/".join((entry["type"], entry["race"], entry["gender"], entry["source"]))
            path = folder / place.removeprefix("FakeAVCeleb/") / name
            rows.append(
                Row(
                    path=path if path.resolve().is_relative_to(folder) else folder / "outside" / name,
                    kind="video",
                    label="fake" if "fake" in (face, voice) else "real",
                    method="" if face == voice == "real" else entry["method"],
                    person=f"fakeavceleb:{entry['source']}",
                    split="dev",
                    source=f"FakeAVCeleb {entry['type']}",
                    origin=f"{place}/{name}",
                    face=face,
                    voice=voice,
                )
            )
    return rows


def av_deepfake1m(folder: Path) -> list[Row]:
    """AV-Deepfake1M (Cai et al., ACM MM 2024): `*metadata*.json`, a list with file, original, modify_type and
    fake_segments in seconds; files lie below `train/`, `val/`, or beside the list.

    A clip and the one it was made of are one person. Its own train part is `train`, the rest `dev`.
    """  # noqa: D205
    rows = []
    for metadata in sorted(folder.glob("*metadata*.json")):
        entries: list[dict[str, Any]] = json.loads(metadata.read_text("utf-8"))
        for entry in entries:
            face, voice = _MODIFIED[entry["modify_type"]]
            split = str(entry.get("split") or metadata.name.split("_", 1)[0])
            name = str(entry["file"])
            path = next((p for p in (folder / split / name, folder / name) if p.is_file()), folder / split / name)
            if not path.resolve().is_relative_to(folder):
                continue
            fake = "fake" in (face, voice)
            rows.append(
                Row(
                    path=path,
                    kind="video",
                    label="fake" if fake else "real",
                    method=f"AV-Deepfake1M {entry['modify_type']}" if fake else "",
                    family=str(entry.get("audio_model") or ""),
                    person=f"av-deepfake1m:{name.split('/', 1)[0] if '/' in name else entry.get('original') or name}",
                    split="train" if split == "train" else "dev",
                    source="AV-Deepfake1M",
                    origin=f"{split}/{name}",
                    face=face,
                    voice=voice,
                    segments=tuple(sorted((float(a), float(b)) for a, b in entry.get("fake_segments") or ())),
                )
            )
    return rows
