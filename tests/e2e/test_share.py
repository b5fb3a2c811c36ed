"""A link that shows one result: made on its page, opened by somebody who has nothing else, and ended."""

from __future__ import annotations

import sqlite3

import httpx
import pytest

from e2e.conftest import until, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
NOW = "document.getElementById('media').currentTime"


@pytest.fixture(scope="module")
def shown(seeds):
    """An analysis that is shown to others."""
    return seeds.done(name="to-be-shown.mp4")


@pytest.fixture
def opened(page, shown):
    """Its page with the dialog open."""
    visit(page, f"/analyses/{shown}")
    page.click("#share-open")
    until(page, "document.getElementById('share').open")
    return page


def made(page, seconds):
    """A link that is made on the page; its address."""
    page.locator(f"input[name=lasts][value='{seconds}']").check(force=True)
    page.click("#share-make button")
    until(page, "!document.getElementById('share-made').hidden")
    return page.input_value("#share-link")


@pytest.fixture
def guest(open_page):
    """Another browser, which has never seen this server."""
    return open_page(locale="en-US")


def test_a_link_shows_the_result_with_its_player_and_nothing_else(opened, guest, shown, service):
    link = made(opened, 86_400)
    assert link.startswith(f"{service.url}/s/")
    asked = []
    guest.on("request", lambda request: asked.append(request.url))
    guest.goto(link)
    guest.wait_for_selector("html[data-ready]", state="attached")
    until(guest, "document.getElementById('media').readyState >= 2")
    assert guest.locator("h1#verdict").is_visible()
    assert guest.get_by_text("Shared result").is_visible()
    jump = guest.locator(".sentence .jump").first
    start = float(jump.get_attribute("data-start"))
    jump.click()
    until(guest, "!document.getElementById('media').seeking")
    assert abs(guest.evaluate(NOW) - start) < 1 / 25
    assert guest.locator(".curve polyline").count() >= 1
    assert guest.locator("nav, #delete, #rerun, #feedback, #share-open").count() == 0
    with guest.expect_download() as download:
        guest.get_by_role("link", name="JSON").click()
    assert shown in download.value.path().read_text()
    paths = [url.removeprefix(service.url) for url in asked]
    assert all(path.startswith(("/s/", "/static/")) for path in paths if not path.startswith("blob:")), paths


def test_it_is_listed_and_taken_back(opened, guest):
    link = made(opened, 3600)
    first = opened.locator("#share-list li").first
    assert first.inner_text().startswith("Holds until")
    guest.goto(link)
    assert guest.locator("h1#verdict").count() == 1
    first.get_by_role("button").click()
    until(opened, "document.querySelector('#share-list li').className === 'revoked'")
    guest.goto(link)
    assert guest.get_by_role("heading", name="This link was taken back.").is_visible()
    assert guest.locator("nav").count() == 0


def test_it_is_over_when_its_time_is(opened, guest, service):
    link = made(opened, 2_592_000)
    with sqlite3.connect(service.data / "unmask.sqlite3", timeout=30) as database:
        database.execute("UPDATE shares SET expires_at = '2026-01-01 00:00:00.000000' WHERE revoked_at IS NULL")
    guest.goto(link)
    assert guest.get_by_role("heading", name="This link has expired.").is_visible()
    assert guest.request.get(f"{link}/media").status == 410
    opened.reload()
    opened.wait_for_selector("html[data-ready]", state="attached")
    opened.click("#share-open")
    until(opened, "document.querySelectorAll('#share-list li.expired').length >= 1")


def test_the_link_ends_with_its_analysis(page, guest, service, seeds):
    analysis = seeds.done(name="shown-then-deleted.mp4")
    visit(page, f"/analyses/{analysis}")
    page.click("#share-open")
    link = made(page, 604_800)
    assert httpx.delete(f"{service.url}/v1/analyses/{analysis}", timeout=60).status_code in (200, 202)
    guest.goto(link)
    assert guest.get_by_role("heading", name="This link shows nothing.").is_visible()


def test_everything_in_the_dialog_is_done_by_keyboard(page, shown):
    visit(page, f"/analyses/{shown}")
    page.focus("#share-open")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('share').open")
    page.focus("input[name=lasts][value='604800']")
    page.keyboard.press("ArrowRight")
    assert page.locator("input[name=lasts][value='2592000']").is_checked()
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id === 'share-link'")
    page.keyboard.press("Escape")
    assert not page.evaluate("document.getElementById('share').open")
