"""The routes of webhooks, over a real server."""

import threading

import httpx
import pytest
import uvicorn

from support.loopback import OUTSIDE, inside, outside
from support.servers import free_port
from unmask.api.app import create_app
from unmask.settings import load_service
from unmask.webhooks.signature import verify_signature


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """A server without keys, and a client of it."""
    settings = load_service(
        {"data": tmp_path_factory.mktemp("data"), "keyless": True, "url_allow_networks": (f"{OUTSIDE}/32",)}
    )
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", trust_env=False, timeout=30) as client:
        while not server.started:
            threading.Event().wait(0.05)
        yield client
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def served():
    with outside() as server:
        yield server


@pytest.fixture
def at(served):
    return f"http://{OUTSIDE}:{served.server_address[1]}"


def test_an_address_is_added_shown_without_its_secret_tested_and_removed(api, served, at):
    made = api.post("/webhooks", json={"url": f"{at}/hook", "events": ["analysis.done"]})
    assert made.status_code == 201
    secret = made.json()["secret"]
    listed = api.get("/webhooks").json()
    assert [one["id"] for one in listed] == [made.json()["id"]]
    assert "secret" not in listed[0]
    tested = api.post("/webhooks/test", json={"webhook": made.json()["id"]}).json()
    assert (tested["status"], tested["http_status"]) == ("delivered", 204)
    verify_signature(secret, served.requests[0].headers, served.requests[0].body)
    assert api.delete(f"/webhooks/{made.json()['id']}").status_code == 204
    assert api.delete(f"/webhooks/{made.json()['id']}").status_code == 404


def test_the_projects_own_secret_can_be_replaced(api, served, at):
    first = api.get("/webhooks/secret").json()["secret"]
    second = api.post("/webhooks/secret").json()["secret"]
    assert first != second == api.get("/webhooks/secret").json()["secret"]
    api.post("/webhooks/test", json={"url": f"{at}/any"})
    verify_signature(second, served.requests[0].headers, served.requests[0].body)


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/test"])
def test_an_address_inside_is_refused_with_a_code(path, api):
    with inside() as neighbour:
        for host in ("127.0.0.1", "localhost", "[::1]", "2130706433"):
            answer = api.post(path, json={"url": f"http://{host}:{neighbour.port}/"})
            refused = path == "/webhooks" and host == "localhost"  # a name is judged when it is resolved
            told = answer.json().get("code") == "url_refused" or answer.json().get("status") == "dead" or refused
            assert told, answer.text
        assert neighbour.connections == []


@pytest.mark.parametrize("body", [{}, {"url": "ftp://x.example/"}, {"url": "https://x.example/", "events": ["all"]}])
def test_what_does_not_fit_is_told(body, api):
    assert api.post("/webhooks", json=body).status_code == 422


def test_refusals_are_counted_by_their_code(api):
    api.post("/webhooks/deliveries/01KB0000000000000000000000/retry")
    numbers = api.get(str(api.base_url).replace("/v1", "") + "metrics").text
    assert 'unmask_errors_total{code="not_found"}' in numbers


def test_unknown_deliveries_and_bad_cursors_are_told(api):
    assert api.post("/webhooks/deliveries/01KB0000000000000000000000/retry").status_code == 404
    assert api.get("/webhooks/deliveries", params={"cursor": "x"}).status_code == 422
    assert api.get("/webhooks/deliveries", params={"state": "dead"}).json() == {"items": [], "next": None}
