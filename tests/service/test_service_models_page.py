"""The pages of the models: whole cards, those of added models too, whose words are text."""

from __future__ import annotations

import html

import httpx
import pytest

from support.scores import CALIBRATION
from support.servers import uvicorn_server
from unmask.api.app import create_app
from unmask.language import LANGUAGES
from unmask.models.added import AddedCard, AddedModels
from unmask.models.registry import Registry
from unmask.settings import ServiceSettings

HOSTILE = "<img src=x onerror=alert(1)>\u202egpj"


@pytest.fixture
def added(tmp_path, monkeypatch):
    """A folder of added models with two cards: one that is calibrated and one that is not."""
    folder = tmp_path / "added"
    (folder / "cards").mkdir(parents=True)
    models = AddedModels(folder)
    words = {"source": HOSTILE, "licence": HOSTILE, "paper": HOSTILE, "trained_on": HOSTILE, "limits": [HOSTILE]}
    plain = AddedCard(
        name="meso4",
        architecture="meso4",
        title=HOSTILE,
        weights="meso4.h5",
        sha256="a" * 64,
        added="2026-01-02",
        **words,
    )
    models.save(plain)
    models.save(plain.model_copy(update={"name": "other", "calibration": CALIBRATION, "threshold": 1.0}))
    monkeypatch.setenv("UNMASK_EXTRA_MODELS", str(folder))


@pytest.fixture
def reader(tmp_path):
    """Somebody at the machine, of whom no key is asked."""
    with (
        uvicorn_server(create_app(ServiceSettings(data=tmp_path / "data", keyless=True))) as server,
        httpx.Client(base_url=server.url, headers={"Accept": "text/html"}, timeout=60) as client,
    ):
        yield client


@pytest.mark.parametrize("name", Registry().names())
def test_a_whole_card_is_on_its_page_in_every_language(reader, name):
    card = Registry().card(name)
    for code in LANGUAGES:
        page = html.unescape(reader.get(f"/models/{name}", headers={"Accept-Language": code}).text)
        for said in (card.title, card.input, card.sha256, card.training.command, card.calibration.data, *card.limits):
            assert said in page, said
        for source in {one.source for one in card.data}:
            assert source in page, source
        assert page.count("<tr>") > len(card.metrics) + len({one.source for one in card.data})
        assert f'href="/v1/models/{name}"' in page


def test_every_card_is_one_step_from_the_list_of_models(reader, added):
    page = reader.get("/models").text
    for name in (*Registry().names(), "face:meso4", "face:other"):
        assert f'href="/models/{name}"' in page
        assert reader.get(f"/models/{name}").status_code == 200


def test_an_added_card_says_whether_it_takes_part_and_its_words_are_text(reader, added):
    assert "it takes part in no answer" in reader.get("/models/face:meso4").text
    assert "it takes part in answers" in reader.get("/models/face:other").text
    for path in ("/models", "/models/face:meso4", "/models/face:other"):
        page = reader.get(path).text
        assert "<img src=x" not in page
        assert "\u202e" not in page


def test_there_is_no_page_of_a_model_that_is_not_there(reader, added):
    for name in ("no-such", "face:no-such", "voice:meso4", "..%2fface", "<b>"):
        assert reader.get(f"/models/{name}").status_code == 404, name
