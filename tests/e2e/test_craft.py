"""What holds on every page: our own origin, languages, phones, readers, weight."""

from __future__ import annotations

import json
import shutil
import subprocess

import httpx
import pytest

from e2e.conftest import ADDED, until, visit
from support.seeded import Told

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
LARGEST_FIRST_VIEW = 200_000
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


@pytest.fixture(scope="module")
def paths(services, clip, seeds):
    """Every page that there is, an analysis in each of its states among them."""
    service = services("embedded")
    done = service.shared(clip)
    batch = seeds.batch(3, "all kinds")
    analyses = {
        "done": seeds.done(Told(face=0.4), name="one-of-two.mp4", batch=batch),
        "running": seeds.running(batch=batch),
        "failed": seeds.failed(batch=batch),
        "stopped": seeds.stopped(),
    }
    for judgement in ("authentic", "manipulated", "unsure"):
        seeds.judged(done, judgement, days_ago=10, comment="as seen before")
        seeds.judged(analyses["done"], judgement)
    shown, over = (httpx.post(f"{service.url}/v1/analyses/{done}/shares", json={}, timeout=60).json() for _ in "ab")
    httpx.delete(f"{service.url}/v1/analyses/{done}/shares/{over['id']}", timeout=60).raise_for_status()
    return [
        "/",
        "/analyses",
        f"/analyses/{done}",
        *(f"/analyses/{analyses[state]}" for state in ("running", "failed", "stopped")),
        f"/compare?a={done}&b={analyses['done']}",
        "/batches",
        f"/batches/{batch}",
        "/feedback",
        shown["path"],
        over["path"],
        "/s/no-such-link",
        "/models",
        *(f"/models/{name}" for name in ("face", "lip_sync", "voice", ADDED)),
        "/settings/keys",
        "/settings/projects",
        "/settings/retention",
        "/settings/webhooks",
        "/settings/language-model",
        "/signin",
        "/analyses/01KB0000000000000000000000",
        "/no-such",
    ]


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The source of axe-core, from npm; there is no copy in the project."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm to get axe-core with")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core@4"]
    got = subprocess.run(command, capture_output=True, timeout=180, check=False)
    if got.returncode != 0:
        pytest.skip("axe-core can't be had from npm here")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "ar"])
def test_axe_finds_nothing_serious(open_page, paths, axe, scheme, locale):
    page = open_page(color_scheme=scheme, locale=locale, bypass_csp=True)
    for path in paths:
        visit(page, path)
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        bad = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
        assert not bad, (
            path,
            json.dumps([(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in bad], indent=1),
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_where_links_are_made(open_page, done, axe, scheme):
    page = open_page(color_scheme=scheme, bypass_csp=True)
    visit(page, f"/analyses/{done}")
    page.click("#share-open")
    page.click("#share-make button.primary")
    until(page, "!document.getElementById('share-made').hidden")
    page.evaluate(axe)
    found = page.evaluate("axe.run('#share', {resultTypes: ['violations']})")
    assert [v["id"] for v in found["violations"] if v["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("options", [PHONE, PHONE | {"locale": "ar"}, {"locale": "de-DE"}])
def test_nothing_sticks_out_sideways(open_page, paths, options):
    page = open_page(**options)
    for path in paths:
        visit(page, path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_every_request_of_every_page_goes_to_our_own_origin(open_page, paths):
    page = open_page()
    for path in paths:
        visit(page, path)
        page.wait_for_load_state("networkidle") if "analyses/" not in path else page.wait_for_timeout(1500)
    assert len(open_page.seen.requests) > 40  # that all are our own is looked at after every test


def test_the_first_view_is_light(page, service):
    sizes = []
    page.on("response", lambda answer: sizes.append(len(answer.body())) if answer.status == 200 else None)
    visit(page, "/signin")
    sizes.clear()
    page.goto("/")
    page.wait_for_selector("html[data-ready]", state="attached")
    fresh = [
        page.request.get(url).body()
        for url in page.evaluate(
            "performance.getEntriesByType('resource').map(e => e.name).filter(n => n.includes('/static/'))"
        )
    ]
    assert len(page.content().encode()) + sum(map(len, fresh)) < LARGEST_FIRST_VIEW


def test_a_language_is_chosen_and_kept(page):
    visit(page, "/")
    assert page.locator("h1").inner_text() == "Is this face, is this voice real?"
    page.select_option("#language", "ar")
    page.wait_for_selector("html[lang=ar][dir=rtl]")
    assert page.locator("h1").inner_text() == "أهذا الوجه وهذا الصوت حقيقيان؟"
    visit(page, "/analyses")
    page.wait_for_selector("html[lang=ar]")
    page.select_option("#language", "de")
    page.wait_for_selector("html[lang=de][dir=ltr]")
    assert page.locator("h1").inner_text() == "Analysen"


def test_a_theme_is_chosen_and_kept(page):
    visit(page, "/")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click(".theme button:visible")
    page.wait_for_selector("html[data-theme=dark]")
    visit(page, "/analyses")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_pages_hold_no_script_or_style_of_their_own_and_forbid_it(service, paths):
    import re

    for path in paths:
        answer = httpx.get(service.url + path, headers={"Accept": "text/html"}, timeout=60)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", answer.text), path


def test_the_media_is_served_in_ranges_and_can_never_run_as_a_page(service, done):
    answer = httpx.get(f"{service.url}/analyses/{done}/media", headers={"Range": "bytes=10-19"}, timeout=60)
    assert answer.status_code == 206
    assert len(answer.content) == 10
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
