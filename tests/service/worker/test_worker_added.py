"""Models that the user added take part in what the service does, as they do on the command line."""

import json
from pathlib import Path

import pytest

from support.addedmodels import added_folder
from support.rows import submitted
from support.scores import CALIBRATION
from support.workoff import work_off
from unmask.bootstrap import analyzer
from unmask.db.migrate import upgrade
from unmask.pipeline import Analyzer
from unmask.service import keys as api_keys
from unmask.settings import load
from unmask.storage import keys
from unmask.worker.host import open_host, warm
from unmask.worker.settings import load_worker

CLIP = Path(__file__).parents[3] / "samples" / "manipulated.mp4"
MESO = "face:meso4"


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A worker's surroundings with one added model that is calibrated, and two that are not."""
    added = added_folder(tmp_path)
    added.save(added.card("meso4").model_copy(update={"calibration": CALIBRATION, "threshold": 1.0}))
    monkeypatch.setenv("UNMASK_EXTRA_MODELS", str(added.folder))
    made = open_host(load_worker({"data": tmp_path / "data"}))
    upgrade(made.context.database)
    yield made
    made.context.database.close()


def test_the_detectors_of_a_worker_are_those_of_the_command(host):
    here, command = host.tools({}), analyzer()
    assert [d.name for d in here.detectors] == [d.name for d in command.detectors]
    assert MESO in [d.name for d in here.detectors]
    assert here.settings.wide_faces and command.settings.wide_faces


def test_the_language_and_the_film_are_those_that_the_analysis_asks_for(host, monkeypatch):
    monkeypatch.setenv("UNMASK_LANGUAGE", "de")
    asked = ("fr", "ar", "fr-CA", "pt", None)
    assert [host.tools({"language": code}).settings.language for code in asked] == ["fr", "ar", "fr", "de", "de"]
    assert [host.tools({"video": wish}).settings.video for wish in (True, False, None)] == [True, False, False]


def test_no_language_model_hears_of_an_analysis_that_asks_for_the_built_in_words(host, monkeypatch):
    monkeypatch.setenv("UNMASK_LLM", "local")
    asked = (None, "model", "built_in")
    assert [host.tools({"narrative": who}).settings.llm for who in asked] == ["local", "local", None]


def test_wide_crops_are_kept_for_those_only_who_need_them(host):
    assert host.tools({"detectors": [MESO]}).settings.wide_faces
    assert not host.tools({"detectors": ["face", "voice"]}).settings.wide_faces


def test_an_idle_worker_loads_added_networks_too(host):
    warm(host)
    assert "network" in host.tools({}).registry.added.get("meso4").__dict__


def test_an_analysis_by_an_added_model_gives_what_the_command_gives(host, tmp_path):
    who = api_keys.local_principal(host.context)
    analysis = submitted(host.context, who, CLIP.read_bytes(), detectors=[MESO], fps=0.5).analysis.id
    assert [outcome for _, outcome in work_off(host)] == ["done"] * 4
    found = json.loads(host.context.store.get(keys.artifact(who.project, analysis, "result.json")))
    tools = analyzer(load({"fps": 0.5}))
    alone = Analyzer(tools.settings, tools.registry, [d for d in tools.detectors if d.name == MESO])
    wanted = json.loads(alone.analyze(CLIP, tmp_path / "alone").to_json())
    assert found["findings"] == wanted["findings"]
    assert [f["state"] for f in found["findings"] if f["detector"] == MESO] == ["scored"]
    assert found["models"] == wanted["models"] and found["settings"] == wanted["settings"]
