"""The error to expect for media of a condition, taken from an evaluation and published beside the models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from unmask.errors import DatasetError
from unmask.evaluation.cases import Case
from unmask.evaluation.document import Evaluation
from unmask.intervals import wilson
from unmask.models.expected_error import DIMENSIONS, FILE, LEAST, Cell, ErrorTable
from unmask.result import ExpectedError

PUBLISHED_SPLITS = ("dev", "calibration")
"""Splits whose files trained nothing: a rate that was measured on training files would promise too much."""


def error_cells(found: Sequence[Case]) -> list[Cell]:
    """False alarms of the verdict on real files that got a probability, from all media to one narrow condition.

    Intervals are Wilson's over persons, not files: many clips of one person are not many cases.
    """
    real = [case for case in found if not case.truth.whole and case.outcome.probability is not None]
    groups: dict[tuple[str | None, ...], list[Case]] = defaultdict(list)
    for case in real:
        for depth in range(len(DIMENSIONS) + 1):
            if depth and DIMENSIONS[depth - 1] not in case.bands:
                break
            known = [case.bands[name] for name in DIMENSIONS[:depth]]
            groups[(*known, *[None] * (len(DIMENSIONS) - depth))].append(case)
    return [
        _cell(dict(zip(DIMENSIONS, key, strict=True)), group)
        for key, group in sorted(groups.items(), key=lambda item: [part or "" for part in item[0]])
        if len(group) >= LEAST
    ]


def error_table(evaluation: Evaluation) -> ErrorTable:
    """The table that is published, with the day and the models it holds for."""
    return ErrorTable(
        measured=evaluation.created.date().isoformat(),
        models={model.name: model.sha256 for model in evaluation.models},
        cells=evaluation.expected_error,
    )


def expected_error(evaluation: Evaluation, condition: Mapping[str, str]) -> ExpectedError | None:
    """False alarm rate at the verdict's threshold for media of a condition: bands by dimension, as `conditions.bands`.

    The closest condition that was measured on enough files counts; None where there is none.
    """
    return error_table(evaluation).look_up(condition)


def publish(evaluation: Evaluation, folder: Path) -> Path:
    """Write the table into a models folder; returns its path.

    Raises:
        DatasetError: the files may have trained the models, or are too few for a single cell.
    """
    if evaluation.data.split not in PUBLISHED_SPLITS:
        raise DatasetError(f"an error measured on the split {evaluation.data.split!r} is not to be published")
    if not evaluation.expected_error:
        raise DatasetError(f"fewer than {LEAST} real files have a verdict: there is no error to publish")
    path = folder / FILE
    path.write_text(error_table(evaluation).to_json(), encoding="utf-8")
    return path


def _cell(key: Mapping[str, str | None], group: Sequence[Case]) -> Cell:
    rate = sum(case.outcome.label == "likely_manipulated" for case in group) / len(group)
    low, high = wilson(rate, len({case.row.identity for case in group}))
    return Cell.model_validate({**key, "false_alarm": rate, "interval": (low, high), "n": len(group)})
