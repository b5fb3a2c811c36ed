"""What is around the pages: our own files, samples, language and theme, signing in and out."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from unmask.api.deps import Ctx
from unmask.errors import Unauthorized
from unmask.language import LANGUAGES
from unmask.service.errors import NotFound
from unmask.service.keys import authenticate
from unmask.web import samples
from unmask.web.assets import assets
from unmask.web.render import HEADERS, LANGUAGE_COOKIE, THEME_COOKIE, THEMES, PageRoute, render
from unmask.web.session import COOKIE, is_own

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_YEAR = 365 * 86_400
_FOREVER = {"Cache-Control": f"public, max-age={_YEAR}, immutable", "X-Content-Type-Options": "nosniff"}
Next = Annotated[str, Query(max_length=2000)]


@router.get("/static/{build}/{name:path}")
def static(build: str, name: str) -> Response:
    """One of our own files; of another build than this one it is not kept."""
    found = assets().files.get(name)
    if found is None:
        raise NotFound("There is nothing at this address.")
    headers = _FOREVER if build == assets().build else {"Cache-Control": "no-store"}
    return Response(found[0], media_type=found[1], headers=headers)


@router.get("/favicon.ico")
def favicon() -> Response:
    """The mark."""
    data, kind = assets().files["mark.svg"]
    return Response(data, media_type=kind, headers={"Cache-Control": "public, max-age=86400"})


@router.get("/samples/{name}")
def sample(name: str) -> Response:
    """A sample clip."""
    found = samples.files().get(name)
    if found is None:
        raise NotFound("There is no sample of that name.")
    return FileResponse(found, media_type="video/mp4")


@router.get("/preferences")
def preferences(
    language: str = "",
    theme: Literal["light", "dark", "system", ""] = "",
    next_: Annotated[str, Query(alias="next")] = "/",
) -> Response:
    """Keep a language or a theme, and go back."""
    answer = RedirectResponse(local(next_), 303, headers=HEADERS)
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, samesite="lax", httponly=True)
    if theme in THEMES:
        answer.set_cookie(THEME_COOKIE, theme, max_age=_YEAR, samesite="lax", httponly=True)
    elif theme == "system":
        answer.delete_cookie(THEME_COOKIE)
    return answer


@router.get("/signin")
def ask(request: Request, next_: Annotated[str, Query(alias="next")] = "/") -> Response:
    """Where a key is given."""
    return render(request, "signin.html.j2", next=local(next_), wrong=False)


@router.post("/signin")
def sign_in(
    request: Request,
    context: Ctx,
    key: Annotated[str, Form(max_length=200)],
    next_: Annotated[str, Form(alias="next", max_length=2000)] = "/",
) -> Response:
    """Keep a key that is right in a cookie that no script reads."""
    try:
        if not is_own(request.headers):
            raise Unauthorized("The key does not come from a page of this server.")
        authenticate(context, key.strip())
    except Unauthorized:
        return render(request, "signin.html.j2", status=401, next=local(next_), wrong=True)
    answer = RedirectResponse(local(next_), 303, headers=HEADERS)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, key.strip(), max_age=30 * 86_400, samesite="lax", httponly=True, secure=secure)
    return answer


@router.post("/signout")
def sign_out() -> Response:
    """Forget the key."""
    answer = RedirectResponse("/signin", 303, headers=HEADERS)
    answer.delete_cookie(COOKIE)
    return answer


def local(address: str) -> str:
    """A path of this server; anything else becomes the start page."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if plain and "\\" not in address else "/"
