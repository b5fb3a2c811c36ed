"""The settings: keys, projects, retention, webhooks, language models. For admins; their buttons call the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from unmask.access.scopes import SCOPES, allows
from unmask.api import language_model
from unmask.api.deps import ULID, Admin, Ctx
from unmask.api.keys import state_of
from unmask.service import keys, projects, retention, webhooks
from unmask.service.context import Context, Principal
from unmask.web.render import HEADERS, PageRoute, render

router = APIRouter(prefix="/settings", route_class=PageRoute, include_in_schema=False)
PAGE = 25
MOST_DUE = 50
Chosen = Annotated[str, Query(alias="project", pattern=f"{ULID}|^$")]
"""The project that an operator looks at; one's own when empty."""


@router.get("")
def settings(who: Admin) -> Response:  # noqa: ARG001 - only admins are led on
    """The first of them."""
    return RedirectResponse("/settings/keys", 303, headers=HEADERS)


@router.get("/keys")
def show_keys(request: Request, who: Admin, context: Ctx, chosen: Chosen = "") -> Response:
    """Who may ask, and what."""
    now = context.now()
    known = [(one, state_of(one, now)) for one in keys.known(context, who, chosen or None)]
    values = _choice(context, who, chosen) | {
        "known": sorted(known, key=lambda item: item[1] != "holds"),
        "scopes": SCOPES,
        "offered": [scope for scope in SCOPES if allows(who.scopes, scope)],
        "rate": context.settings.rate_per_minute,
        "own_key": who.key,
    }
    return render(request, "settings_keys.html.j2", **values)


@router.get("/projects")
def show_projects(request: Request, who: Admin, context: Ctx) -> Response:
    """What each has and may store."""
    found = projects.listed(context, who)
    found = sorted(found, key=lambda item: item[0].id != who.project)
    values: dict[str, Any] = {"found": found, "operator": allows(who.scopes, "operator"), "own": who.project}
    return render(request, "settings_projects.html.j2", server_days=context.settings.retention_days, **values)


@router.get("/retention")
def show_retention(request: Request, who: Admin, context: Ctx, chosen: Chosen = "") -> Response:
    """How long things are kept, and what goes next."""
    row, usage = projects.shown(context, who, chosen or who.project)
    due, total = retention.due(context, who, MOST_DUE) if row.id == who.project else ([], 0)
    values = _choice(context, who, chosen) | {"row": row, "usage": usage, "due": due, "total": total}
    return render(request, "settings_retention.html.j2", server_days=context.settings.retention_days, **values)


@router.get("/webhooks")
def show_webhooks(
    request: Request,
    who: Admin,
    context: Ctx,
    state: Literal["dead", ""] = "",
    cursor: Annotated[str, Query(pattern=f"{ULID}|^$")] = "",
) -> Response:
    """Who is told, and whether it arrived."""
    rows = webhooks.deliveries(context, who, state or None, cursor or None, PAGE + 1)
    values: dict[str, Any] = {
        "hooks": webhooks.listed(context, who),
        "events": webhooks.EVENTS,
        "deliveries": rows[:PAGE],
        "more": rows[PAGE - 1].id if len(rows) > PAGE else "",
        "dead": bool(webhooks.deliveries(context, who, "dead", None, 1)),
        "only_dead": state == "dead",
    }
    return render(request, "settings_webhooks.html.j2", **values)


@router.get("/language-model")
def show_language_model(request: Request, who: Admin) -> Response:
    """What the environment names, and whether it answers."""
    return render(request, "settings_language_model.html.j2", found=language_model.show(who))


def _choice(context: Context, who: Principal, chosen: str) -> dict[str, Any]:
    """The projects to choose from (none where there is no choice), the chosen one, and whether it is one's own."""
    found = [row for row, _usage in projects.listed(context, who)]
    here = chosen or who.project
    return {
        "projects": found if len(found) > 1 else [],
        "project": next((row for row in found if row.id == here), None),
        "is_own": here == who.project,
    }
