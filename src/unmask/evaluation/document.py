"""The evaluation document, `unmask.evaluation/1`. Rates and probabilities are 0 to 1, times are seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from unmask.evaluation.outcome import Estimate, Part
from unmask.evaluation.robust_document import Robustness, Shortcuts
from unmask.models.expected_error import Cell
from unmask.result import ModelUsed

SCHEMA: Literal["unmask.evaluation/1"] = "unmask.evaluation/1"


class Numbers(Part):
    """What was measured over some files. A number that the files do not carry (one class is missing) is null.

    `n_real` and `n_fake` are the files asked about, `n_scored` those with a probability, `n_groups` the persons or
    sources that were drawn for the intervals. `coverage` is the share with an answer, of all asked about; all else is
    over those with a probability. `false_alarm` and `miss` are at the shipped threshold. `ece_by_chance` is what
    faultless probabilities would show as `ece` on so few files: the mean, and where 95 % of such draws lie.
    """

    n_real: int
    n_fake: int
    n_scored: int
    n_groups: int
    coverage: Estimate | None = None
    auc: Estimate | None = None
    eer: Estimate | None = None
    average_precision: Estimate | None = None
    false_alarm: Estimate | None = None
    miss: Estimate | None = None
    ece: Estimate | None = None
    ece_by_chance: Estimate | None = None
    brier: Estimate | None = None


class Bin(Part):
    """One bin of a reliability plot: mean probability, and share of fakes with its 95 % interval (Wilson)."""

    mean: float
    share: float
    low: float
    high: float
    n: int


class Curves(Part):
    """The ROC curve as (false alarm rate, hit rate) pairs, and the bins of the reliability plot."""

    roc: list[tuple[float, float]]
    reliability: list[Bin]


class Localisation(Part):
    """Average precision of the reported stretches at an overlap (intersection over union) of 0.5 and 0.75."""

    n_files: int
    n_true: int
    n_reported: int
    ap_50: Estimate
    ap_75: Estimate


class Slice(Part):
    """The numbers of the files of one condition, method or source."""

    dimension: str
    name: str
    numbers: Numbers


class RealSource(Part):
    """One source of real media. `left_out` is its false alarm rate at the threshold that holds all others to 5 %."""

    source: str
    trained_on: bool
    numbers: Numbers
    left_out: Estimate | None


class Subject(Part):
    """The verdict, or one detector: what it was measured on and how well it does."""

    name: str
    question: str
    threshold: str
    numbers: Numbers
    labels: dict[str, dict[str, int]]
    curves: Curves | None
    conditions: list[Slice]
    methods: list[Slice]
    sources: list[RealSource]
    localisation: Localisation | None


class WorstFile(Part):
    """A file that the verdict got wrong, with what each detector said of it."""

    file: str
    source: str
    method: str
    probability: float | None
    label: str
    scores: dict[str, float]


class FailedFile(Part):
    """A file that could not be analysed, and the code of the error."""

    file: str
    source: str
    code: str
    message: str


class Data(Part):
    """The files that were evaluated; `files_sha256` is over their names and labels, to tell like from like."""

    manifests: list[str]
    split: str
    files: int
    real: int
    fake: int
    sources: int
    methods: int
    persons: int
    files_sha256: str
    seconds: float


class Difference(Part):
    """One number now and in an earlier evaluation. `better` is null where neither way is; `overlap` of intervals."""

    subject: str
    metric: str
    before: Estimate
    now: Estimate
    difference: float
    better: bool | None
    overlap: bool


class Comparison(Part):
    """An evaluation beside an earlier one."""

    created: datetime
    same_files: bool
    same_models: bool
    n_before: int
    differences: list[Difference]


class Evaluation(Part):
    """One evaluation of one set of models on one set of files.

    `models` make the verdict; those `beside` them are added models without a calibration, measured in their own terms.
    """

    schema_id: Literal["unmask.evaluation/1"] = Field(SCHEMA, alias="schema")
    created: datetime
    unmask: str
    models: list[ModelUsed]
    beside: list[ModelUsed] = Field(default_factory=list)
    settings: dict[str, object]
    unit: str
    draws: int
    data: Data
    subjects: list[Subject]
    real_called_fake: list[WorstFile]
    fakes_missed: list[WorstFile]
    failed: list[FailedFile]
    expected_error: list[Cell]
    comparison: Comparison | None = None
    robustness: Robustness | None = None
    shortcuts: Shortcuts | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def subject(self, name: str) -> Subject | None:
        """The subject of that name, None when nothing was asked of it."""
        return next((one for one in self.subjects if one.name == name), None)

    def to_json(self) -> str:
        """The document as JSON text, keys as published."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Evaluation:
        """Read a document back. Raises pydantic's ValidationError when it does not fit."""
        return cls.model_validate_json(text)
