"""What the words of a report mean."""

from __future__ import annotations

from unmask.language import Language
from unmask.language import marked as _

TERMS = (
    (
        _("Likely manipulated, likely authentic"),
        _("The evidence points clearly one way. Neither is proof."),
    ),
    (
        _("Inconclusive"),
        _("Something was examined, but what was found does not carry an answer."),
    ),
    (
        _("Not assessable"),
        _("The file holds nothing that can be examined: no face and no speech that are large, long and clear enough."),
    ),
    (
        _("Probability"),
        _(
            "Of 100 media with this reading, if real and manipulated ones were equally common beforehand, about this "
            "many would be manipulated. A probability of nine tenths stands for 90 of 100."
        ),
    ),
    (
        _("Plausible range"),
        _("Where the probability may lie, given how few samples and how few test cases it rests on (95 % interval)."),
    ),
    (
        _("Stretch, segment"),
        _("A part of the timeline in which a reading stays above the threshold."),
    ),
    (
        _("Person"),
        _("One face followed through the media. The number says nothing about who it is."),
    ),
    (
        _("Heat map"),
        _("Where in a face the network found what made it answer as it did: grey is nothing, yellow is most."),
    ),
    (
        _("Spectrogram"),
        _("Sound as a picture: time runs to the right, high tones are at the top, bright is loud."),
    ),
    (
        _("Log-odds"),
        _(
            "The scale on which evidence adds up: 0 is even, 2.3 above it is ten to one for a manipulation, 2.3 below "
            "it ten to one against."
        ),
    ),
)


def glossary(language: Language) -> list[tuple[str, str]]:
    """Terms and what they mean."""
    return [(language.gettext(term), language.gettext(meaning)) for term, meaning in TERMS]
