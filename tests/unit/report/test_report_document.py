from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from support import fakeresult as fake
from unmask.report.document import write_json
from unmask.report.schema import PATH, schema_text
from unmask.result import Result


def test_the_published_schema_is_the_one_of_the_models() -> None:
    assert PATH.read_text(encoding="utf-8") == schema_text(), "run: python -m unmask.report.schema"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("kind", sorted(fake.ALL))
def test_every_document_fits_the_schema_and_reads_back(kind: str, tmp_path: Path) -> None:
    result = fake.ALL[kind](tmp_path)
    path = write_json(result, tmp_path)
    document = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(PATH.read_text())).validate(document)
    assert document["schema"] == "unmask.result/1"
    assert Result.from_json(path.read_bytes()) == result


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict", "probability"), 1.5),
        (("verdict", "label"), "fake"),
        (("extra",), 1),
        (("media", "sha256"), None),
        (("verdict", "interval"), [0.1, 0.2, 0.3]),
    ],
)
def test_a_document_that_lies_about_its_form_is_refused(path: tuple[str, ...], value: object, tmp_path: Path) -> None:
    document = json.loads(fake.not_assessable(tmp_path).to_json())
    part = document
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json.loads(schema_text())).validate(document)
