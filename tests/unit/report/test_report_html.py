from __future__ import annotations

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from support import fakeresult as fake
from unmask.report.html import render_html
from unmask.result import Result

VOID = {"meta", "img", "link", "br", "hr", "input"}


class Page(HTMLParser):
    """Elements with their attributes, text, and what is not well formed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.style = ""
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.wrong += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        else:
            self.text += data

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module", params=sorted(fake.ALL))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Result, Page, str]:
    folder = Path(tmp_path_factory.mktemp(request.param))
    result = fake.ALL[request.param](folder)
    html = render_html(result, folder)
    return request.param, result, Page(html), html


Made = tuple[str, Result, Page, str]


def test_every_element_is_closed_in_order(made: Made) -> None:
    assert made[2].wrong == []


def test_the_page_asks_nothing_of_any_other_place(made: Made) -> None:
    page = made[2]
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            if name in {"src", "href", "srcset", "action", "data", "poster", "xlink:href"}:
                assert value.startswith(("data:image/", "data:audio/wav;", "#")), (tag, name, value[:60])
            if name == "fill":
                assert not value.startswith("url(") or value.startswith("url(#")
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_the_page_runs_nothing(made: Made) -> None:
    page = made[2]
    assert not page.all("script", "iframe", "object", "embed", "form", "base", "link")
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert not [1 for _, attributes in page.elements if "style" in attributes]


def test_the_policy_allows_this_style_and_nothing_else(made: Made) -> None:
    page = made[2]
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_links_lead_to_something_on_the_page(made: Made) -> None:
    page = made[2]
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids
        for name in ("aria-labelledby", "aria-describedby"):
            assert attributes.get(name, ids[0]) in ids


def test_every_sentence_and_every_evidence_is_there(made: Made) -> None:
    _, result, page, _ = made
    for sentence in result.narrative.sentences:
        assert sentence.text in page.text
    ids = {a.get("id") for _, a in page.elements}
    assert {e.id for e in result.evidence} <= ids


def test_a_reader_who_can_not_see_gets_everything_in_order(made: Made) -> None:
    page = made[2]
    assert next(a for t, a in page.elements if t == "html")["lang"] == "en"
    assert len(page.all("main")) == len(page.all("h1")) == 1
    levels = [int(t[1]) for t, _ in page.elements if re.fullmatch("h[1-6]", t)]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert all(len(a["alt"]) > 15 for a in page.all("img"))
    assert all(a.get("aria-hidden") or a.get("aria-label") for a in page.all("svg"))


def test_the_hash_the_models_and_the_limits_are_named(made: Made) -> None:
    _, result, page, _ = made
    assert result.media.sha256 in page.text
    assert all(model.sha256 in page.text for model in result.models)
    assert "What limits this answer" in page.text
    assert "Nothing is said about who is shown" in page.text


def test_the_page_says_how_long_it_took(made: Made) -> None:
    assert "This took 13.3 s: finding faces and speech 4.2 s and the models 9.1 s." in made[2].text


def test_what_was_not_examined_has_its_reason_and_no_number(tmp_path: Path) -> None:
    page = Page(render_html(fake.not_assessable(tmp_path), tmp_path))
    assert "Not examined: no speech was found" in page.text
    assert "Not examined: no face was found" in page.text
    assert "Probability of a manipulation" not in page.text
    assert "False alarms" not in page.text


def test_names_and_tags_from_outside_stay_text(tmp_path: Path) -> None:
    html = render_html(fake.hostile(tmp_path), tmp_path)
    page = Page(html)
    assert not page.all("script", "i")
    assert all(a["src"].startswith("data:") for a in page.all("img"))
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7*7 }}" in page.text
    for char in "\u202e\u2066\u200b\x07\U000e0041":
        assert char not in html
        assert f"U+{ord(char):04X}" in html


def test_a_document_that_names_files_elsewhere_shows_none_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    result = fake.image(folder)
    secret = tmp_path / "secret.png"
    secret.write_bytes((folder / (result.evidence[0].artifact or "")).read_bytes())
    facts = result.evidence[0].facts | {"more": {"crop": "../secret.png", "frame": str(secret)}}
    stolen = result.evidence[0].model_copy(update={"artifact": "../secret.png", "facts": facts})
    page = Page(render_html(result.model_copy(update={"evidence": [stolen, *result.evidence[1:]]}), folder))
    assert page.all("img") == []
    assert "The picture's file is missing." in page.text


def test_an_id_from_a_foreign_document_can_not_break_out_of_its_attribute(tmp_path: Path) -> None:
    result = fake.not_assessable(tmp_path)
    bad = result.evidence[0].model_copy(update={"id": 'E1"><script>alert(1)</script>'})
    page = Page(render_html(result.model_copy(update={"evidence": [bad]}), tmp_path))
    assert not page.all("script")
    assert page.wrong == []


def test_the_same_result_gives_the_same_page(tmp_path: Path) -> None:
    result = fake.image(tmp_path)
    assert render_html(result, tmp_path) == render_html(result, tmp_path)


def test_contrast_of_text_is_enough_in_both_schemes() -> None:
    css = (Path(render_html.__code__.co_filename).parent / "templates" / "report.css").read_text()
    schemes = re.findall(r":root\{(--paper[^}]*)\}", css)
    assert len(schemes) == 3  # light, dark, print
    for scheme in schemes:
        colours = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})", scheme))
        for text in ("ink", "soft", "up", "down", "mid", "none"):
            for ground in ("paper", "card"):
                assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        assert contrast(colours["on"], colours["up"]) >= 4.5


def contrast(a: str, b: str) -> float:
    """Contrast of two colours (WCAG 2.2)."""

    def light(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)
