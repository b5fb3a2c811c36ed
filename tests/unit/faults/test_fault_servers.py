"""The harm that fault runs do is really done, and over when they say so."""

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

sys.path.append(str(Path(__file__).parents[3] / "scripts"))

from faultruns.servers import Proxy, filled, small_disk


@pytest.fixture
def proxy():
    """A proxy before a server that answers every request with its path."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.path)))
            self.end_headers()
            self.wfile.write(self.path.encode())

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = Proxy(server.server_address[1])
    yield made
    made.close()
    server.shutdown()
    server.server_close()


def test_a_proxy_passes_on_then_fails_then_is_silent_then_passes_on(proxy):
    with httpx.Client(base_url=f"http://127.0.0.1:{proxy.port}", timeout=1) as client:
        assert client.get("/one").text == "/one"
        proxy.turn("error")
        assert [status(client), status(client)] == [500, 500]
        proxy.turn("silent")
        began = time.monotonic()
        with pytest.raises(httpx.TransportError):
            client.get("/three")
        assert time.monotonic() - began >= 0.9
        proxy.turn("pass")
        assert client.get("/four").text == "/four"


def test_a_proxy_counts_every_request_of_a_line_that_is_kept(proxy):
    with httpx.Client(base_url=f"http://127.0.0.1:{proxy.port}") as client:
        for path in ("/unmask/p/media/ab/abcd", "/unmask/p/media/cd/cdef", "/unmask/health"):
            client.get(path)
    assert proxy.requests == {"GET media": 2, "GET health": 1}


def status(client):
    """Of an answer; the line that was open when the mode changed is broken, as it is when a server goes."""
    try:
        return client.get("/two").status_code
    except httpx.TransportError:
        return client.get("/two").status_code


def test_a_full_disk_takes_no_byte_and_afterwards_it_does(tmp_path):
    with small_disk(tmp_path / "disk", 2) as mounted:
        if not mounted:
            pytest.skip("file systems can be mounted by root only")
        with filled(tmp_path / "disk"), pytest.raises(OSError, match="No space left"):
            (tmp_path / "disk" / "one").write_bytes(b"x" * 5000)
        (tmp_path / "disk" / "two").write_bytes(b"x" * 5000)
