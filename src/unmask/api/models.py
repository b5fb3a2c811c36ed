"""The models of this server, from their cards."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter

from unmask.api.deps import KEYED, Read
from unmask.api.problems import responses
from unmask.api.schemas import ModelOut, Models
from unmask.errors import ModelError
from unmask.models.card import headlines
from unmask.models.registry import HERE, Registry
from unmask.settings import load

router = APIRouter(prefix="/models", tags=["models"], dependencies=KEYED)


@router.get("", response_model=Models, summary="List the models", responses=responses(ModelError))
def list_models(who: Read) -> Models:  # noqa: ARG001 - asking needs a key, and nothing else
    """What each looks for, how good it is on data that it never saw, and where it fails."""
    return _models(load().models or HERE)


@lru_cache(maxsize=4)
def _models(folder: Path) -> Models:
    registry = Registry(folder)
    names = registry.names()
    found = []
    for card in map(registry.card, names):
        metrics = [metric.model_dump(exclude_none=True) for metric in headlines(card)]
        shown = card.model_dump(
            include={"name", "version", "title", "sha256", "created", "parameters", "input", "limits"}
        )
        found.append(ModelOut(**shown, metrics=metrics))
    return Models(models=found, detectors=names)
