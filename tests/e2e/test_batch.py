"""Batches: made of several files, followed, narrowed, saved as a table."""

from __future__ import annotations

import csv
import io

import httpx
import pytest

from e2e.conftest import until, visit
from support.seeded import Told
from unmask.service import lifecycle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
FAKE, REAL, OPEN = Told(face=3.0, voice=2.0), Told(face=-3.0, voice=-1.0), Told(face=0.3, voice=0.2)


@pytest.fixture(scope="module")
def batch(seeds):
    """Two that look manipulated, one authentic, one open, one failed, one deleted meanwhile."""
    made = seeds.batch(6, "agency feed")
    for told, name in (
        (REAL, "b-real.mp4"),
        (FAKE, "a-fake.mp4"),
        (Told(face=2.5), "d-fake.mp4"),
        (OPEN, "c-open.mp4"),
    ):
        seeds.done(told, name=name, batch=made)
    seeds.failed(name="e-broken.mp4", batch=made)
    return made


def names(page):
    return page.locator(".entry h3").all_inner_texts()


def test_the_list_of_analyses_leads_to_batches_and_to_the_batch_of_each(page, batch):
    visit(page, "/analyses?q=a-fake")
    page.get_by_role("link", name="of a batch").first.click()
    page.wait_for_url(f"**/batches/{batch}")
    visit(page, "/analyses")
    page.get_by_role("link", name="Batches").click()
    page.get_by_role("link", name="agency feed").click()
    page.wait_for_url(f"**/batches/{batch}")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/batches")


def test_verdicts_are_counted_and_the_most_suspicious_come_first(page, batch):
    visit(page, f"/batches/{batch}")
    assert names(page) == ["a-fake.mp4", "d-fake.mp4", "c-open.mp4", "b-real.mp4", "e-broken.mp4"]
    counts = page.locator(".counts li").all_inner_texts()
    assert [" ".join(text.split()) for text in counts] == [
        "5 All",
        "1 Likely authentic",
        "2 Likely manipulated",
        "1 Inconclusive",
        "1 Failed",
    ]
    assert page.get_by_text("1 was deleted meanwhile").is_visible()
    widths = [part.bounding_box()["width"] for part in page.locator(".spread .part").all()]
    assert widths == pytest.approx([widths[0] * n for n in (1, 2, 1, 1)], rel=0.05)
    page.select_option("select[name=order]", "name")
    page.wait_for_url("**order=name**")
    assert names(page) == sorted(names(page))


def test_it_is_narrowed_by_verdict_state_and_name(page, batch):
    visit(page, f"/batches/{batch}")
    page.get_by_role("link", name="2 Likely manipulated").click()
    page.wait_for_url("**verdict=likely_manipulated")
    assert names(page) == ["a-fake.mp4", "d-fake.mp4"]
    page.fill("#search", "D-FA")
    page.press("#search", "Enter")
    page.wait_for_url("**q=D-FA**")
    assert names(page) == ["d-fake.mp4"]
    with page.expect_download() as download:
        page.get_by_role("link", name="Save these as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert [(row["name"], row["verdict"]) for row in rows] == [("d-fake.mp4", "likely_manipulated")]
    page.get_by_role("link", name="1 Failed").click()
    page.wait_for_url("**state=failed")
    assert names(page) == ["e-broken.mp4"]


def test_all_of_it_is_saved_with_what_came_of_each(service, batch):
    answer = httpx.get(f"{service.url}/batches/{batch}.csv", timeout=60)
    assert f"batch-{batch}.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["name"], row["state"], row["verdict"], row["error"]) for row in rows] == [
        ("a-fake.mp4", "done", "likely_manipulated", ""),
        ("d-fake.mp4", "done", "likely_manipulated", ""),
        ("c-open.mp4", "done", "inconclusive", ""),
        ("b-real.mp4", "done", "likely_authentic", ""),
        ("e-broken.mp4", "failed", "", "decode_failed"),
    ]


def test_what_changes_is_shown_without_losing_the_place(page, seeds):
    made = seeds.batch(2, "in the making")
    seeds.done(REAL, name="first.mp4", batch=made)
    running = seeds.running(name="second.mp4", batch=made)
    visit(page, f"/batches/{made}")
    assert page.get_by_role("heading", name="1 of 2 have ended").is_visible()
    page.fill("#search", "half a wo")
    lifecycle.cancel(seeds.context, seeds.who, running)
    until(page, "document.getElementById('standing').textContent.includes('2 files, all done')")
    assert page.locator(".entry .badge.cancelled").count() == 1
    assert page.input_value("#search") == "half a wo"
    assert page.evaluate("document.activeElement.id") == "search"


def test_several_files_become_one_batch(page, service, clip, tmp_path):
    files = [tmp_path / name for name in ("one.mp4", "two.mp4", "notes.txt")]
    for number, file in enumerate(files[:2]):
        file.write_bytes(clip.read_bytes() + bytes(number))
    files[2].write_bytes(b"only words\n" * 50)
    visit(page, "/")
    page.click(".options summary")
    page.fill("#label", "from one folder")
    page.check("#together")
    page.set_input_files("#files", files)
    page.wait_for_selector(".sending.refused")
    until(page, "document.querySelectorAll('.sending .acts a').length === 2")
    page.locator(".sending .acts a").first.click()
    page.wait_for_url("**/batches/*")
    assert page.get_by_role("heading", name="from one folder").is_visible()
    made = httpx.get(f"{service.url}/v1/batches/{page.url.rsplit('/', 1)[1]}", timeout=60).json()
    assert (made["total"], made["label"]) == (2, "from one folder")
    until(page, "document.getElementById('standing').textContent.includes('2 files, all done')")
