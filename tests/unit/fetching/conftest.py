"""Servers that the tests of fetching share."""

import pytest

from support.loopback import OUTSIDE, inside, name_server, outside
from unmask.fetching import Policy
from unmask.fetching.addresses import networks

ZONE = {
    "outside.test": [[OUTSIDE]],
    "inside.test": [["127.0.0.1"]],
    "private.test": [["10.0.0.7"]],
    "metadata.test": [["169.254.169.254"]],
    "both.test": [[OUTSIDE, "127.0.0.1"]],
    "six.test": [["::1"]],
    "mapped.test": [["::ffff:7f00:1"]],
    "nat.test": [["64:ff9b::7f00:1"]],
    "alias.test": [["inside.test"]],
    "rebind.test": [[OUTSIDE], ["127.0.0.1"]],
}


@pytest.fixture
def policy():
    return Policy(max_bytes=100_000, seconds=5, silence=2, allow_networks=networks([f"{OUTSIDE}/32"]))


@pytest.fixture(scope="session")
def _served():
    with outside() as server:
        yield server


@pytest.fixture
def served(_served):
    _served.requests.clear()
    return _served


@pytest.fixture
def at(served):
    return f"http://{OUTSIDE}:{served.server_address[1]}"


@pytest.fixture(scope="session")
def _neighbour():
    with inside() as server:
        yield server


@pytest.fixture
def neighbour(_neighbour):
    _neighbour.connections.clear()
    return _neighbour


@pytest.fixture(scope="session")
def _names():
    with name_server(ZONE) as server:
        yield server


@pytest.fixture
def names(_names):
    _names.names.asked.clear()
    return _names
