"""Templates to answers: every page with its language, its theme and a strict Content-Security-Policy."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from unmask.access.scopes import allows
from unmask.errors import Unauthorized, UnmaskError
from unmask.language import LANGUAGES, Language
from unmask.language.conditions import condition_words
from unmask.report.safe import visible, visible_text
from unmask.service.context import Principal
from unmask.service.errors import NotFound
from unmask.web import words
from unmask.web.assets import assets
from unmask.web.language import choose
from unmask.web.scriptwords import script_words
from unmask.web.view import clock

THEMES = ("light", "dark")
LANGUAGE_COOKIE, THEME_COOKIE = "unmask_language", "unmask_theme"
SHARED = "/s"
"""Before the addresses of links that show a result to others."""
SHARED_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}
"""The address is the key: no other page and no search engine shall learn it from such a page."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(combined=lambda one, other: one | other)
    made.filters.update(visible=visible, visible_text=visible_text, clock=clock, size=size)
    made.filters.update(moment=moment, commands=commands)
    made.globals.update(languages=LANGUAGES, now=lambda: datetime.now(UTC))
    return made


def size(count: int | None) -> str:
    """Bytes in a unit that fits."""
    value = float(count or 0)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def moment(at: datetime) -> Markup:
    """A point in time as every page shows it: to the minute, in UTC."""
    shown = at.astimezone(UTC)
    return Markup('<time class="num" datetime="{}">{}</time>').format(shown.isoformat(), f"{shown:%Y-%m-%d %H:%M} UTC")


def commands(text: str) -> Markup:
    """A message of ours with what stands between backticks, commands, set as such."""
    plain = "<code>{}</code>"
    parts = text.split("`")
    return Markup("").join(Markup(plain if n % 2 else "{}").format(part) for n, part in enumerate(parts))  # noqa: S704


def language_of(request: Request) -> Language:
    """What this browser wants, or English."""
    return choose(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))


def is_admin(request: Request) -> bool:
    """Whether who asks may see the settings; False where nobody was asked for a key."""
    who: Principal | None = getattr(request.state, "who", None)
    return who is not None and allows(who.scopes, "admin")


def render(request: Request, template: str, /, status: int = 200, **values: Any) -> Response:
    """A page."""
    language = language_of(request)
    theme = request.cookies.get(THEME_COOKIE)
    context = request.app.state.context
    outside = request.url.path.startswith(f"{SHARED}/")
    found = {
        "_": language.gettext,
        "ngettext": language.ngettext,
        "decimal": language.decimal,
        "condition": lambda text: condition_words(text, language),
        "percent": lambda value: language.decimal(100 * value, 1 if value < 0.0995 or value > 0.9005 else 0),
        "word": lambda table, code: words.words(getattr(words, table), code, language),
        "reason": lambda code: words.reason(code, language),
        "subject": lambda name: words.subject(name, language),
        "language": language,
        "theme": theme if theme in THEMES else "",
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "asset": f"/static/{assets().build}",
        "outside": outside,
        "keyless": context.settings.keyless,
        "admin": is_admin(request),
        "script_words": json.dumps(script_words(language), ensure_ascii=False),
    }
    html = _environment().get_template(template).render(found | values)
    return HTMLResponse(html, status, headers=HEADERS | (SHARED_HEADERS if outside else {}))


class PageRoute(APIRoute):
    """A route whose errors are pages; who is not known is asked to sign in."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """As the base class's, with errors caught."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                answer: Response = await inner(request)
            except Unauthorized:
                return RedirectResponse(f"/signin?next={request.url.path}", 303, headers=HEADERS)
            except RequestValidationError:
                return error_page(request, NotFound("There is nothing at this address."))
            except UnmaskError as error:
                return error_page(request, error)
            return answer

        return handle


def error_page(request: Request, error: UnmaskError) -> Response:
    """An error in words, with ways out."""
    return render(request, "error.html.j2", status=error.http_status, error=error)
