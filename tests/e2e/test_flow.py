"""From a file to an answer, and what can go otherwise on the way."""

from __future__ import annotations

import io
import json

import pypdf
import pytest

from e2e.conftest import EVERYWHERE, PHONE, until, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
HOSTILE = '<img src=x onerror="window.broken=1">\u202e4pm.🎭\n' + "n" * 300 + ".mp4"


def slow(service, seconds):
    """From now on each shard takes so long."""
    service.faults.write_text(
        json.dumps(
            [{"share": share, "shard": "any", "do": "sleep", "seconds": seconds} for share in ("video", "audio")]
        )
    )


@pytest.fixture
def slowed(service):
    slow(service, 45)
    yield
    service.faults.unlink()


@EVERYWHERE
def test_a_file_leads_through_progress_to_an_answer(page, service, clip):
    visit(page, "/")
    page.set_input_files("#files", clip)
    page.wait_for_url("**/analyses/*")
    page.wait_for_selector("#stages, #result")
    page.wait_for_selector("#result")
    assert page.locator("h1#verdict").inner_text() in (
        "Likely manipulated",
        "Likely authentic",
        "Inconclusive",
        "Not assessable",
    )
    assert page.locator(".sentence").count() > 2
    assert page.locator(".lane[data-detector]").count() >= 1


@EVERYWHERE
def test_on_a_phone_a_file_leads_to_an_answer_and_to_its_places(open_page, service, clip):
    page = open_page(**PHONE)
    visit(page, "/")
    assert page.locator(".button.phone").is_visible(), "the camera is offered"
    page.set_input_files("#camera", clip)
    page.wait_for_url("**/analyses/*")
    page.wait_for_selector("#result")
    until(page, "document.getElementById('media').readyState >= 2")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
    jump = page.locator(".sentence .jump").first
    jump.tap()
    until(page, f"Math.abs(document.getElementById('media').currentTime - {jump.get_attribute('data-start')}) < 0.04")


def test_an_annotated_video_is_drawn_where_it_is_asked_for(page, clip):
    visit(page, "/")
    page.locator(".options summary").click()
    page.check("#film")
    page.set_input_files("#files", clip)
    page.wait_for_url("**/analyses/*")
    page.wait_for_selector("#result")
    link = page.get_by_role("link", name="Annotated video")
    film = page.request.get(link.get_attribute("href"))
    assert film.body()[4:8] == b"ftyp"


@EVERYWHERE
def test_the_explanation_is_in_the_language_of_the_page_it_was_sent_from(open_page, service, clip):
    page = open_page(locale="de-DE")
    visit(page, "/")
    page.set_input_files("#files", clip)
    page.wait_for_url("**/analyses/*")
    page.wait_for_selector("#result")
    assert page.locator(".sentence").first.inner_text().startswith("Die Untersuchung")
    told = service.get(f"/v1/analyses/{page.url.rsplit('/', 1)[1]}/report.html").text
    assert '<html lang="de"' in told


@EVERYWHERE
def test_progress_is_live_survives_leaving_and_can_be_stopped(page, service, clip, slowed):
    visit(page, "/")
    page.set_input_files("#files", clip)
    page.wait_for_url("**/analyses/*")
    page.wait_for_selector("#found li[data-name=media]")
    here = page.url
    visit(page, "/analyses")
    page.goto(here)
    page.wait_for_selector("#found li[data-name=media]")  # told again, although it was told before
    assert page.locator("#stages li.done").count() >= 1
    page.click("#cancel")
    page.wait_for_selector(".badge.cancelled")
    assert service.get(f"/v1/analyses/{here.rsplit('/', 1)[1]}").json()["state"] == "cancelled"


@EVERYWHERE
def test_deleting_takes_an_analysis_away_everywhere(page, service, clip):
    analysis = service.finished(clip, "to-delete.mp4")
    page.on("dialog", lambda dialog: dialog.accept())
    visit(page, f"/analyses/{analysis}")
    page.click("#delete")
    page.wait_for_url("**/analyses")
    assert page.get_by_text("to-delete.mp4").count() == 0
    assert service.get(f"/v1/analyses/{analysis}").status_code == 410
    page.goto(f"/analyses/{analysis}")
    assert page.get_by_role("heading", name="It was deleted.").is_visible()


def test_the_list_is_searched_filtered_and_examined_again(page, service, done):
    visit(page, "/analyses")
    page.fill("#search", "SHARED")
    page.press("#search", "Enter")
    page.wait_for_url("**q=SHARED**")
    assert page.locator(".entry").count() >= 1
    assert all("shared" in text for text in page.locator(".entry h3").all_inner_texts())
    page.goto("/analyses?state=failed&q=shared")
    assert page.get_by_text("Nothing fits these filters.").is_visible()
    visit(page, "/analyses?q=shared")
    page.locator("[data-act=rerun]").first.click()
    page.wait_for_url("**/analyses/0*")
    page.wait_for_selector("#result")
    assert page.get_by_role("heading", name="What changed since the earlier examination").is_visible()
    assert page.get_by_text("All findings are the same.").is_visible()


