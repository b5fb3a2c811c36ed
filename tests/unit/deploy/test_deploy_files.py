"""The deployment's files say what the program understands: its commands, settings, queues and secrets."""

import base64
import os
import re
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from typer.main import get_command

from unmask.cli.app import app
from unmask.container import prepare
from unmask.health import is_well
from unmask.record.keys import find_key
from unmask.settings import Settings
from unmask.worker.settings import WorkerSettings

DEPLOY = Path(__file__).parents[3] / "deploy"
OURS = ("api", "worker-video", "worker-audio", "worker-explain", "beat", "migrate")
QUEUES = ("video", "audio", "explain")
SECRETS = {"unmask_database_url", "unmask_broker_url", "unmask_storage_key", "unmask_storage_secret"}
SIGNS = ("api", "worker-explain", "beat")
"""Who closes results and receipts. The others decode hostile files, and hold no key."""
SIGNING = "unmask_signing_key"


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def objects():
    found = [one for path in (DEPLOY / "kubernetes").rglob("*.yaml") for one in yaml.safe_load_all(path.read_text())]
    return [one for one in found if one["kind"] not in {"Kustomization", "Component"}]


@pytest.fixture(scope="module")
def pods(objects):
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in objects
        if one["kind"] in ("Deployment", "Job")
    }


def understood(arguments):
    """Raise unless the command line knows these arguments."""
    name, *rest = arguments
    known = get_command(app).commands
    assert name in known, f"no such command: {name}"
    known[name].make_context(name, rest)


def settings_of(environment):
    return {name.removeprefix("UNMASK_").lower() for name in environment if name.startswith("UNMASK_")}


def test_compose_and_kubernetes_start_the_same_processes(compose, pods):
    assert set(OURS) == set(pods)
    assert set(OURS) < set(compose["services"])
    for name in OURS:
        assert compose["services"][name]["command"] == pods[name]["containers"][0]["args"]


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_one_that_unmask_knows(name, compose):
    understood(compose["services"][name]["command"])


def test_the_check_of_commands_notices_a_wrong_one():
    for wrong in (["worker", "--queue", "video"], ["keeper"]):
        with pytest.raises(Exception, match=r"(?i)no such"):
            understood(wrong)


def test_every_setting_that_is_named_exists(compose, objects):
    known = set(WorkerSettings.model_fields) | set(Settings.model_fields)
    named = settings_of(compose["services"]["api"]["environment"])
    for one in objects:
        if one["kind"] == "ConfigMap":
            named |= settings_of(one["data"])
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    named |= settings_of(re.findall(r"\b(UNMASK_[A-Z_]+)=", dockerfile)) - {"settings_dir"}
    named |= {name.removeprefix("unmask_") for name in {*SECRETS, SIGNING}}
    assert named <= known
    assert named


