"""One suite for every store: memory, a folder, and a real S3 server on loopback."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import tracemalloc
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from support.servers import BUCKET, S3_KEY, S3_SECRET, free_port, s3_server
from unmask.errors import SettingsError
from unmask.service.errors import StoreUnavailable
from unmask.settings import ServiceSettings
from unmask.storage import open as opening
from unmask.storage.base import ObjectMissing, Store
from unmask.storage.open import open_store

BIG = os.urandom(12 * 1024**2 + 17)


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


def s3_settings(address, **more):
    return ServiceSettings(
        storage_url=f"s3://{BUCKET}/tests",
        storage_endpoint=address,
        storage_key=S3_KEY,
        storage_secret=S3_SECRET,
        **more,
    )


@pytest.fixture(params=["memory", "folder", "s3"])
def store(request, tmp_path) -> Store:
    if request.param == "s3":
        return open_store(s3_settings(request.getfixturevalue("s3")))
    url = "memory:" if request.param == "memory" else (tmp_path / "a folder" / "ünd").as_uri()
    return open_store(ServiceSettings(storage_url=url))


async def pieces_of(data, size=1_000_003):
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read_stream(store, key, start=0, end=None):
    async def collect():
        return b"".join([piece async for piece in store.stream(key, start, end)])

    return asyncio.run(collect())


def test_what_was_put_is_what_is_got(store, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(BIG)
    assert store.put("a/bytes", b"abc") == 3
    assert store.put("a/file", file) == len(BIG)
    assert store.put("a/pieces", iter([b"x" * 10, b"", b"y"])) == 11
    assert asyncio.run(store.put_stream("a/stream", pieces_of(BIG))) == len(BIG)
    assert store.get("a/bytes") == b"abc"
    assert store.get("a/file") == BIG
    assert store.get("a/pieces") == b"x" * 10 + b"y"
    assert store.get("a/stream") == BIG
    assert store.head("a/stream").size == len(BIG)


def test_an_empty_object_is_an_object(store):
    assert store.put("a/empty", b"") == 0
    assert asyncio.run(store.put_stream("a/nothing", pieces_of(b""))) == 0
    assert store.get("a/empty") == b"" == store.get("a/nothing")
    assert store.get_range("a/empty", 0, 10) == b""
    assert store.open("a/empty").read() == b""
    assert read_stream(store, "a/empty") == b""


def test_any_range_of_an_object_can_be_read(store):
    store.put("r", BIG)
    for start, length in ((0, 1), (5, 100), (len(BIG) - 3, 3), (6_000_000, 3_000_000)):
        assert store.get_range("r", start, length) == BIG[start : start + length]
        assert read_stream(store, "r", start, start + length) == BIG[start : start + length]
    assert store.get_range("r", len(BIG) - 3, 100) == BIG[-3:]
    assert store.get_range("r", len(BIG) + 3, 100) == b""
    assert read_stream(store, "r", len(BIG) - 5) == BIG[-5:]
    assert read_stream(store, "r") == BIG


def test_a_reader_seeks_and_fetches_only_what_is_read(store):
    store.put("s", BIG)
    with store.open("s") as reader:
        assert reader.seekable()
        assert reader.read(4) == BIG[:4]
        assert reader.seek(-10, os.SEEK_END) == len(BIG) - 10
        assert reader.read() == BIG[-10:]
        assert reader.seek(7_000_000) == 7_000_000
        assert reader.read(1_500_000) == BIG[7_000_000:8_500_000]
        assert reader.read(10) == BIG[8_500_000:8_500_010]
        assert reader.seek(len(BIG) + 5) == len(BIG) + 5
        assert reader.read(1) == b""
        with pytest.raises(ValueError, match="before the start"):
            reader.seek(-1)


def test_an_object_comes_down_into_a_file(store, tmp_path):
    store.put("d", BIG)
    assert store.download("d", tmp_path / "down") == len(BIG)
    assert (tmp_path / "down").read_bytes() == BIG


def test_what_does_not_exist_is_said_to_be_missing(store, tmp_path):
    for ask in (store.get, store.head, store.open, lambda key: store.get_range(key, 0, 1)):
        with pytest.raises(ObjectMissing):
            ask("not/there")
    for ask in (lambda: read_stream(store, "not/there"), lambda: store.copy("not/there", "b")):
        with pytest.raises(ObjectMissing):
            ask()
    assert not store.exists("not/there")


def test_a_sender_that_breaks_off_leaves_nothing_behind_and_its_own_error_is_seen(store):
    class Broke(Exception):
        pass

    async def broken():
        yield b"x" * 6_000_000
        raise Broke("off")

    def broken_at_once():
        yield b"x" * 6_000_000
        raise Broke("off")

    with pytest.raises(Broke):
        asyncio.run(store.put_stream("broken/stream", broken()))
    with pytest.raises(Broke):
        store.put("broken/put", broken_at_once())
    assert list(store.list("broken/")) == []


def test_a_sender_that_is_cancelled_leaves_nothing_behind(store):
    async def slow():
        yield b"x" * 6_000_000
        await asyncio.sleep(60)
        yield b"y"

    async def cancelled():
        task = asyncio.create_task(store.put_stream("cancelled/one", slow()))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert list(store.list("cancelled/")) == []


def test_a_copy_replaces_what_was_there_and_outlives_its_origin(store):
    store.put("m/a", b"new")
    store.put("m/b", b"old")
    store.copy("m/a", "m/b")
    assert store.get("m/a") == store.get("m/b") == b"new"
    store.put("m/a", b"other")
    assert store.get("m/b") == b"new"
    store.delete(["m/a"])
    assert store.get("m/b") == b"new"


def test_what_a_killed_writer_left_in_a_folder_is_cleared_once_nothing_comes_to_it(tmp_path):
    program = (
        "import os, sys\n"
        "from unmask.settings import ServiceSettings\n"
        "from unmask.storage.open import open_store\n"
        "def pieces():\n"
        "    yield b'x' * 6_000_000\n"
        "    yield b'x' * 6_000_000\n"
        "    os.kill(os.getpid(), 9)\n"
        "open_store(ServiceSettings(storage_url=sys.argv[1])).put('p/incoming/one', pieces())\n"
    )
    store = open_store(ServiceSettings(storage_url=tmp_path.as_uri()))
    store.put("p/media/kept", b"kept")
    killed = subprocess.run([sys.executable, "-c", program, tmp_path.as_uri()], check=False, timeout=120)
    assert killed.returncode == -9
    assert [path.name for path in (tmp_path / "p" / "incoming").iterdir()] != []
    assert list(store.list("p/incoming/")) == []
    assert store.clear_unfinished(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert store.clear_unfinished(datetime.now(UTC) + timedelta(seconds=5)) == 1
    assert list((tmp_path / "p" / "incoming").iterdir()) == []
    assert store.get("p/media/kept") == b"kept"


def test_a_prefix_lists_what_is_below_it_and_nothing_else(store):
    for key in ("l/one/a", "l/one/b/c", "l/one-more/d", "l/two/e"):
        store.put(key, b"12")
    assert {item.key for item in store.list("l/one/")} == {"l/one/a", "l/one/b/c"}
    assert all(item.size == 2 for item in store.list("l/one/"))
    assert list(store.list("l/none/")) == []


def test_deleting_many_and_the_missing_among_them(store):
    for number in range(5):
        store.put(f"x/{number}", b"1")
    store.delete(["x/0", "x/none", "x/1", "x/2"])
    assert {item.key for item in store.list("x/")} == {"x/3", "x/4"}
    store.delete([])
    store.delete(["x/none"])


def test_writing_anew_replaces_and_changes_the_tag(store):
    store.put("t", b"one")
    first = store.head("t").etag
    store.put("t", b"other")
    assert store.get("t") == b"other"
    assert store.head("t").etag != first


def test_a_store_that_answers_is_well(store):
    store.check()


def test_many_threads_write_and_read_at_once(store):
    wrong = []

    def work(number):
        data = bytes([number]) * 50_000
        store.put(f"many/{number}", data)
        if store.get(f"many/{number}") != data:
            wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_large_object_passes_through_in_little_memory(store, request):
    if "memory" in request.node.callspec.id:
        pytest.skip("memory keeps its objects in memory")

    async def zeros():
        for _ in range(100):
            yield bytes(1024**2)

    async def down():
        return sum([len(piece) async for piece in store.stream("large")])

    tracemalloc.start()
    assert asyncio.run(store.put_stream("large", zeros())) == 100 * 1024**2
    assert asyncio.run(down()) == 100 * 1024**2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 * 1024**2


def test_links_are_given_by_s3_alone_and_hold_for_the_object_named(s3, tmp_path):
    store = open_store(s3_settings(s3))
    store.put("p/a b", b"signed", "text/plain")
    link = store.presign("p/a b", 60)
    assert link is not None
    answer = httpx.get(link)
    assert (answer.status_code, answer.content) == (200, b"signed")
    assert httpx.get(link, headers={"Range": "bytes=1-3"}).content == b"ign"
    assert httpx.get(link.replace("a%20b", "other")).status_code == 403
    assert httpx.put(link, content=b"no").status_code == 403
    assert open_store(ServiceSettings(storage_url=tmp_path.as_uri())).presign("p", 60) is None
    assert open_store(s3_settings(s3, presign=False)).presign("p", 60) is None


def test_links_name_the_address_that_clients_reach(s3):
    store = open_store(s3_settings(s3, storage_public_endpoint="https://media.example.org"))
    assert store.presign("k", 60).startswith(f"https://media.example.org/{BUCKET}/tests/k?")


def test_wrong_credentials_are_a_store_that_is_not_available(s3):
    settings = s3_settings(s3).model_copy(update={"storage_secret": None, "storage_key": None})
    with pytest.raises(SettingsError, match="belong together"):
        open_store(ServiceSettings(storage_url="s3://b", storage_key="k"))
    wrong = ServiceSettings(**(settings.model_dump() | {"storage_key": "x", "storage_secret": "y"}))
    with pytest.raises(StoreUnavailable):
        open_store(wrong).check()


def test_a_server_that_is_away_is_a_store_that_is_not_available(monkeypatch):
    monkeypatch.setattr(opening, "_RETRY", {"max_retries": 0})
    store = open_store(s3_settings(f"http://127.0.0.1:{free_port()}"))
    for ask in (store.check, lambda: store.put("k", b"v"), lambda: list(store.list("k/")), lambda: store.delete(["k"])):
        with pytest.raises(StoreUnavailable):
            ask()


@pytest.mark.parametrize("url", ["s3://", "ftp://x/y", "folder", "http://127.0.0.1/b"])
def test_an_address_that_names_no_store_is_refused(url):
    with pytest.raises(SettingsError, match="UNMASK_STORAGE_URL"):
        open_store(ServiceSettings(storage_url=url))


def test_encryption_at_rest_is_asked_for_with_every_object(monkeypatch):
    asked = []

    class Recorder(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(self.headers.get("x-amz-server-side-encryption"))
            asked.append(self.headers.get("x-amz-server-side-encryption-aws-kms-key-id"))
            self.send_response(200)
            self.send_header("ETag", '"e"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        open_store(s3_settings(address, storage_encryption="AES256")).put("k", b"v")
        open_store(s3_settings(address, storage_encryption="aws:kms", storage_kms_key="mine")).put("k", b"v")
        open_store(s3_settings(address)).put("k", b"v")
    finally:
        server.shutdown()
        server.server_close()
    assert asked == ["AES256", None, "aws:kms", "mine", None, None]
