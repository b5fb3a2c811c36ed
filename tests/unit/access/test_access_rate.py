"""Token buckets: the same behaviour in one process and over Redis."""

import shutil
import socket
import subprocess
import threading
import time

import pytest

from unmask.access.rate import Decision, MemoryBuckets, Rate, RedisBuckets, enforce, retry_after_header, spend
from unmask.errors import RateLimited

FAST = Rate(per_minute=600, burst=3)  # a token every 0.1 s


@pytest.fixture(scope="module")
def redis_client(tmp_path_factory):
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    import redis

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    client = redis.Redis(port=port)
    try:
        for _ in range(100):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        yield client
    finally:
        client.close()
        server.terminate()
        server.wait(10)


@pytest.fixture(params=["memory", "redis"])
def buckets(request):
    if request.param == "memory":
        return MemoryBuckets()
    return RedisBuckets(request.getfixturevalue("redis_client"), prefix=f"test:{request.node.name}:")


def test_a_burst_passes_and_the_next_request_is_told_when_to_come_back(buckets):
    rate = Rate(per_minute=60, burst=3)
    assert [buckets.take("k", rate).allowed for _ in range(3)] == [True, True, True]
    refused = buckets.take("k", rate)
    assert not refused.allowed
    assert 0 < refused.retry_after <= 1
    time.sleep(refused.retry_after + 0.01)
    assert buckets.take("k", rate).allowed


def test_keys_do_not_share_a_bucket(buckets):
    slow = Rate(per_minute=1, burst=3)
    for _ in range(3):
        buckets.take("a", slow)
    assert not buckets.take("a", slow).allowed
    assert buckets.take("b", slow).remaining == 2


def test_a_refused_request_takes_nothing(buckets):
    slow = Rate(per_minute=1, burst=1)
    buckets.take("k", slow)
    waits = [buckets.take("k", slow).retry_after for _ in range(5)]
    assert all(55 < wait <= 60 for wait in waits)


def test_many_at_once_get_no_more_than_the_burst(buckets):
    rate = Rate(per_minute=1, burst=10)
    passed = []

    def ask():
        passed.extend(buckets.take("k", rate).allowed for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed.count(True) == 10


def test_a_cost_above_the_burst_passes_only_when_the_bucket_is_full():
    assert spend(3.0, FAST, 5.0) == (0.0, Decision(True, 0.0, 0))
    left, decision = spend(2.5, FAST, 5.0)
    assert left == 2.5
    assert not decision.allowed
    assert decision.retry_after == pytest.approx(0.05)


def test_a_clock_that_jumps_back_gives_no_tokens_and_locks_nobody_out():
    now = [1000.0]
    buckets = MemoryBuckets(clock=lambda: now[0])
    for _ in range(3):
        buckets.take("k", FAST)
    now[0] = 10.0
    assert not buckets.take("k", FAST).allowed
    now[0] = 10.2
    assert buckets.take("k", FAST).allowed


def test_memory_stays_bounded_when_every_request_brings_another_key():
    buckets = MemoryBuckets(most=50)
    for number in range(500):
        buckets.take(str(number), FAST)
    assert len(buckets._kept) == 50


def test_a_refusal_is_an_error_with_the_seconds_to_wait():
    enforce(Decision(True, 0.0, 0))
    with pytest.raises(RateLimited) as refused:
        enforce(Decision(False, 1.2, 0))
    assert refused.value.http_status == 429
    assert retry_after_header(refused.value.retry_after) == "2"
    assert retry_after_header(0.001) == "1"