def test_a_sample_is_tried_with_one_click(page):
    visit(page, "/")
    page.click("[data-sample='untouched.mp4']")
    page.wait_for_url("**/analyses/*")
    page.wait_for_selector("#result")
    assert "untouched.mp4" in page.locator("main").inner_text()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("notes.txt", b"only words\n" * 50, "This is no video, sound or picture"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:5\nfile:///etc/passwd\n", "only refers to other files"),
        ("nothing.mp4", b"", "The file is empty"),
    ],
)
def test_a_refusal_says_what_to_do(page, name, data, said):
    visit(page, "/")
    page.set_input_files("#files", {"name": name, "mimeType": "video/mp4", "buffer": data})
    page.wait_for_selector(".sending.refused")
    assert said in page.locator(".sending.refused .told").inner_text()


@EVERYWHERE
def test_a_file_of_two_gigabytes_is_refused_before_it_is_sent(page, open_page, tmp_path):
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(2 * 1024**3)
    visit(page, "/")
    page.set_input_files("#files", large)
    page.wait_for_selector(".sending.refused")
    assert "2.1 GB, and this server takes at most 1.5 GB" in page.locator(".told").inner_text()
    assert not any("/v1/uploads" in url for url in open_page.seen.requests)


def test_a_link_that_is_none_and_one_that_is_not_fetched_are_told_apart(page):
    visit(page, "/")
    page.fill("#url", "my video")
    page.press("#url", "Enter")
    until(page, "document.getElementById('link-wrong').textContent.includes('no address')")
    page.fill("#url", "http://127.0.0.1:1/private.mp4")
    page.press("#url", "Enter")
    until(page, "document.getElementById('link-wrong').textContent.includes('not fetched from here')")


@EVERYWHERE
def test_a_connection_that_breaks_in_the_middle_of_an_upload_is_taken_up_again(page, clip, tmp_path):
    padded = tmp_path / "padded.mp4"
    free = 30_000_000
    padded.write_bytes(clip.read_bytes() + free.to_bytes(4, "big") + b"free" + bytes(free - 8))
    offsets = []
    page.on("request", lambda r: offsets.append(int(r.headers["upload-offset"])) if r.method == "PATCH" else None)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow_line = {"latency": 5, "downloadThroughput": -1, "uploadThroughput": 6_000_000}
    network.send("Network.emulateNetworkConditions", {"offline": False, **slow_line})
    visit(page, "/")
    page.set_input_files("#files", padded)
    until(page, "document.querySelector('.sending progress')?.value > 0.35")
    network.send("Network.emulateNetworkConditions", {"offline": True, **slow_line})
    until(page, "document.querySelector('.told').textContent.includes('The connection broke')")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    page.wait_for_url("**/analyses/*")
    page.wait_for_selector("#result")
    assert offsets[0] == 0
    assert offsets.count(0) == 1, "what had come through was not sent again"


def test_an_upload_is_paused_and_goes_on_where_it_was(page, clip, tmp_path):
    padded = tmp_path / "paused.mp4"
    padded.write_bytes(clip.read_bytes() + (24_000_000).to_bytes(4, "big") + b"free" + bytes(24_000_000 - 8))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 4_000_000},
    )
    visit(page, "/")
    page.set_input_files("#files", padded)
    until(page, "document.querySelector('.sending progress')?.value > 0.1")
    page.click("[data-act=pause]")
    until(page, "document.querySelector('.told').textContent.startsWith('Paused at')")
    page.click("[data-act=resume]")
    page.wait_for_url("**/analyses/*")


def test_a_hostile_name_is_text_everywhere(page, service, clip):
    visit(page, "/")
    file = {"name": HOSTILE, "mimeType": "video/mp4", "buffer": clip.read_bytes()}
    page.set_input_files("#files", [file, {"name": "b.txt", "mimeType": "text/plain", "buffer": b"words"}])
    assert "<img src=x" in page.locator(".sending .title").first.inner_text()
    assert "⟨U+202E⟩4pm.🎭⟨U+000A⟩n" in page.locator(".sending .title").first.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".sending a.button").first.click()
    page.wait_for_selector("#result")
    here = page.url
    for path in (here, "/analyses", "/"):
        visit(page, path)
        assert page.locator("img[src=x]").count() == 0
        assert "<img src=x" in page.locator("main").inner_text()
        assert page.evaluate("window.broken") is None
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert "\u202e" not in page.content()
    report = service.get(f"/v1/analyses/{here.rsplit('/', 1)[1]}/report.html").text
    assert "&lt;img src=x" in report
    assert "<img src=x" not in report
    assert "\u202e" not in report
    printed = pypdf.PdfReader(io.BytesIO(service.get(f"/v1/analyses/{here.rsplit('/', 1)[1]}/report.pdf").content))
    words = "".join(sheet.extract_text() for sheet in printed.pages)
    assert "<img src=x" in words
    assert "\u202e" not in words
