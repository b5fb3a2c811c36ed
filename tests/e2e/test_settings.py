"""The settings: what an admin makes, changes and tries there, with the real answers of the other side."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from e2e.conftest import EVERYWHERE, until, visit
from support.loopback import OUTSIDE, outside
from support.openaiserver import scripted

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]
HOSTILE = '<img src=x onerror="window.broken=1">\u202e4pm.\U0001f3ad' + "n" * 50


@pytest.fixture
def agreeing(page):
    """A page whose questions are answered with yes."""
    page.on("dialog", lambda dialog: dialog.accept())
    return page


@pytest.fixture
def receiver():
    """A server outside that takes messages; `requests` says which."""
    with outside() as server:
        server.url = f"http://{OUTSIDE}:{server.server_address[1]}"
        yield server


def handed(page, section):
    """The secret that is shown once."""
    page.wait_for_selector(f"#{section}:not([hidden])")
    return page.locator(f"#{section} output").inner_text()


def row(page, text):
    return page.locator(".item").filter(has_text=text)


@EVERYWHERE
def test_a_key_is_made_shown_once_used_and_revoked(agreeing, service):
    page = agreeing
    visit(page, "/settings")
    page.wait_for_url("**/settings/keys")
    page.fill("[name=name]", "e2e desk")
    page.uncheck("[name=scopes][value=write]")
    page.click("#make-key button.primary")
    key = handed(page, "new-key")
    assert key.startswith("unmask_")
    asked = httpx.get(f"{service.url}/v1/analyses", headers={"X-API-Key": key}, timeout=60)
    assert asked.status_code == 200
    page.click("#new-key [data-shut]")
    page.wait_for_selector("#new-key", state="hidden")
    until(page, "document.documentElement.dataset.ready === ''")
    assert key not in page.content()
    mine = row(page, "e2e desk").first
    assert "Last used\nnever" not in mine.inner_text()
    assert key.split("_")[1] in mine.inner_text()
    mine.get_by_role("button", name="Revoke e2e desk").click()
    page.wait_for_selector(".item.revoked:has-text('e2e desk')")
    assert httpx.get(f"{service.url}/v1/analyses", headers={"X-API-Key": key}, timeout=60).status_code == 401


def test_a_key_without_anything_that_it_may_do_is_not_made(page):
    visit(page, "/settings/keys")
    page.fill("[name=name]", "nothing")
    checked = page.locator("[name=scopes]:checked")
    while checked.count():
        checked.first.uncheck()
    page.click("#make-key button.primary")
    until(page, "document.getElementById('wrong').textContent.startsWith('Choose at least one')")


def test_the_keyboard_alone_makes_a_key(page):
    visit(page, "/settings/keys")

    def tab_to(selector):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
                return
        raise AssertionError(f"no tab reaches {selector}")

    tab_to("#make-key [name=name]")
    page.keyboard.type("by keyboard")
    tab_to("[name=scopes][value=write]")
    page.keyboard.press("Space")
    tab_to("#make-key button.primary")
    page.keyboard.press("Enter")
    assert handed(page, "new-key")
    until(page, "document.activeElement.id === 'new-key'")
    tab_to("[data-shut]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#new-key", state="hidden")
    tab_to("[data-act=end-key]")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Revoke by keyboard"


@EVERYWHERE
def test_a_project_is_made_limited_and_its_name_is_text(agreeing):
    page = agreeing
    visit(page, "/settings/projects")
    page.fill("#make-project [name=name]", HOSTILE)
    page.fill("#make-project [name=gigabytes]", "2.5")
    page.fill("#make-project [name=retention_days]", "14")
    page.click("#make-project button")
    made = row(page, "<img src=x")
    made.wait_for()
    assert "2.5 GB" in made.inner_text()
    assert "for 14 days" in made.inner_text()
    made.locator("summary").click()
    made.locator("[name=gigabytes]").fill("")
    made.locator("form button").click()
    until(page, "!document.body.innerText.includes('2.5 GB')")
    for path in ("/settings/projects", "/settings/keys", "/settings/retention"):
        visit(page, path)
        assert page.locator("img[src=x]").count() == 0
        assert page.evaluate("window.broken") is None
        assert "\u202e" not in page.content()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    visit(page, "/settings/projects")
    page.fill("#make-project [name=name]", HOSTILE)
    page.click("#make-project button")
    until(page, "document.getElementById('wrong').textContent.startsWith('There is something of that name')")


@EVERYWHERE
def test_the_rule_of_a_project_is_kept_and_what_is_due_is_listed(agreeing, service, clip, done):
    page = agreeing
    visit(page, "/settings/retention")
    page.check("[name=until][value=days]")
    page.fill("[name=days]", "40")
    page.check("[name=keep_record]")
    page.check("[name=also_existing]")
    page.click("#retention button")
    until(page, "document.getElementById('said').textContent.includes('follows within minutes')")
    try:
        until(page, f"fetch('/v1/retention').then(a => a.json()).then(a => a.due.some(d => d.analysis === '{done}'))")
        visit(page, "/settings/retention")
        assert page.locator("[name=days]").input_value() == "40"
        due = page.locator(".due li").filter(has_text="shared.mp4").first
        assert "in 39 days" in due.inner_text()
        assert "the record stays" in due.inner_text()
    finally:
        page.check("[name=until][value=server]")
        page.uncheck("[name=keep_record]")
        page.check("[name=also_existing]")
        page.click("#retention button")
        until(page, "document.getElementById('said').textContent.includes('follows within minutes')")
    until(page, "fetch('/v1/retention').then(a => a.json()).then(a => a.total === 0)")


def test_a_webhook_is_added_tried_and_what_it_refused_is_sent_again(agreeing, service, receiver, clip):
    page = agreeing
    visit(page, "/settings/webhooks")
    page.fill("[name=url]", "no address")
    page.click("#add-webhook button")
    until(page, "document.getElementById('wrong').textContent.includes('no address')")
    for path, said in (("/hook", "answered with 204"), ("/status/410", "answered with 410")):
        page.fill("[name=url]", receiver.url + path)
        page.click("#add-webhook button")
        assert handed(page, "new-secret").startswith("whsec_")
        page.click("#new-secret [data-shut]")
        mine = row(page, receiver.url + path).first
        mine.get_by_role("button", name="Send a test").click()
        until(page, f"[...document.querySelectorAll('.told')].some(t => t.textContent.includes('{said}'))")
    assert [one.path for one in receiver.requests] == ["/hook", "/status/410"]
    service.finished(clip, "told.mp4")
    until(page, "fetch('/v1/webhooks/deliveries?state=dead').then(a => a.json()).then(a => a.items.length === 1)")
    visit(page, "/settings/webhooks?state=dead")
    given_up = row(page, "Given up").first
    assert "answered with 410" in given_up.inner_text()
    given_up.get_by_text("Message").click()
    assert "analysis.done" in given_up.locator("pre").inner_text()
    given_up.get_by_role("button", name="Send again").click()
    end = time.monotonic() + 120
    while sum(one.path == "/status/410" for one in receiver.requests) < 3:
        assert time.monotonic() < end, "it was not sent again"
        time.sleep(0.2)
    for _ in range(2):
        visit(page, "/settings/webhooks")
        page.locator("[data-act=remove-webhook]").first.click()
        page.wait_for_load_state()
        page.wait_for_timeout(500)
    until(page, "fetch('/v1/webhooks').then(a => a.json()).then(a => a.length === 0)")


def test_an_address_inside_is_told_as_refused(page):
    visit(page, "/settings/webhooks")
    page.fill("[name=url]", "http://127.0.0.1:1/hook")
    page.click("#add-webhook button")
    until(page, "document.getElementById('wrong').textContent.includes('not fetched from here')")


def test_a_language_model_is_really_asked_and_its_failure_has_a_code(page, service):
    visit(page, "/settings/language-model")
    wording = page.locator("[data-role=wording]")
    assert "UNMASK_LLM_KEY" in wording.inner_text()
    assert "not set up" in page.locator("[data-role=vision]").inner_text()
    wording.get_by_role("button", name="Ask it now").click()
    until(page, "document.querySelector('.told').textContent.includes('llm_unreachable')")
    answer = "<b>Lips</b> and voice agree."
    with scripted(json.dumps({"sentence": answer}), port=service.llm_port) as (_url, script):
        wording.get_by_role("button", name="Ask it now").click()
        until(page, "!!document.querySelector('.told blockquote')")
        assert wording.locator("blockquote").inner_text() == answer
        assert "answered after" in wording.locator(".told").inner_text()
    assert len(script.asked) == 1


@pytest.mark.parametrize("path", ["keys", "projects", "retention", "webhooks", "language-model"])
@pytest.mark.parametrize("locale", ["de-DE", "ar"])
def test_the_settings_are_in_the_language_of_the_browser(open_page, path, locale):
    page = open_page(locale=locale)
    visit(page, f"/settings/{path}")
    text = page.locator("main").inner_text()
    for english in ("API keys", "Retention", "Language model", "Make a", "Add an", "sees analyses", "May put the"):
        assert english not in text
