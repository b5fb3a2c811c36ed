"""One evaluation beside an earlier one: which way each number went, and whether that may be chance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from unmask.errors import DatasetError
from unmask.evaluation.document import Comparison, Difference, Evaluation
from unmask.evaluation.outcome import Estimate

METRICS = {
    "auc": 1,
    "eer": -1,
    "average_precision": 1,
    "false_alarm": -1,
    "miss": -1,
    "ece": -1,
    "brier": -1,
    "coverage": 1,
}
"""All numbers, and whether more (1) or less (-1) of them is better."""
EQUAL = 1e-9


def read_evaluation(path: Path) -> Evaluation:
    """An evaluation document from a file. Raises DatasetError when it can't be read as one."""
    try:
        return Evaluation.from_json(path.read_bytes())
    except (OSError, ValidationError) as wrong:
        raise DatasetError(f"{path} is no evaluation that can be compared with: {str(wrong)[:300]}") from wrong


def compare(now: Evaluation, before: Evaluation) -> Comparison:
    """Every number that both have. Intervals that overlap mean that chance may explain the difference."""
    return Comparison(
        created=before.created,
        same_files=now.data.files_sha256 == before.data.files_sha256,
        same_models={(m.name, m.sha256) for m in now.models} == {(m.name, m.sha256) for m in before.models},
        n_before=before.data.files,
        differences=list(_differences(now, before)),
    )


def _differences(now: Evaluation, before: Evaluation) -> Iterator[Difference]:
    for subject in now.subjects:
        earlier = before.subject(subject.name)
        if earlier is None:
            continue
        for name, sign in METRICS.items():
            one: Estimate | None = getattr(subject.numbers, name)
            other: Estimate | None = getattr(earlier.numbers, name)
            if one is not None and other is not None:
                change = one.value - other.value
                yield Difference(
                    subject=subject.name,
                    metric=name,
                    before=other,
                    now=one,
                    difference=change,
                    better=None if abs(change) < EQUAL else change * sign > 0,
                    overlap=one.low <= other.high and other.low <= one.high,
                )
