"""A broker that goes away must not take the worker with it."""

import pytest
from kombu import Connection
from redis.exceptions import ConnectionError as ConnectionLost

from unmask.worker import transport


@pytest.fixture
def given_up():
    """A channel whose connection was given up, as Celery does when the broker is away: nothing listens there."""
    transport.use()
    connection = Connection("redis://127.0.0.1:1/0")
    made = connection.transport
    channel = transport.Channel.__new__(transport.Channel)
    channel.connection = made
    made.client = None
    return connection, channel


def test_addresses_of_redis_mean_this_transport():
    transport.use()
    assert isinstance(Connection("redis://127.0.0.1:1/0").transport, transport.Transport)
    assert isinstance(Connection("rediss://127.0.0.1:1/0").transport, transport.Transport)


def test_a_connection_that_was_given_up_is_a_lost_one_and_no_breakdown(given_up):
    connection, channel = given_up
    with pytest.raises(ConnectionLost):
        channel._connparams()
    assert issubclass(ConnectionLost, tuple(connection.connection_errors))  # so that Celery connects again
