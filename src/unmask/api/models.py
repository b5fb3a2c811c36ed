"""The models of this server, from their cards."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath

from unmask.api.deps import KEYED, Read
from unmask.api.problems import responses
from unmask.api.schemas import ModelOut, Models
from unmask.errors import ModelError
from unmask.models.added import AddedCard
from unmask.models.card import Card, headlines
from unmask.models.registry import registry_for
from unmask.service.errors import NotFound
from unmask.settings import Settings, load

NAME = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
router = APIRouter(prefix="/models", tags=["models"], dependencies=KEYED)


@router.get("", response_model=Models, summary="List the models", responses=responses(ModelError))
def list_models(who: Read) -> Models:  # noqa: ARG001 - asking needs a key, and nothing else
    """What each looks for, how good it is on data that it never saw, and where it fails."""
    settings = load()
    return _models(settings.models, settings.extra_models)


@router.get("/{name}", response_model=Card, summary="Show a model's card", responses=responses(NotFound, ModelError))
def show_card(
    who: Read,  # noqa: ARG001 - as above
    name: Annotated[str, InPath(max_length=60, pattern=NAME, description="Name of a detector.", examples=["face"])],
) -> Card:
    """All that is known of it: data with their licences, training, calibration, and every number measured."""
    settings = load()
    if name not in _models(settings.models, settings.extra_models).detectors:
        raise NotFound("There is no model of that name.")
    return registry_for(settings).card(name)


@lru_cache(maxsize=4)
def _models(folder: Path | None, extra: Path | None) -> Models:
    """By the folders that `registry_for` reads; workers read theirs once, too."""
    registry = registry_for(Settings(models=folder, extra_models=extra))
    names = registry.names()
    added = [registry.added.card(name) for name in registry.added.names()]
    judging = [card.detector for card in added if card.calibration is not None]
    return Models(models=[*map(_shipped, map(registry.card, names)), *map(_added, added)], detectors=[*names, *judging])


def _shipped(card: Card) -> ModelOut:
    metrics = [metric.model_dump(exclude_none=True) for metric in headlines(card)]
    shown = card.model_dump(include={"name", "version", "title", "sha256", "created", "parameters", "input", "limits"})
    return ModelOut(**shown, metrics=metrics)


def _added(card: AddedCard) -> ModelOut:
    return ModelOut(
        name=card.detector,
        version="added",
        title=card.title,
        sha256=card.sha256,
        created=card.added,
        source=card.source,
        metrics=[],
        limits=card.limits,
    )
