from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.report.safe import LONGEST, embed, visible, visible_text

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.mark.parametrize(
    "code", [0x00, 0x07, 0x1B, 0x7F, 0x85, 0xAD, 0x200B, 0x200F, 0x202E, 0x2028, 0x2066, 0xFEFF, 0xE0041]
)
def test_hidden_characters_are_shown_by_their_codes(code: int) -> None:
    assert f"U+{code:04X}</span>" in visible(f"a{chr(code)}b")
    assert visible_text(f"a{chr(code)}b") == f"a⟨U+{code:04X}⟩b"


@given(st.text())
def test_no_text_can_hide_reorder_or_run(text: str) -> None:
    shown = str(visible(text))
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for c in shown)
    inner = shown.removeprefix("<bdi>").removesuffix("</bdi>")
    for start in range(len(inner)):
        if inner[start] == "<":
            assert inner[start:].startswith(('<span class="odd" title="', "</span>"))


def test_text_in_any_script_stays_itself() -> None:
    for text in ("déjà vu", "интервью", "采访.mp4", "مقابلة", "नमस्ते", "🎬 clip"):
        assert visible(text) == f"<bdi>{text}</bdi>"


def test_stacked_accents_are_cut_to_what_a_language_needs() -> None:
    assert visible_text("Z" + "\u0301" * 30).count("\u0301") == 2


def test_a_long_text_is_cut_and_says_so() -> None:
    assert visible_text("x" * 1000) == "x" * LONGEST + f" … ({1000 - LONGEST} more)"


def test_a_picture_below_the_folder_is_embedded(tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "a.png").write_bytes(PNG)
    assert (embed(tmp_path, "evidence/a.png") or "").startswith("data:image/png;base64,")


def test_what_is_no_picture_of_this_folder_is_not_embedded(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "page.png").write_bytes(b"<html><script>alert(1)</script>")
    for name in (
        "../secret.png",
        str(tmp_path / "secret.png"),
        "link.png",
        "page.png",
        "none.png",
        ".",
        "",
        "a\x00b",
        None,
    ):
        assert embed(folder, name) is None, name
