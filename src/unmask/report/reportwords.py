"""Words that the page and the PDF share: how to check the record, who worded it; and the headings of the PDF."""

from __future__ import annotations

from unmask.explain.narrative import AUTHOR
from unmask.language import Language
from unmask.language import marked as _
from unmask.result import Narrative, Result

WORDS = {
    "report": _("examination report"),
    "head": _("Unmask report"),
    "analysis": _("Analysis"),
    "authentic": _("authentic"),
    "manipulated": _("manipulated"),
    "words": _("In words"),
    "words_intro": _("Every sentence names the evidence that it rests on: follow the number."),
    "timeline": _("Timeline"),
    "stretch": _("Stretch"),
    "where": _("In"),
    "probability": _("Probability"),
    "most": _("Most of all"),
    "evidence": _("Evidence"),
    "no_stretch": _("No stretch stays above the threshold."),
    "nothing": _("There is nothing to show."),
    "missing": _("The picture's file is missing."),
    "shares": _("Share of the heat by region; the line marks an even map"),
    "sound": _("The stretch to listen to is among the files of the record."),
    "clip": _("The clip is among the files of the record:"),
    "heat": _(
        "A heat map shows what the face network's own decision rested on in that picture. It is no picture of the "
        "manipulation itself. Where its faithfulness was measured, the numbers stand beside it."
    ),
    "sum": _("How the answer adds up"),
    "sum_intro": _(
        "Before looking, both answers weigh as the first bar says. Each finding shifts the balance; the bars add up to "
        "the verdict, with nothing left over."
    ),
    "for_authentic": _("speaks for authentic"),
    "for_manipulated": _("speaks for manipulated"),
    "findings": _("What was examined"),
    "examined": _("Examined"),
    "outcome": _("Outcome"),
    "range": _("Plausible range"),
    "samples": _("Samples"),
    "findings_note": _(
        "A probability here is what the finding says by itself, where both answers are taken to be equally likely "
        "beforehand."
    ),
    "limits": _("What limits this answer"),
    "origin": _("Where the file says it comes from"),
    "origin_note": _(
        "Only a declaration that a trusted signer has signed changes the answer. All else can be written or taken out "
        "by anyone: nothing found here is no sign of a manipulation, and a name found here is none either."
    ),
    "file": _("The file"),
    "file_note": _(
        "Names and tags are shown as found in the file. Anyone can write them; characters that could hide or reorder "
        "text are shown by their codes."
    ),
    "method": _("How this was made, and how to check it"),
    "model": _("Model"),
    "version": _("Version"),
    "weights": _("SHA-256 of its weights"),
    "no_model": _("No model took part."),
    "glossary": _("What the words mean"),
    "coded": _("Characters that this document's fonts lack are shown by their codes."),
}


def words(language: Language) -> dict[str, str]:
    """The words by the names that the template calls them."""
    return {name: language.gettext(text) for name, text in WORDS.items()}


def author_words(narrative: Narrative, language: Language) -> str:
    """Who worded the narrative, and how much was dropped."""
    say, dropped = language.gettext, len(narrative.dropped)
    if narrative.author == AUTHOR:
        text = say("Wording: built in.")
    else:
        text = say("Wording by {author}, each sentence checked against the evidence.", author=narrative.author)
    if not dropped:
        return text
    more = language.ngettext(
        "{count} sentence was dropped, because the evidence did not bear it out.",
        "{count} sentences were dropped, because the evidence did not bear them out.",
        dropped,
    )
    return f"{text} {more}"


SPENT: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_("finding faces and speech {seconds} s"), ("ingest", "media")),
    (_("the models {seconds} s"), ("detect", "fuse")),
    (_("re-encoding and judging again {seconds} s"), ("probe",)),
    (_("the explanation {seconds} s"), ("explain",)),
)
"""What takes time, and the stages (`progress.STAGES`, and `probe`) that belong to it."""


def took(result: Result, language: Language) -> str:
    """How long the analysis took and on what, in a sentence; empty where no times are known."""
    sums = [(text, sum(result.timings.get(stage, 0.0) for stage in stages)) for text, stages in SPENT]
    parts = [language.gettext(text, seconds=language.decimal(spent, 1)) for text, spent in sums if spent > 0]
    if not parts:
        return ""
    total = language.decimal(sum(spent for _, spent in sums), 1)
    return language.gettext("This took {total} s: {parts}.", total=total, parts=language.listed(parts))


def steps(result: Result, language: Language, signer: str | None) -> list[str]:
    """How to check the report, step by step, as markup of our own with `<code>`; `signer` is the public key."""
    signed = language.html("It must name this key: <code>{key}</code>.", key=signer)
    return [
        language.html(
            "See that nothing was changed: <code>unmask verify result.json FILE</code> checks the signature of the "
            "record, every file beside it, and that you have the same media (SHA-256 <code>{hash}</code>).",
            hash=result.media.sha256,
        )
        + (" " + signed if signer else ""),
        language.html(
            "See that your models are the same: <code>unmask models verify</code> compares their hashes with their "
            "cards."
        ),
        language.html(
            "Run <code>unmask analyze</code> on the file, with the settings listed in <code>result.json</code>. The "
            "same file, models and settings give the same numbers."
        ),
        language.gettext("Look at the evidence above: the pictures and sounds named are at those times in the file."),
    ]
