"""One attempt at a delivery, over real connections on loopback, and the patience between attempts."""

import json
import random
from itertools import pairwise

import pytest

from support.loopback import OUTSIDE, inside, outside
from unmask.fetching import Policy
from unmask.fetching.addresses import networks
from unmask.webhooks.backoff import DELAYS, backoff
from unmask.webhooks.deliver import Message, deliver
from unmask.webhooks.signature import new_secret, verify_signature

NOW = 1_700_000_000


@pytest.fixture
def policy():
    return Policy(max_bytes=1, seconds=1, silence=1, redirects=0, allow_networks=networks([f"{OUTSIDE}/32"]))


@pytest.fixture
def served():
    with outside() as server:
        yield server


@pytest.fixture
def at(served):
    return f"http://{OUTSIDE}:{served.server_address[1]}"


@pytest.fixture
def message():
    return Message("01J", json.dumps({"type": "webhook.test", "text": "ü"}, ensure_ascii=False).encode(), new_secret())


def test_the_receiver_gets_the_bytes_that_were_signed(policy, served, at, message):
    outcome = deliver(f"{at}/hook?a=b", message, policy, NOW)
    assert (outcome.status, outcome.http_status, outcome.reason) == ("delivered", 204, "")
    (got,) = served.requests
    assert (got.method, got.path, got.body) == ("POST", "/hook?a=b", message.body)
    assert got.headers["Content-Type"] == "application/json"
    verify_signature(message.secret, got.headers, got.body, now=NOW + 10)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((status, "delivered") for status in (200, 202, 299)),
        (410, "dead"),
        *((status, "retry") for status in (400, 404, 429, 500, 503)),
    ],
)
def test_the_answer_says_whether_it_is_tried_again(status, expected, policy, at, message):
    assert deliver(f"{at}/status/{status}", message, policy, NOW).status == expected


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status, policy, served, at, message):
    with inside() as neighbour:
        target = f"http%3A%2F%2F127.0.0.1%3A{neighbour.port}%2F"
        outcome = deliver(f"{at}/status/{status}?Location={target}", message, policy, NOW)
        assert outcome.status == "retry"
        assert neighbour.connections == []
    assert len(served.requests) == 1


@pytest.mark.parametrize(
    "pattern",
    [
        "http://127.0.0.1:{p}/",
        "http://localhost:{p}/",
        "http://2130706433:{p}/",
        "http://[::1]:{p}/",
        "http://[::ffff:127.0.0.1]:{p}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://user:pw@127.0.0.2/",
        "ftp://127.0.0.2/",
    ],
)
def test_nothing_is_sent_inside_and_it_is_not_tried_again(pattern, policy, message):
    with inside() as neighbour:
        outcome = deliver(pattern.replace("{p}", str(neighbour.port)), message, policy, NOW)
        assert outcome.status == "dead"
        assert outcome.reason
        assert neighbour.connections == []


def test_nobody_there_and_somebody_silent_are_tried_again_and_cost_no_longer_than_allowed(policy, message):
    assert deliver(f"http://{OUTSIDE}:9", message, policy, NOW).status == "dead"  # a port that is refused
    gone = deliver(f"http://{OUTSIDE}:65000", message, policy, NOW)
    assert (gone.status, gone.http_status) == ("retry", None)
    with outside() as server:
        slow = deliver(f"http://{OUTSIDE}:{server.server_address[1]}/sleep", message, policy, NOW)
    assert slow.status == "retry"
    assert slow.seconds < 3


def test_what_the_receiver_wishes_is_told(policy, at, message):
    assert deliver(f"{at}/status/503?Retry-After=120", message, policy, NOW).retry_after == 120
    assert deliver(f"{at}/status/503?Retry-After=soon", message, policy, NOW).retry_after is None


def test_waits_grow_until_it_is_given_up():
    rng = random.Random(1)
    waits = [backoff(tries, rng) for tries in range(1, len(DELAYS) + 1)]
    assert all(later > sooner for sooner, later in pairwise(waits))
    assert backoff(len(DELAYS) + 1) is None
    assert 20 < sum(waits) / 3600 < 36


def test_a_wish_of_the_receiver_counts_when_it_is_longer_and_has_an_end():
    assert backoff(1, wished=600) == 600
    assert backoff(1, wished=0.1) > 3
    assert backoff(1, wished=10**9) == 86_400


def test_many_messages_do_not_come_back_at_once():
    assert len({backoff(3, random.Random(seed)) for seed in range(50)}) == 50
