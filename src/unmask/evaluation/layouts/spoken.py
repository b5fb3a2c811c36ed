"""Synthetic and converted speech: ASVspoof 2019 and 2021, logical access."""

from __future__ import annotations

from pathlib import Path

from unmask.training.manifest import Row


def asvspoof(folder: Path) -> list[Row]:
    """ASVspoof 2019 LA (Wang et al., 2020) and 2021 LA (Liu et al., 2023).

    2019 has `*cm*.txt` protocols of five columns (speaker, file, -, attack, key), 2021 has `trial_metadata.txt` with
    codec and transmission between them; the sound is `FILE.flac` in a `flac` folder. Training files are `train`.
    """
    sounds = {path.stem: path for path in sorted(folder.rglob("flac/*.flac"))}
    rows = []
    for protocol in sorted({*folder.rglob("*cm*.tr*.txt"), *folder.rglob("trial_metadata.txt")}):
        for line in protocol.read_text("utf-8").splitlines():
            row = _row(line.split(), sounds, folder)
            if row is not None:
                rows.append(row)
    return rows


def _row(columns: list[str], sounds: dict[str, Path], folder: Path) -> Row | None:
    """One line of a protocol; None where it is another table or its sound is not there."""
    at = next((i for i, value in enumerate(columns) if value in ("bonafide", "spoof")), None)
    if at is None or at < 3 or columns[1] not in sounds:
        return None
    speaker, name, codec, attack = columns[0], columns[1], columns[2], columns[at - 1]
    path = sounds[name]
    fake = columns[at] == "spoof"
    edition = "2021" if len(columns) > 5 else "2019"
    return Row(
        path=path,
        kind="audio",
        label="fake" if fake else "real",
        method=f"ASVspoof {attack}" if fake else "",
        person=f"asvspoof{edition}:{speaker}",
        split="train" if name.startswith("LA_T_") else "dev",
        source=f"ASVspoof {edition} LA" + ("" if codec in ("-", "none") else f" {codec}"),
        origin=path.relative_to(folder).as_posix(),
    )
