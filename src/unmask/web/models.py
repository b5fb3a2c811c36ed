"""The models: all of them in short, and each with its whole card."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from unmask.api.deps import Read
from unmask.api.models import NAME
from unmask.models.added import AddedCard
from unmask.models.card import Card
from unmask.models.registry import Registry, registry_for
from unmask.service.errors import NotFound
from unmask.settings import load
from unmask.web import modelcard
from unmask.web.render import PageRoute, language_of, render

router = APIRouter(prefix="/models", route_class=PageRoute, include_in_schema=False)
Named = Annotated[str, Path(max_length=60, pattern=NAME)]


@router.get("")
def models(request: Request, who: Read) -> Response:  # noqa: ARG001 - asking needs a key, and nothing else
    """All models, with what their cards say in short."""
    registry = registry_for(load())
    language = language_of(request)
    shipped = [(card, modelcard.short(card, language)) for card in map(registry.card, registry.names())]
    return render(request, "models.html.j2", shipped=shipped, added=_added(registry))


@router.get("/{name}")
def one(request: Request, who: Read, name: Named) -> Response:  # noqa: ARG001 - as above
    """A whole card."""
    registry = registry_for(load())
    for card in _added(registry):
        if card.detector == name:
            return render(request, "model_added.html.j2", card=card)
    if name not in registry.names():
        raise NotFound("There is no model of that name.")
    return _whole(request, registry.card(name))


def _whole(request: Request, card: Card) -> Response:
    language = language_of(request)
    return render(
        request,
        "model.html.j2",
        card=card,
        short=modelcard.short(card, language),
        groups=modelcard.groups(card.metrics, language),
        splits=modelcard.splits(card.data, language),
    )


def _added(registry: Registry) -> list[AddedCard]:
    return [registry.added.card(name) for name in registry.added.names()]
