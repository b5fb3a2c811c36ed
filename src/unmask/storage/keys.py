"""Where things lie in the store. Every key starts with the project: a prefix holds all that is a project's."""

from __future__ import annotations


def media(project: str, sha256: str) -> str:
    """The media of that content: the same bytes in one project are one object."""
    return f"{project}/media/{sha256[:2]}/{sha256}"


def incoming(project: str, identity: str) -> str:
    """Bytes that are being received and whose hash is not known yet."""
    return f"{project}/incoming/{identity}"


def uploads(project: str) -> str:
    """All parts of all resumable uploads of a project."""
    return f"{project}/uploads/"


def upload_prefix(project: str, upload: str) -> str:
    """All parts of a resumable upload."""
    return f"{uploads(project)}{upload}/"


def upload_part(project: str, upload: str, offset: int, identity: str) -> str:
    """The part of a resumable upload that starts at `offset`; `identity` sets apart two attempts at the same part."""
    return f"{upload_prefix(project, upload)}{offset:016d}-{identity}"


def analysis_prefix(project: str, analysis: str) -> str:
    """Everything that belongs to one analysis and to no other."""
    return f"{project}/analyses/{analysis}/"


def artifact(project: str, analysis: str, name: str) -> str:
    """What the analysis made: `result.json`, `report.html`, `evidence/E1.png`."""
    return f"{analysis_prefix(project, analysis)}artifacts/{name}"


def work(project: str, analysis: str, name: str) -> str:
    """What workers hand each other and nobody else sees, for example the outcome of a shard."""
    return f"{analysis_prefix(project, analysis)}work/{name}"
