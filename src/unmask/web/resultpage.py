"""What the page of one result is made of, whoever it is shown to, and the media and files that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from pydantic import ValidationError

from unmask.api.artifacts import served
from unmask.db.tables import Analysis, Artifact
from unmask.result import Result
from unmask.service.context import Context
from unmask.service.errors import MediaGone, NotFound
from unmask.storage import keys
from unmask.web import exhibits, view
from unmask.web.kinds import HEAD, media_type
from unmask.web.render import language_of

_SANDBOX = {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'"}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the page finds its media, and before which names its artifacts and reports lie."""

    media: str
    artifacts: str
    report: str

    @classmethod
    def of(cls, analysis: str) -> Addresses:
        """Those of the project's own page."""
        return cls(
            f"/analyses/{analysis}/media", f"/v1/analyses/{analysis}/artifacts/", f"/v1/analyses/{analysis}/report."
        )


def result_values(
    request: Request, result: Result, row: Analysis, artifacts: Sequence[Artifact], at: Addresses
) -> dict[str, Any]:
    """What the templates of a result need."""
    language = language_of(request)
    return {
        "row": row,
        "r": result,
        "at": at,
        "lanes": view.lanes(result, language),
        "ticks": view.ticks(result.media.duration),
        "waterfall": view.waterfall(result, language),
        "exhibits": exhibits.exhibits(result, {artifact.name for artifact in artifacts}),
        "places": exhibits.places(result),
        "artifacts": artifacts,
        "feedback": (),
        "difference": None,
    }


def read_result(context: Context, row: Analysis) -> Result:
    """The result document of an analysis that is done. Raises NotFound when this version can't read it."""
    try:
        return Result.from_json(context.store.get(keys.artifact(row.project_id, row.id, "result.json")))
    except ValidationError as wrong:
        raise NotFound("The result was written by another version of Unmask.") from wrong


def media_of(request: Request, context: Context, row: Analysis) -> Response:
    """The media for a player, in ranges; as what its first bytes say, and never as something with scripts.

    Raises:
        MediaGone: it is not kept.
    """
    if row.media_sha256 is None or not row.media_held:
        raise MediaGone("The media is not kept.")
    key = keys.media(row.project_id, row.media_sha256)
    kind = media_type(context.store.get_range(key, 0, HEAD))
    held = Artifact(
        analysis_id=row.id, name="", key=key, size=row.media_bytes, sha256=row.media_sha256, media_type=kind
    )
    answer = served(request, context, held)
    answer.headers.update(_SANDBOX)
    return answer