@pytest.mark.parametrize("name", OURS)
def test_nothing_runs_as_root_with_rights_or_on_a_writable_root(name, compose, pods):
    service = compose["services"][name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    pod = pods[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    held = pod["containers"][0]["securityContext"]
    assert held["readOnlyRootFilesystem"] is True
    assert held["allowPrivilegeEscalation"] is False
    assert held["capabilities"] == {"drop": ["ALL"]}
    assert pod["containers"][0]["resources"]["limits"]["memory"]


def test_secrets_come_from_files_and_none_stands_in_a_file_here(compose, objects):
    for name in OURS:
        assert set(compose["services"][name]["secrets"]) == SECRETS | ({SIGNING} if name in SIGNS else set())
        assert not {key for key in compose["services"][name]["environment"] if re.search("PASS|KEY|_URL$", key)} - {
            "UNMASK_STORAGE_URL"
        }
    assert not [one for one in objects if one["kind"] == "Secret"]


@pytest.mark.parametrize("name", OURS)
def test_pods_that_sign_are_given_the_key_and_the_others_are_not(name, pods):
    (volume,) = [one for one in pods[name].get("volumes", ()) if one["name"] == "secrets"]
    sources = [one["secret"] for one in volume.get("projected", {}).get("sources", ())]
    assert [one["name"] for one in sources] == (["unmask-secrets", "unmask-signing"] if name in SIGNS else [])
    assert name not in SIGNS or sources[1]["optional"] is True


def test_only_the_api_is_reached_from_outside_and_only_beat_and_the_api_get_out(compose):
    open_ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert open_ports == {"api": ["127.0.0.1:8000:8000"]}
    assert compose["networks"]["inner"]["internal"] is True
    outer = {name for name, service in compose["services"].items() if "outer" in service["networks"]}
    assert outer == {"api", "beat"}


def test_every_service_that_lasts_has_a_health_check_and_limits(compose):
    for name, service in compose["services"].items():
        if name not in {"migrate", "bucket"}:
            assert service["healthcheck"]["test"], name
        assert service["mem_limit"]
        assert ":" in service["image"]
        assert not service["image"].endswith(":latest")


def test_images_of_others_are_named_to_the_last_number(compose):
    images = {
        service["image"] for service in compose["services"].values() if not service["image"].startswith("unmask:")
    }
    images |= set(re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    for image in images:
        assert re.search(r":(\d+\.\d+\.\d+|\d\d\.\d+|RELEASE\.[0-9TZ-]+)(-|@|$)", image), image


def test_digests_are_written_beside_the_tags_and_again_without_doubling(tmp_path):
    """With a stand-in for the registry's answer: no registry of images is reached from here."""
    for name in ("pin_images.sh", "Dockerfile", "compose.yaml"):
        shutil.copy(DEPLOY / name, tmp_path / name)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text('#!/bin/sh\nprintf "sha256:%s\\n" "$(printf %s "$4$RANDOM_PART" | sha256sum | cut -d" " -f1)"\n')
    docker.chmod(0o755)
    asked = []
    for part in ("a", "b"):
        environment = os.environ | {"PATH": f"{docker.parent}:{os.environ['PATH']}", "RANDOM_PART": part}
        done = subprocess.run(
            ["bash", tmp_path / "pin_images.sh"], env=environment, capture_output=True, text=True, check=True
        )
        asked.append(dict(line.split("@") for line in done.stdout.split()))
    assert asked[0].keys() == asked[1].keys() and len(asked[0]) == 6
    assert "unmask:0.1.0" not in asked[0]
    text = (tmp_path / "Dockerfile").read_text() + (tmp_path / "compose.yaml").read_text()
    for image, digest in asked[1].items():
        assert f"{image}@{digest}" in text
        assert asked[0][image] not in text
    pinned = yaml.safe_load((tmp_path / "compose.yaml").read_text())["services"]
    assert all("@sha256:" in one["image"] for one in pinned.values() if not one["image"].startswith("unmask:"))
    assert (tmp_path / "Dockerfile").read_text().count("@sha256:") == 3


def test_keda_looks_at_the_lists_that_workers_take_from(objects):
    prefix = WorkerSettings.model_fields["broker_prefix"].default
    lists = {
        trigger["metadata"]["listName"]
        for one in objects
        if one["kind"] == "ScaledObject"
        for trigger in one["spec"]["triggers"]
    }
    assert lists == {f"{prefix}{queue}{batch}" for queue in QUEUES for batch in ("", ":9")}


def test_workers_have_time_to_end_their_unit(compose, pods):
    drain = WorkerSettings.model_fields["drain"].default
    for queue in QUEUES:
        assert int(compose["services"][f"worker-{queue}"]["stop_grace_period"].removesuffix("s")) > drain
        assert pods[f"worker-{queue}"]["terminationGracePeriodSeconds"] > drain


def test_secrets_are_made_once_and_kept(tmp_path):
    run = ["bash", str(DEPLOY / "make_secrets.sh"), str(tmp_path / "secrets")]
    subprocess.run(run, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(run, check=True, capture_output=True)
    assert first == {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert first["postgres_password"] in first["database_url"]
    assert first["redis_password"] in first["broker_url"]
    assert len(base64.b64decode(find_key(Settings(signing_key=first["signing_key"])).public)) == 32
    assert min(map(len, first.values())) >= 12
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    named = {
        Path(one["file"]).name for one in yaml.safe_load((DEPLOY / "compose.yaml").read_text())["secrets"].values()
    }
    assert named == set(first)


def test_a_container_makes_its_folders_and_forgets_old_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "data" / "tmp"))
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "metrics"))
    monkeypatch.delenv("UNMASK_DATA", raising=False)
    prepare()
    (tmp_path / "metrics" / "counter_1.db").write_text("old")
    prepare()
    assert (tmp_path / "data" / "tmp").is_dir()
    assert list((tmp_path / "metrics").iterdir()) == []


def test_a_container_becomes_unmask(tmp_path):
    environment = os.environ | {"UNMASK_DATA": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-m", "unmask.container", "--version"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.startswith("unmask ")
    assert (tmp_path / "data").is_dir()


@pytest.mark.parametrize(("status", "well"), [(200, True), (204, False), (503, False)])
def test_the_health_check_believes_a_200_and_nothing_else(status, well, monkeypatch):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.send_response(status)
            self.end_headers()

    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    assert is_well(f"http://127.0.0.1:{server.server_address[1]}/healthz") is well
    server.shutdown()
    server.server_close()


def test_nobody_there_is_not_well():
    assert not is_well("http://127.0.0.1:9/healthz")
    assert not is_well("file:///etc/passwd")
