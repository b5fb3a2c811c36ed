"""Manifests: CSV files that say what each media file for training or testing is. Any number of them is read as one."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from unmask.errors import DatasetError

Label = Literal["real", "fake"]
RowKind = Literal["video", "audio", "image"]
RowSplit = Literal["train", "dev"]
REQUIRED = ("path", "kind", "label")
CSV_FIELD_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One file, or one panel of a file, of a manifest.

    `path` is absolute; `crop` is (x, y, width, height) as fractions of the picture, None for all of it; `method` is
    empty for real media; `person` is empty where unknown; `source` is the collection it came from, `origin` the file's
    name there. `family` groups methods and may be empty. `face` and `voice` say what is known of either alone, where
    the label does not tell; `segments` are the (start, end) seconds that were altered, empty where unknown or none.
    """

    path: Path
    kind: RowKind
    label: Label
    method: str = ""
    family: str = ""
    person: str = ""
    split: RowSplit = "train"
    source: str = ""
    origin: str = ""
    licence: str = ""
    crop: tuple[float, float, float, float] | None = None
    note: str = ""
    face: Label | None = None
    voice: Label | None = None
    segments: tuple[tuple[float, float], ...] = ()

    @property
    def identity(self) -> str:
        """Who is in it, or the file itself where nobody knows: what splits and bootstraps keep together."""
        return self.person or f"{self.source}:{self.origin or self.path}"


def read_manifests(paths: Sequence[Path], kinds: Iterable[str] | None = None) -> tuple[Row, ...]:
    """All rows of all manifests, in order; `kinds` keeps only those kinds of media.

    A file that several manifests name (same source, origin and panel) is taken once, from the first of them, and is
    `dev` if any of them says so. Columns beyond path, kind and label may be missing.

    Raises:
        DatasetError: a manifest is missing or unreadable, lacks a required column or holds an unknown value.
    """
    wanted = None if kinds is None else frozenset(kinds)
    seen: dict[tuple[object, ...], Row] = {}
    for manifest in paths:
        for row in _rows(manifest):
            if wanted is not None and row.kind not in wanted:
                continue
            key = (row.source, row.origin or row.path, row.crop)
            known = seen.setdefault(key, row)
            if row.split == "dev" and known.split != "dev":
                seen[key] = replace(known, split="dev")
    return tuple(seen.values())


def _rows(manifest: Path) -> Iterator[Row]:
    csv.field_size_limit(CSV_FIELD_LIMIT)
    try:
        with manifest.open(encoding="utf-8", newline="") as source:
            reader = csv.DictReader(source)
            missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
            if missing:
                raise DatasetError(f"manifest {manifest.name} lacks the columns {', '.join(missing)}")
            for values in reader:
                yield _row(manifest, reader.line_num, {k: v or "" for k, v in values.items() if isinstance(k, str)})
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise DatasetError(f"manifest {manifest} can't be read: {wrong}") from wrong


def _row(manifest: Path, line: int, values: dict[str, str]) -> Row:
    where = f"{manifest.name}, line {line}"
    split = values.get("split") or "train"
    for name, value, known in (
        ("kind", values["kind"], ("video", "audio", "image")),
        ("label", values["label"], ("real", "fake")),
        ("split", split, ("train", "dev")),
        ("face", values.get("face", ""), ("", "real", "fake")),
        ("voice", values.get("voice", ""), ("", "real", "fake")),
    ):
        if value not in known:
            raise DatasetError(f"{where}: {name} {value!r} is none of {', '.join(known)}")
    return Row(
        path=_path(where, manifest.parent, values["path"]),
        kind=cast(RowKind, values["kind"]),
        label=cast(Label, values["label"]),
        method=values.get("method", ""),
        family=values.get("family", ""),
        person=values.get("person", ""),
        split=cast(RowSplit, split),
        source=values.get("source", ""),
        origin=values.get("source_path", ""),
        licence=values.get("licence", ""),
        crop=_crop(where, values.get("crop", "")),
        note=values.get("note", ""),
        face=cast(Label | None, values.get("face") or None),
        voice=cast(Label | None, values.get("voice") or None),
        segments=_segments(where, values.get("segments", "")),
    )


def _path(where: str, folder: Path, text: str) -> Path:
    if not text:
        raise DatasetError(f"{where}: no path")
    try:
        return (folder / text).resolve()
    except (ValueError, RuntimeError) as wrong:  # a byte that no path has, or links in a circle
        raise DatasetError(f"{where}: path {text!r} can't be used") from wrong


def _crop(where: str, text: str) -> tuple[float, float, float, float] | None:
    if not text:
        return None
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as wrong:
        raise DatasetError(f"{where}: crop {text!r} is not x,y,width,height") from wrong
    if not (0 <= x < 1 and 0 <= y < 1 and 0 < width <= 1.001 - x and 0 < height <= 1.001 - y):
        raise DatasetError(f"{where}: crop {text!r} does not lie inside the picture")
    return x, y, width, height


def _segments(where: str, text: str) -> tuple[tuple[float, float], ...]:
    """Stretches of seconds, written as "4.0-11.3;20-22"."""
    try:
        pairs = [tuple(float(part) for part in stretch.split("-")) for stretch in text.split(";") if stretch.strip()]
        found = tuple(sorted((start, end) for start, end in pairs))
    except ValueError as wrong:
        raise DatasetError(f"{where}: segments {text!r} are not start-end;start-end") from wrong
    if not all(0 <= start < end < float("inf") for start, end in found):
        raise DatasetError(f"{where}: segments {text!r} do not run forwards")
    return found
