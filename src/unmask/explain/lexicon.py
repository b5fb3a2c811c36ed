"""The English that a reworded sentence may use: what counts as a claim, what is never said, and plain words.

The lists are short on purpose. A word that is in none of them, nor in the built-in sentence that is being reworded,
makes a sentence fail: so names, slogans and instructions can't get through, whoever put them there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

STANCES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (stance, re.compile(pattern))
    for stance, pattern in (
        ("neutral", r"\b(?:probability|likelihood|chance)(?: (?:of|for))?(?: (?:a|any))?(?: (?:manipulation|one))?\b"),
        ("most", r"\bmost suspicious\b"),
        (
            "clean",
            r"\bno (?:clear |obvious |strong )?(?:signs?|traces?|evidence|indications?) (?:of|for) (?:a |any )?"
            r"manipulation\b"
            r"|\bnothing (?:that was )?examined points (?:clearly )?to (?:a |any )?manipulation\b",
        ),
        ("open", r"\bno (?:clear |firm )?(?:answer|conclusion)\b|\binconclusive\b|\bundecided\b"),
        ("misfit", r"\b(?:does|do) not (?:fit|match|agree with)\b"),
        ("misfit?", r"\bseems? not to (?:fit|match|agree with)\b|\bmay not (?:fit|match|agree with)\b"),
        (
            "manipulated",
            r"\b(?:manipulat\w*|alter\w*|edit\w*|tamper\w*|fak\w*|forg\w*|synthe\w*|generat\w*|doctor\w*|deepfak\w*"
            r"|artificial\w*|swapp\w*|clon\w*)\b",
        ),
        ("suspicious", r"\b(?:suspicious\w*|unusual\w*|odd\w*|anomal\w*)\b"),
        ("authentic", r"\b(?:authentic\w*|real|genuine\w*|original\w*|natural\w*|untouched|unaltered|trustworthy)\b"),
        ("unknown", r"\b(?:true|false|wrong|correct)\b"),
    )
)
"""What a sentence claims, in the order in which it is looked for; what was found is taken out before the next."""

HEDGES = re.compile(r"\b(?:looks?|seems?|appears?|sounds?|likely|probab\w+|likelihood|suspicious|suggests?|points?)\b")
"""One of these goes with every claim: the evidence makes likely, it does not prove."""

NEGATIONS = re.compile(
    r"\b(?:no|not|never|none|nothing|nobody|neither|nor|cannot|without|unable|hardly|rarely|barely|un\w*likely|unlikely"
    r"|fails?|failed|lacks?|rules? out|instead|rather|opposite|despite|although|however|but|yet|except)\b|n't\b"
)

OVERCLAIMS = re.compile(
    r"\b(?:(?<!less )certain\w*|definite\w*|undoubted\w*|undeniabl\w*|unquestionabl\w*|obviously|surely|sure"
    r"|prov(?:e|es|ed|en|ing)|proofs?|confirm\w*|guarantee\w*|conclusive(?:ly)?|impossible|absolute\w*|must|always|doubt\w*|fact|indisputabl\w*)\b"
)
BRACKETS = re.compile(r"\([^()]*\)")
FLAT = re.compile(
    r"\b(?:is|are|was|were|been) (?:\w+ly )?(?:manipulated|altered|edited|tampered|fak\w*|forged|synthe\w*|generated"
    r"|doctored|deepfak\w*|artificial|swapped|cloned|authentic|real|genuine|original|natural|untouched|unaltered)\b"
)
"""A claim made flatly. A hedge in brackets, such as the probability, does not take it back."""

INTENT = re.compile(
    r"\b(?:inten[td]\w*|deliberate\w*|purpose\w*|deceiv\w*|decepti\w*|mislead\w*|fraud\w*|hoax\w*|scam\w*|lie[sd]?|liars?"
    r"|lying|propaganda|malicious\w*|crim\w+|illegal\w*|blame\w*|guilt\w*|motiv\w*|attack\w*|try|tries|trying|tried"
    r"|want\w*|want(?:s|ed) to|in order to|so as to)\b"
)
IDENTITY = re.compile(
    r"\b(?:he|she|him|her|his|hers|man|men|woman|women|boy|girl|child|celebrit\w*|politician\w*|president\w*|actor\w*"
    r"|actress\w*|journalist\w*|famous|identit\w*|identif\w*|named|known as|called|real name|somebody|someone)\b"
)

PLAIN = frozenset(
    re.findall(
        r"\w+",
        """a an the this that these those it its there here of in on at to from by for with between during until within
        over and as also where which while is are was were be been being has have had do does did shows show shown
        showing indicates indicate suggests suggest gives give given based according analysis evidence reading detector
        finding result time period stretch segment moment part starting ending seconds second about around
        approximately roughly score value seen found""",
    )
)
"""Words that say nothing by themselves."""

ALIKE: Mapping[str, frozenset[str]] = {
    word: frozenset(group.split())
    for group in (
        "looks look seems seem appears appear sounds sound",
        "probability probable likelihood chance likely probably",
        "voice speech",
        "face faces facial",
        "video clip footage",
        "picture image photo frame",
        "recording sound audio",
        "clear obvious",
        "sign signs trace traces indication indications",
        "manipulation manipulated manipulations altered alteration edited",
        "suspicious unusual",
        "small little tiny",
        "examined analysed analyzed assessed checked",
        "range interval",
        "lips lip mouth",
        "movement movements motion",
        "fit match",
        "most mostly especially particularly",
        "person people persons",
        "pixels pixel",
    )
    for word in group.split()
}
"""Words that may stand for one another."""

NUMBER_WORDS: Mapping[str, float] = {
    **{"zero": 0.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0},
    **{"nine": 9.0, "ten": 10.0, "eleven": 11.0, "twelve": 12.0, "fifteen": 15.0},
    **{"half": 0.5, "twice": 2.0, "double": 2.0, "dozen": 12.0, "twenty": 20.0, "thirty": 30.0, "forty": 40.0},
    **{"fifty": 50.0, "sixty": 60.0, "seventy": 70.0, "eighty": 80.0, "ninety": 90.0, "hundred": 100.0},
}
"""Numbers that are written out; "one" is also a pronoun and counts as none."""
