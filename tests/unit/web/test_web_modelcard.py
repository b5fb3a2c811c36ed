"""A model's card on its page: every measurement and every source is there, in groups, in the reader's language."""

from __future__ import annotations

import pytest

from unmask.language import LANGUAGES, translate
from unmask.models.card import DataSource, Metric, headlines
from unmask.models.registry import Registry
from unmask.web import modelcard
from unmask.web.cardwords import SPLITS, UNITS

EN = translate("en")
CARDS = [Registry().card(name) for name in Registry().names()]


def metric(condition, **more):
    return Metric(split="dev", condition=condition, unit="file", n_real=3, n_fake=4, **more)


def source(name, label="real", split="train", licence="MIT", method="", files=1):
    return DataSource(source=name, licence=licence, label=label, method=method, split=split, files=files)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_no_measurement_of_a_shipped_card_is_left_out(card):
    shown = [line.metric for group in modelcard.groups(card.metrics, EN) for line in group.lines]
    assert sorted(shown, key=str) == sorted(card.metrics, key=str)
    assert [line.metric for line in modelcard.short(card, EN)] == list(headlines(card))


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_no_file_and_no_method_of_a_shipped_card_is_left_out(card):
    found = modelcard.splits(card.data, EN)
    assert sum(part.real + part.fake for part in found) == sum(one.files for one in card.data)
    assert sum(one.real + one.fake for part in found for one in part.sources) == sum(one.files for one in card.data)
    methods = {name for part in found for one in part.sources for name in one.methods}
    assert methods == {one.method for one in card.data} - {""}


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_shipped_cards_measure_is_said_in_every_language(code):
    """Names of methods and sources stay as they are; what is no name is translated."""
    language = translate(code)
    for card in CARDS:
        assert {m.unit for m in card.metrics} <= UNITS.keys()
        assert {one.split for one in card.data} | {m.split for m in card.metrics} <= SPLITS.keys()
        for group in modelcard.groups(card.metrics, language):
            if group.kind not in ("method", "source"):
                assert [line.title for line in group.lines if line.foreign] == []


def test_numbers_in_a_condition_are_written_as_in_the_language():
    assert modelcard.condition("shifted by 0.2 to 2 s", translate("de")) == ("Ton um 0,2 bis 2 s verschoben", True)
    assert modelcard.condition("H.264 CRF 28", EN) == ("H.264 CRF 28", True)
    assert modelcard.condition("clips, face under 80 px", EN) == ("clips, face under 80 pixels", True)


def test_a_condition_that_nobody_knows_is_shown_as_the_card_says_it():
    assert modelcard.condition("clips, under_water 3 m", translate("ar")) == ("clips, under water 3 m", False)


def test_methods_stand_in_order_the_worst_first_and_one_without_a_ranking_last():
    given = [metric("method A", auc=0.9), metric("method B (unseen)", auc=0.4), metric("method C")]
    (group,) = modelcard.groups(given, EN)
    assert [line.title for line in group.lines] == ["B", "A", "C"]
    assert [line.notes for line in group.lines] == [("trained nothing",), (), ()]


def test_what_holds_for_all_lines_of_a_group_is_said_once():
    given = [metric(f"method {name}, against all real of its kind", auc=0.5) for name in ("a, b", "c")]
    (group,) = modelcard.groups(given, EN)
    assert group.notes == ("against all real ones of its kind",)
    assert [(line.title, line.notes) for line in group.lines] == [("a, b", ()), ("c", ())]


def test_sources_with_the_most_false_alarms_stand_first():
    given = [
        metric("real source x", false_alarm=0.1),
        metric("real voices of y", false_alarm=0.3),
        metric("clips of z"),
    ]
    (group,) = modelcard.groups(given, EN)
    assert [line.title for line in group.lines] == ["y", "x", "z"]


def test_a_source_is_one_line_for_each_licence_and_counts_once():
    given = [
        source("b", "fake", method="M", files=2),
        source("b"),
        source("B"),
        source("b", licence="CC0", files=5),
        source("b", "fake", method="N", files=3),
        source("a", split="dev"),
        source("c", split="odd"),
    ]
    train, dev, odd = modelcard.splits(given, EN)
    assert [(s.name, s.licence, s.real, s.fake, s.methods) for s in train.sources] == [
        ("B", "MIT", 1, 0, ()),
        ("b", "CC0", 5, 0, ()),
        ("b", "MIT", 1, 5, ("M", "N")),
    ]
    assert (train.title, train.names, train.real, train.fake) == ("Training", 2, 7, 5)
    assert (dev.title, odd.title) == ("Test", "odd")
