"""The page of a result: the player, what is drawn over it, and all that leads there."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from e2e.conftest import EVERYWHERE, until, visit
from support.heated import with_heat

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
FRAME = 1 / 25
NOW = "document.getElementById('media').currentTime"


@pytest.fixture
def result(page, done):
    """The page of the shared analysis, with the film loaded."""
    visit(page, f"/analyses/{done}")
    until(page, "document.getElementById('media').readyState >= 2")
    until(page, "document.getElementById('overlay').width > 0")
    return page


def settled(page):
    """Wait until the film stands where it was sent."""
    until(page, "!document.getElementById('media').seeking && document.getElementById('media').readyState >= 2")
    return page.evaluate(NOW)


@EVERYWHERE
def test_a_sentence_leads_to_its_frame(result):
    jump = result.locator(".sentence .jump").first
    start = float(jump.get_attribute("data-start"))
    jump.click()
    assert abs(settled(result) - start) < FRAME
    assert result.locator(".sentence.current").count() == 1


def test_evidence_and_the_words_of_a_sentence_lead_there_too(result):
    jump = result.locator(".exhibit .jump").last
    jump.click()
    assert abs(settled(result) - float(jump.get_attribute("data-start"))) < FRAME
    sentence = result.locator(".sentence.leads").first
    sentence.locator("p").first.click()
    assert abs(settled(result) - float(sentence.get_attribute("data-start"))) < FRAME


def test_a_click_on_the_timeline_leads_there(result):
    strip = result.locator(".lane[data-detector] .strip").first
    box = strip.bounding_box()
    strip.click(position={"x": box["width"] * 0.8, "y": box["height"] - 3})
    duration = float(result.locator("#result").get_attribute("data-duration"))
    assert abs(settled(result) - 0.8 * duration) < 2 * duration / box["width"] + FRAME


def test_frames_are_stepped_one_by_one(result):
    result.locator(".exhibit .jump").first.click()
    first = settled(result)
    result.keyboard.press(".")
    second = settled(result)
    assert second - first == pytest.approx(FRAME, abs=FRAME / 2)
    result.keyboard.press(",")
    assert settled(result) == pytest.approx(first, abs=FRAME / 2)


def test_a_stretch_is_looped(result):
    stretch = result.locator("[data-start]:not([data-end=''])").filter(has_text="\u2013").first
    if stretch.count() == 0:
        pytest.skip("the light detectors found no stretch in this clip")
    stretch.click()
    settled(result)
    start, end = (float(stretch.get_attribute(f"data-{edge}")) for edge in ("start", "end"))
    result.click("#loop")
    result.evaluate(f"{NOW} = {end - 0.3}")
    result.keyboard.press("k")
    until(result, f"{NOW} < {end - 0.4}")
    result.wait_for_timeout(400)
    assert start - FRAME <= result.evaluate(NOW) <= end + FRAME


def test_slow_motion_is_slow(result):
    result.keyboard.press("s")
    assert result.evaluate("document.getElementById('media').playbackRate") == 0.25
    result.keyboard.press("s")
    assert result.evaluate("document.getElementById('media').playbackRate") == 1


@EVERYWHERE
def test_boxes_go_on_and_off_and_touch_nothing_but_the_face(result, service, done):
    drawn = service.get(f"/v1/analyses/{done}/artifacts/player.json").json()
    time, x, y, width, height = drawn["persons"][0]["boxes"][8]
    result.evaluate(f"{NOW} = {time + 0.001}")
    settled(result)
    result.evaluate("scrollTo(0, 0)")
    screen = result.locator("#media").bounding_box()
    scale = screen["width"] / drawn["size"][0]
    with_boxes = picture(result, screen)
    result.keyboard.press("b")  # a click would scroll the page
    without = picture(result, screen)
    changed = differences(with_boxes, without)
    assert changed, "boxes were seen"
    line, label, name = 4, 26, 90
    left, top = x * scale - line, y * scale - label
    right, bottom = max((x + width) * scale + line, x * scale + name), (y + height) * scale + line
    outside = [(a, b) for a, b in changed if not (left <= a <= right and top <= b <= bottom)]
    assert not outside, outside[:5]


@EVERYWHERE
def test_a_heat_map_covers_its_place_and_nothing_else(page, service, clip):
    analysis, corners = with_heat(service.settings, clip)
    visit(page, f"/analyses/{analysis}")
    until(page, "document.getElementById('media').readyState >= 2")
    page.locator(".heat-mark-link").first.click()
    assert settled(page) == pytest.approx(2.0, abs=FRAME)
    assert page.get_attribute("#heat", "aria-pressed") == "true"
    page.keyboard.press("b")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(300)
    screen = page.locator("#media").bounding_box()
    scale = screen["width"] / 640
    shown = picture(page, screen)
    page.keyboard.press("h")
    changed = differences(shown, picture(page, screen))
    (left, top), (right, _), (_, bottom) = [[v * scale for v in corner] for corner in corners]
    assert len(changed) > 0.8 * (right - left) * (bottom - top)
    assert all(left - 2 <= a <= right + 2 and top - 2 <= b <= bottom + 2 for a, b in changed)


@EVERYWHERE
def test_the_keyboard_alone_reaches_everything(result):
    result.keyboard.press("?")
    assert result.locator("#help").evaluate("dialog => dialog.open")
    result.keyboard.press("Escape")
    target = result.locator(".sentence .jump").first
    for _ in range(80):
        result.keyboard.press("Tab")
        if target.evaluate("link => link === document.activeElement"):
            break
    else:
        raise AssertionError("no tab reaches a sentence")
    result.keyboard.press("Enter")
    assert abs(settled(result) - float(target.get_attribute("data-start"))) < FRAME
    result.keyboard.press("b")
    assert result.get_attribute("#boxes", "aria-pressed") == "false"
    result.keyboard.press("z")
    result.keyboard.press("k")
    until(result, "!document.getElementById('media').paused")


def test_a_judgement_is_kept(result):
    result.check("input[value=manipulated]")
    result.fill("textarea[name=comment]", "<b>seen</b> before")
    result.click("#feedback button")
    until(result, "document.getElementById('feedback-said').textContent.startsWith('Thank you')")
    result.reload()
    assert result.get_by_text("<b>seen</b> before").is_visible()


def picture(page, screen):
    """What the screen shows of the film now."""
    page.wait_for_timeout(150)
    return Image.open(io.BytesIO(page.screenshot(clip=screen, scale="css"))).convert("RGB")


def differences(one, other):
    """Pixels (x, y) that are not the same."""
    assert one.size == other.size
    rows, columns = np.nonzero((np.asarray(one, int) != np.asarray(other, int)).any(axis=2))
    return list(zip(columns.tolist(), rows.tolist(), strict=True))
