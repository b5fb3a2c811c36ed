"""Public benchmarks read from the folders they come in, as the rows of a manifest.

A layout is a function from a folder to rows; adding one is adding a line to `LAYOUTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from unmask.errors import DatasetError
from unmask.evaluation.layouts import faces, spoken, talking
from unmask.training.manifest import Row

Layout = Callable[[Path], list[Row]]
LAYOUTS: Mapping[str, Layout] = {
    "ff++": faces.face_forensics,
    "celeb-df": faces.celeb_df,
    "dfdc": faces.dfdc,
    "fakeavceleb": talking.fake_av_celeb,
    "av-deepfake1m": talking.av_deepfake1m,
    "asvspoof": spoken.asvspoof,
}


def read_layout(name: str, folder: Path) -> tuple[Row, ...]:
    """The rows of a benchmark's folder, files that are not there left out.

    Raises:
        DatasetError: the layout is unknown, or the folder holds nothing of it.
    """
    if name not in LAYOUTS:
        raise DatasetError(f"layout {name!r} is none of {', '.join(LAYOUTS)}")
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder")
    try:
        rows = tuple(row for row in LAYOUTS[name](folder.resolve()) if row.path.is_file())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise DatasetError(f"{folder} can't be read as {name}: {type(wrong).__name__}: {wrong}") from wrong
    if not rows:
        raise DatasetError(f"{folder} holds no file of the layout {name}")
    return rows
