"""What people think of the answers, for administrators: given on a result, counted on a page."""

from __future__ import annotations

import pytest

from e2e.conftest import until, visit
from support.seeded import Told

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
VERSIONS = (("motion", "7.0.1"),)
"""A model that no other test's analyses name, so that its line is this test's alone."""


def line(page):
    """The line of that model: agree, contradict, left open, agreement."""
    row = page.locator(".by-model tbody tr", has_text="7.0.1")
    return [" ".join(text.split()) for text in row.locator("td").all_inner_texts()][1:5]


def test_judgements_given_on_results_are_counted(page, seeds):
    fake = seeds.done(Told(face=3.0, voice=2.0, versions=VERSIONS), name="judged-fake.mp4")
    real = seeds.done(Told(face=-3.0, voice=-1.0, versions=VERSIONS), name="judged-real.mp4")
    for days in (30, 23, 16, 16, 2):
        seeds.judged(fake, "manipulated", days_ago=days)
    seeds.judged(real, "manipulated", days_ago=9, comment="the mouth <b>slips</b>")
    seeds.judged(real, "unsure", days_ago=9)
    visit(page, f"/analyses/{real}")
    page.check("input[value=authentic]")
    page.click("#feedback button")
    until(page, "document.getElementById('feedback-said').textContent.startsWith('Thank you')")
    visit(page, "/analyses")
    page.get_by_role("link", name="Judgements").click()
    page.wait_for_url("**/feedback")
    assert line(page) == ["6", "1", "1", "86 % 49\u201397.4"]
    assert page.get_by_text("the mouth <b>slips</b>").is_visible()
    assert page.locator(".plot .point").count() >= 4
    told = page.locator(".plot .point title").first.text_content()
    assert " % (" in told
    page.get_by_role("link", name="30 days").click()
    page.wait_for_url("**days=30")
    assert line(page)[0] in ("5", "6")
    page.get_by_text("As a table").click()
    assert page.locator("details table tbody tr").count() >= 4


def test_the_counts_stand_by_answer_and_judgement(page, seeds):
    analysis = seeds.done(Told(face=0.2, voice=0.1), name="judged-open.mp4")
    cell = "table.matrix tbody tr:nth-child(3) td:nth-child(3)"
    seeds.judged(analysis, "unsure")
    visit(page, "/feedback")
    before = int(page.locator(cell).inner_text())
    seeds.judged(analysis, "manipulated")
    page.reload()
    assert int(page.locator(cell).inner_text()) == before + 1


def test_a_time_without_judgements_is_no_error(page):
    page.goto("/feedback?days=nonsense")
    assert page.get_by_role("heading", name="What people think of the answers").is_visible()
