"""The application: `create_app` puts the parts together. It imports no model and no TensorFlow."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from unmask import __version__
from unmask.api import (
    agreement,
    analyses,
    artifacts,
    batches,
    events,
    feedback,
    health,
    keys,
    language_model,
    models,
    problems,
    projects,
    shares,
    uploads,
    webhooks,
)
from unmask.api.guard import Guard
from unmask.api.problems import Problem
from unmask.api.schemas import NewAnalysis, NewBatch, NewRerun
from unmask.api.watch import Watch
from unmask.db.migrate import upgrade
from unmask.service.context import open_context
from unmask.service.keys import local_principal
from unmask.service.limits import Limits
from unmask.settings import ServiceSettings
from unmask.web import administration, compare, extras, judgements, pages, shared
from unmask.web import batches as batch_pages
from unmask.web import models as model_pages
from unmask.web.render import error_page
from unmask.web.session import KeyCookie

ROUTERS: tuple[APIRouter, ...] = (
    analyses.router,
    artifacts.router,
    events.router,
    feedback.router,
    agreement.router,
    shares.router,
    batches.router,
    uploads.router,
    uploads.keyless,
    models.router,
    webhooks.router,
    keys.router,
    projects.router,
    projects.retaining,
    language_model.router,
)
PREFIX, OPENAPI = "/v1", "/v1/openapi.json"
PAGES: tuple[APIRouter, ...] = (
    pages.router,
    batch_pages.router,
    compare.router,
    judgements.router,
    model_pages.router,
    shared.router,
    administration.router,
    extras.router,
)
_ABOUT = """Examines a video, sound file or picture that somebody doubts, and says when, whose face, in which sound, how
sure, and why. Errors are problem documents (RFC 9457) whose `code` is stable. Times are UTC, ids sort by time."""


def create_app(settings: ServiceSettings) -> FastAPI:
    """The ASGI application over database and store. On SQLite it brings the schema up to date itself.

    Raises:
        SettingsError: an address can't be understood.
    """
    context = open_context(settings)
    app = FastAPI(
        title="Unmask",
        version=__version__,
        description=_ABOUT,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=OPENAPI,
        generate_unique_id_function=_name_of,
    )
    app.state.context = context
    app.state.limits = Limits(context)
    app.state.watch = Watch(context)
    app.state.error_page = error_page
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.include_router(health.router)
    for page in PAGES:
        app.include_router(page)
    app.add_middleware(KeyCookie)
    bare = _methods("", health.router, *PAGES)
    app.state.methods = [*_methods(PREFIX, *ROUTERS), *bare, (re.compile(OPENAPI), {"GET"})]
    app.add_middleware(Guard, keyless=settings.keyless)
    _describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context = app.state.context
    if context.database.engine.dialect.name == "sqlite":
        await asyncio.to_thread(upgrade, context.database)
    if context.settings.keyless:
        app.state.local = await asyncio.to_thread(local_principal, context)
    watching = asyncio.create_task(app.state.watch.run())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        context.database.close()


def _methods(prefix: str, *routers: APIRouter) -> list[tuple[re.Pattern[str], set[str]]]:
    """The methods of each address, for the header Allow."""
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    return [(compile_path(prefix + route.path)[0], set(route.methods or ())) for route in routes]


def _name_of(route: APIRoute) -> str:
    tag = str(route.tags[0]) if route.tags else "service"
    return f"{tag}_{route.name}"


def _describe(app: FastAPI) -> None:
    """The OpenAPI document, with the schemas of what the routes read themselves, made once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            known = schema.setdefault("components", {}).setdefault("schemas", {})
            for model in (Problem, NewAnalysis, NewBatch, NewRerun):
                own = model.model_json_schema(ref_template="#/components/schemas/{model}")
                for name, part in own.pop("$defs", {}).items():
                    known.setdefault(name, part)
                known[model.__name__] = own
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
