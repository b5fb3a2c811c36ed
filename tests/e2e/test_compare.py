"""Two analyses side by side: picked in the list, or led to by a rerun."""

from __future__ import annotations

import pytest

from e2e.conftest import until, visit
from support.seeded import Told

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
OLD = Told(face=2.6, voice=None, versions=(("face", "0.2.0"), ("voice", "0.2.0")))
NEW = Told(face=0.4, voice=1.3, versions=(("face", "0.3.0"), ("voice", "0.2.0")), fps=8.0)
SHORT = Told(face=-2.6, voice=-1.3, seconds=7.6)


@pytest.fixture(scope="module")
def pair(seeds):
    """An analysis and its rerun with a newer model."""
    before = seeds.done(OLD, name="compared.mp4")
    return before, seeds.done(NEW, rerun_of=before)


def boxes(page, name):
    return page.get_by_role("checkbox", name=f"Choose {name}")


def test_two_are_picked_in_the_list_and_no_other_number(page, seeds):
    first, second = seeds.done(OLD, name="pick-1.mp4"), seeds.done(SHORT, name="pick-2.mp4", cut=7)
    seeds.done(OLD, name="pick-3.mp4", cut=9)
    seeds.failed(name="pick-4.mp4")
    visit(page, "/analyses?q=pick-")
    button = page.locator("#bulk-compare")
    for name, ready in (("pick-1.mp4", False), ("pick-4.mp4", False)):
        boxes(page, name).check()
        assert button.is_enabled() is ready
    boxes(page, "pick-4.mp4").uncheck()
    boxes(page, "pick-2.mp4").check()
    assert button.is_enabled()
    boxes(page, "pick-3.mp4").check()
    assert button.is_disabled()
    boxes(page, "pick-3.mp4").uncheck()
    button.click()
    page.wait_for_url(f"**/compare?a={first}&b={second}")
    assert page.locator(".side .file").all_inner_texts() == ["pick-1.mp4", "pick-2.mp4"]


def test_a_rerun_leads_to_what_changed_in_numbers_and_words(page, pair):
    visit(page, f"/analyses/{pair[1]}")
    page.get_by_role("link", name="See both side by side").click()
    page.wait_for_url(f"**/compare?a={pair[0]}&b={pair[1]}")
    assert page.locator(".side .badge").all_inner_texts() == ["Likely manipulated", "Inconclusive"]
    assert page.locator(".side .big .num").all_inner_texts() == ["89 %", "77 %"]
    assert page.locator(".side .gauge").count() == 2
    told = page.locator(".told li").all_inner_texts()
    assert told == [
        "The answers differ. A: Likely manipulated. B: Inconclusive.",
        "B gives a lower probability of a manipulation, by 12.2 points: 77 % against 89 %.",
        "The plausible ranges overlap, so the two do not contradict each other.",
        "Both examined the very same file.",
        "Furthest apart: Face (person-1) speaks less for a manipulation in B, by 2.20 in log-odds.",
        "Face (person-1): 93.1 % in A, 60 % in B.",
        "Voice: only in B, with 79 %. In the other: no speech was found.",
        "Model Face: version 0.2.0 in A, 0.3.0 in B.",
        "The settings differ in: fps.",
    ]
    rows = page.locator("table tbody tr").all_inner_texts()
    assert ["0.2.0" in rows[0], "0.3.0" in rows[0], "different" in rows[0]] == [True] * 3
    assert "same" in rows[1]
    assert rows[2].split() == ["fps", "4.0", "8.0", "different"]


def test_the_lanes_of_both_are_on_the_scale_of_the_longer_one(page, pair, seeds):
    short = seeds.done(SHORT, name="short.mp4", cut=11)
    visit(page, f"/compare?a={pair[1]}&b={short}")
    until(page, "document.querySelectorAll('.strip-row .curve polyline').length >= 4")
    widths = [
        page.locator(f".strip-row[data-of={side}] .strip .base").first.bounding_box()["width"] for side in ("A", "B")
    ]
    assert widths[1] == pytest.approx(widths[0] / 2, rel=0.02)
    curve = page.locator(".strip-row[data-of=B] .curve polyline").first.bounding_box()
    assert curve["width"] < 0.55 * widths[0]
    assert "These are two different files" in page.locator(".told").inner_text()


def test_a_stretch_leads_to_its_second_on_the_page_of_its_result(page, pair):
    visit(page, f"/compare?a={pair[0]}&b={pair[1]}")
    stretch = page.locator(".strip-row[data-of=A] a.segment").first
    start = float(stretch.get_attribute("href").split("#t=")[1])
    stretch.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/analyses/{pair[0]}#t=*")
    until(page, f"Math.abs(document.getElementById('media').currentTime - {start}) < 0.04")


def test_what_each_source_adds_stands_in_pairs_that_add_up(page, pair):
    visit(page, f"/compare?a={pair[0]}&b={pair[1]}")
    lines = [line.split() for line in page.locator(".pairs .bar").all_inner_texts()]
    assert lines == [
        ["Before", "looking", "A", "0.00", "B", "0.00"],
        ["Face", "person-1", "A", "+2.60", "B", "+0.40"],
        ["Face", "person-2", "A", "\u22120.50", "B", "\u22120.50"],
        ["Voice", "the", "voice", "A", "\u2013", "B", "+1.30"],
        ["The", "answer", "A", "+2.10", "B", "+1.20"],
    ]
    page.get_by_role("link", name="Swap A and B").click()
    page.wait_for_url(f"**/compare?a={pair[1]}&b={pair[0]}")
    assert page.locator(".side .badge").all_inner_texts() == ["Inconclusive", "Likely manipulated"]


def test_what_can_not_be_compared_is_told(page, pair, seeds):
    page.goto(f"/compare?a={pair[0]}&b=01KB0000000000000000000000")
    assert page.get_by_role("heading", name="There is nothing at this address").is_visible()
    page.goto(f"/compare?a={pair[0]}&b={seeds.failed(name='no-result.mp4')}")
    assert page.get_by_text("One of the two analyses is not done.").is_visible()
