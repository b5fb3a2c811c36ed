"""The report as PDF: what it says, in which fonts and languages, and that text from outside stays text."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from pypdf import PdfReader

from support import fakeresult as fake
from support.makevideo import steady, write_video
from unmask.errors import ReportError
from unmask.explain.narrative import renarrate
from unmask.language import LANGUAGES, translate
from unmask.report.pdf import covered, render_pdf
from unmask.report.pdfview import pdf_view
from unmask.result import Evidence, Result

NASTY = (
    '<img src=x onerror=alert(1)> #image("/etc/passwd") $x$ *b* \\ @ref invoice\u202egpj.exe\nsecond line \U0001fae0 '
    + "W" * 300
)


def text_of(pdf: bytes) -> str:
    """All text, without line ends: they lie where the layout wants them."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\u2068\u2069]", "", text)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, bytes]:
    folder = tmp_path_factory.mktemp("hostile")
    result = fake.not_assessable(folder)
    media = result.media.model_copy(update={"name": NASTY, "tags": {NASTY: NASTY}, "notes": [NASTY]})
    result = result.model_copy(update={"media": media})
    return result, render_pdf(result, folder)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    folder = Path(tmp_path_factory.mktemp("plain"))
    return fake.declared(folder), folder


def test_every_sentence_the_numbers_and_the_hashes_are_there(plain: tuple[Result, Path]) -> None:
    result, folder = plain
    text = squeezed(text_of(render_pdf(result, folder, signer="A" * 43 + "=")))
    for sentence in result.narrative.sentences:
        assert squeezed(sentence.text) in text
    assert result.media.sha256 in text
    assert all(model.sha256 in text for model in result.models)
    assert "A" * 43 + "=" in text
    assert squeezed("Made Signer, made.test") in text


def test_the_pdf_is_tagged_titled_and_in_fonts_that_come_with_the_package(plain: tuple[Result, Path]) -> None:
    pdf = PdfReader(io.BytesIO(render_pdf(*plain)))
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert pdf.metadata.title == "Likely manipulated: dunes.mp4"
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    names = {str(font["/BaseFont"]) for page in pdf.pages for font in page["/Resources"]["/Font"].values()}
    assert names
    assert all(re.search("Libertinus|DejaVu", name) for name in names)
    assert "/JavaScript" not in str(root)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_language_has_its_own_words_and_says_which_it_is(code: str, plain: tuple[Result, Path]) -> None:
    result, folder = plain
    language = translate(code)
    pdf = render_pdf(renarrate(result, language), folder)
    assert PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/Lang"] == code
    text = text_of(pdf)
    assert ("What limits this answer" in text) == (code == "en")
    if code == "ar":
        arabic = re.findall("[\u0600-\u06ff\ufe70-\ufefc]", text)
        assert len(arabic) > 800
    else:
        assert language.gettext("What limits this answer") in text


def test_text_from_outside_is_shown_and_never_read_as_markup(hostile: tuple[Result, bytes]) -> None:
    _, pdf = hostile
    text = squeezed(text_of(pdf))
    shown = squeezed(
        '<img src=x onerror=alert(1)> #image("/etc/passwd") $x$ *b* \\ @ref invoice⟨U+202E⟩gpj.exe⟨U+000A⟩'
    )
    assert text.count(shown) >= 3  # name, tag, note
    assert "\u202e" not in text
    assert "root:" not in text


def test_a_character_that_the_fonts_lack_is_shown_by_its_code_and_the_reader_is_told(
    hostile: tuple[Result, bytes],
) -> None:
    text = text_of(hostile[1])
    assert "⟨U+1FAE0⟩" in squeezed(text)
    assert "fonts lack are shown by their codes" in text
    assert covered(["a\U0001fae0", {"k": "é"}, 3, None]) == ["a⟨U+1FAE0⟩", {"k": "é"}, 3, None]


def test_an_ordinary_name_needs_no_codes(plain: tuple[Result, Path]) -> None:
    assert "shown by their codes" not in text_of(render_pdf(*plain)).partition("What the words mean")[2]


def test_nothing_runs_off_the_page_however_long_a_word_is(hostile: tuple[Result, bytes]) -> None:
    for page in pypdfium2.PdfDocument(hostile[1]):
        image = np.asarray(page.render(scale=1).to_pil().convert("L"))
        edge = image.shape[1] // 20
        assert image[:, -edge:].min() > 250
        assert image[:, :edge].min() > 250


def test_the_same_result_gives_the_same_bytes(plain: tuple[Result, Path]) -> None:
    assert render_pdf(*plain) == render_pdf(*plain)


def test_a_picture_that_is_missing_is_said_to_be_and_a_damaged_one_is_an_error(tmp_path: Path) -> None:
    result = fake.not_assessable(tmp_path)
    curve = Evidence(
        id="E9",
        kind="signal_curve",
        subject="voice",
        artifact="evidence/e9.png",
        facts={"detector": "voice", "points": 3, "highest": 0.4, "highest_at": 1.0, "median": 0.3, "segments": []},
    )
    result = result.model_copy(update={"evidence": [*result.evidence, curve]})
    assert "The picture's file is missing." in text_of(render_pdf(result, tmp_path)).replace("\u2019", "'")
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "e9.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    with pytest.raises(ReportError):
        render_pdf(result, tmp_path)


def test_a_document_that_names_files_elsewhere_reads_none_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    result = fake.not_assessable(folder)
    stolen = [e.model_copy(update={"artifact": "../secret.png"}) for e in result.evidence]
    view = pdf_view(result.model_copy(update={"evidence": stolen}), folder, translate("en"), None)
    assert not [p for group in view["groups"] for x in group["exhibits"] for p in x["pictures"] if p["path"]]


def test_a_clip_is_named_with_its_file(tmp_path: Path) -> None:
    result = fake.not_assessable(tmp_path)
    (tmp_path / "evidence").mkdir()
    write_video(tmp_path / "evidence" / "e9-clip.mp4", steady(10))
    facts = {"detector": "voice", "start": 1.0, "end": 3.0, "frames": 50, "cut_short": False}
    clip = Evidence(id="E9", kind="clip", subject="voice", artifact="evidence/e9-clip.mp4", facts=facts)
    text = text_of(render_pdf(result.model_copy(update={"evidence": [*result.evidence, clip]}), tmp_path))
    assert "evidence/e9-clip.mp4" in text
    assert "The 50 pictures that begin in this stretch" in text
