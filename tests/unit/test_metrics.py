"""What Prometheus gets to see."""

import os
import subprocess
import sys
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.servers import free_port
from unmask import __version__, metrics


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found[(sample.name, *(f"{key}={value}" for key, value in sorted(sample.labels.items())))] = sample.value
    return found


def test_all_that_is_counted_shows_up_with_its_labels():
    metrics.queue_state("video", 7, 12.5)
    metrics.stage_took("media", "video", 3.0)
    metrics.analysis_ended("failed", "not_media")
    metrics.model_loaded("face", "0.2.0", "ab" * 32)
    metrics.request_answered("/v1/analyses/{analysis}", "GET", 200, 0.01)
    found = samples(metrics.render())
    assert found[("unmask_queue_depth_jobs", "queue=video")] == 7
    assert found[("unmask_queue_age_seconds", "queue=video")] == 12.5
    assert found[("unmask_stage_seconds_count", "queue=video", "stage=media")] >= 1
    assert found[("unmask_errors_total", "code=not_media")] >= 1
    assert found[("unmask_model_info", "name=face", f"sha256={'ab' * 32}", "version=0.2.0")] == 1
    assert found[("unmask_build_info", f"version={__version__}")] == 1
    key = ("unmask_http_request_seconds_count", "method=GET", "route=/v1/analyses/{analysis}", "status=200")
    assert found[key] >= 1


def test_workers_serve_their_numbers_on_a_port_of_their_own():
    port = free_port()
    metrics.serve(port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert b"unmask_build_info" in answer.read()


def test_the_numbers_of_several_processes_add_up(tmp_path):
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    count = "from unmask import metrics; metrics.analysis_ended('done'); metrics.queue_state('video', {n}, 1.0)"
    for number in (5, 3):
        subprocess.run([sys.executable, "-c", count.format(n=number)], env=environment, check=True, timeout=60)
    show = "import sys; from unmask import metrics; sys.stdout.buffer.write(metrics.render())"
    text = subprocess.run([sys.executable, "-c", show], env=environment, check=True, capture_output=True, timeout=60)
    found = samples(text.stdout)
    assert found[("unmask_analyses_total", "state=done")] == 2
    assert found[("unmask_queue_depth_jobs", "queue=video")] == pytest.approx(3)  # the last one knows best
