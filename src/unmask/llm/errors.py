"""Why a language model gave no usable answer. An analysis never fails of it: the code becomes a note in the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from unmask.language import ENGLISH, Language
from unmask.language import marked as _

Code = Literal["llm_not_configured", "llm_unreachable", "llm_timeout", "llm_refused", "llm_malformed"]

NOTES: Mapping[str, str] = {
    "llm_not_configured": _("The language model that the settings name can't be used here."),
    "llm_unreachable": _("The language model could not be reached."),
    "llm_timeout": _("The language model did not answer in time."),
    "llm_refused": _("The language model refused to answer."),
    "llm_malformed": _("The language model's answer was not in the form asked for."),
    "llm_english_only": _("A language model's sentences can be checked in English only, so none was asked."),
}
"""Notes in words; all of them go with "the wording is the built-in one"."""


def note_words(note: str, language: Language = ENGLISH) -> str:
    """A note in words; "frame_review: llm_timeout" names the vision model first."""
    head, _colon, code = note.rpartition(": ")
    words = language.gettext(NOTES.get(code, code))
    return language.gettext("Vision model: {note}", note=words) if head else words


class LlmError(Exception):
    """No usable answer. `code` is stable; the message is for whoever reads the log."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
