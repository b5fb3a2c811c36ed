"""The published JSON schema of the result document. `python -m unmask.report.schema` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path

from unmask.result import SCHEMA, Result

PATH = Path(__file__).parent.parent / "result.schema.json"


def schema_text() -> str:
    """The schema as JSON text (draft 2020-12), generated from the models."""
    schema = Result.model_json_schema(by_alias=True, mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:{SCHEMA.replace('/', ':')}"}
    return json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(schema_text(), encoding="utf-8")
