"""Where evidence is put: numbered in the order in which it comes, its files written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unmask.explain.artifacts import Artifacts
from unmask.language import ENGLISH, Language
from unmask.result import Evidence, EvidenceKind

Key = tuple[str, str]
"""Detector and subject."""


class Shelf:
    """Numbers evidence in the order in which it is put there, and writes its files; `language` is that of drawings."""

    def __init__(self, artifacts: Artifacts, language: Language = ENGLISH) -> None:
        self._artifacts = artifacts
        self.language = language
        self.items: list[Evidence] = []
        self.of_finding: dict[Key, list[str]] = {}
        self.of_segment: dict[int, list[str]] = {}

    def put(self, kind: EvidenceKind, key: Key, files: Mapping[str, bytes], facts: dict[str, Any]) -> str:
        """Add a piece; the first of `files` (ending of the name -> bytes) is what is mainly shown."""
        number = f"E{len(self.items) + 1}"
        paths = [self._artifacts.write(f"evidence/{number.lower()}-{end}", data) for end, data in files.items()]
        more = {end.partition(".")[0]: path for end, path in zip(list(files)[1:], paths[1:], strict=True)}
        self.items.append(
            Evidence(
                id=number,
                kind=kind,
                subject=key[1],
                artifact=paths[0] if paths else None,
                facts={"detector": key[0], **facts, **({"more": more} if more else {})},
            )
        )
        self.of_finding.setdefault(key, []).append(number)
        return number

    def in_order(self, segment: int) -> list[str]:
        """The evidence of a segment, by number."""
        return sorted(self.of_segment.get(segment, []), key=lambda number: int(number[1:]))


def rounded(value: float, digits: int = 4) -> float:
    """A number as facts hold it."""
    return round(float(value), digits)
