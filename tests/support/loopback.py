"""Real servers on loopback for tests of what is fetched and sent: an inside that nobody may reach, an outside, names.

127.0.0.2 plays the public internet (tests allow that one address); every other address is judged as always.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from dnslib import AAAA, CNAME, QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSServer

OUTSIDE = "127.0.0.2"
FILE = bytes(range(256)) * 40


@dataclass
class Request:
    """What a server was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class QuietServer(ThreadingHTTPServer):
    """A server whose clients may leave at any time."""

    daemon_threads = True
    requests: list[Request]

    def handle_error(self, request, client_address):
        pass


class OutsideHandler(BaseHTTPRequestHandler):
    """Serves one file in many bad ways, and records what it is asked."""

    protocol_version = "HTTP/1.1"
    server: QuietServer

    def log_message(self, *_):
        pass

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self._note(self.rfile.read(length))
        kind, _, rest = self.path.lstrip("/").partition("/")
        if kind == "sleep":
            time.sleep(5)
        if kind == "status":
            self.send_response(int(rest.split("?")[0]))
            for name, values in parse_qs(urlsplit(self.path).query).items():
                self.send_header(name, values[0])
        else:
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        self._note(b"")
        getattr(self, "_" + urlsplit(self.path).path.lstrip("/").split("/")[0], self._file)()

    def _note(self, body):
        self.server.requests.append(Request(self.command, self.path, dict(self.headers), body))

    def _send(self, body, **headers):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _file(self):
        self._send(FILE, Content_Type="video/mp4")

    def _named(self):
        self._send(FILE, Content_Disposition='attachment; filename="../../etc/<b>cl\tip.mp4"')

    def _gzip(self):
        self._send(FILE, Content_Encoding="gzip")

    def _empty(self):
        self._send(b"")

    def _to(self):
        asked = parse_qs(urlsplit(self.path).query)
        self.send_response(int(asked.get("status", ["302"])[0]))
        if "url" in asked:
            self.send_header("Location", asked["url"][0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _loop(self):
        self.path = f"/to?url=/loop/{len(self.server.requests)}"
        self._to()

    def _missing(self):
        self.send_error(404)

    def _garbage(self):
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        self.close_connection = True

    def _short(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(FILE) * 2))
        self.end_headers()
        self.wfile.write(FILE)
        self.close_connection = True

    def _declares(self):
        self.send_response(200)
        self.send_header("Content-Length", str(10**15))
        self.end_headers()
        self.close_connection = True

    def _endless(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(FILE), FILE))

    def _dripheaders(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            self.wfile.write(b"x")
            time.sleep(0.1)

    def _dripbody(self):
        self.send_response(200)
        self.send_header("Content-Length", "50000")
        self.end_headers()
        while True:
            self.wfile.write(b"x")
            time.sleep(0.1)

    def _silent(self):
        time.sleep(30)


@contextmanager
def outside(host: str = OUTSIDE, tls: ssl.SSLContext | None = None) -> Iterator[QuietServer]:
    """A server that may be reached; `requests` says what it was asked."""
    server = QuietServer((host, 0), OutsideHandler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.requests = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Inside:
    """A server that must never see a connection: on every address of this machine but those that are in use."""

    port: int
    connections: list[str] = field(default_factory=list)


SECRET = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret"


@contextmanager
def inside() -> Iterator[Inside]:
    """All addresses of this machine, IPv4 and IPv6, on one port; each connection is counted and told a secret."""
    listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    found = Inside(listener.getsockname()[1])

    def serve():
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            found.connections.append(peer[0])
            with connection:
                connection.settimeout(2)
                try:
                    connection.recv(4096)
                    connection.sendall(SECRET)
                except OSError:
                    pass

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield found
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


class Names(BaseResolver):
    """A name server whose answers can change from one question to the next."""

    def __init__(self, zone: dict[str, list[list[str]]]) -> None:
        self.zone = zone
        self.asked: dict[str, int] = {}

    def resolve(self, request, handler):
        reply = request.reply()
        name = str(request.q.qname).rstrip(".").lower()
        if name not in self.zone:
            reply.header.rcode = RCODE.NXDOMAIN
            return reply
        if request.q.qtype == QTYPE.A:
            self.asked[name] = self.asked.get(name, 0) + 1
        turns = self.zone[name]
        turn = max(self.asked.get(name, 1), 1) - 1
        for text in turns[min(turn, len(turns) - 1)]:
            self._answer(reply, request.q, name, text)
        return reply

    def _answer(self, reply, question, name, text):
        if text.endswith(".test"):
            reply.add_answer(RR(name, QTYPE.CNAME, ttl=0, rdata=CNAME(text)))
            for address in self.zone[text][0]:
                self._answer(reply, question, text, address)
        elif ":" in text and question.qtype == QTYPE.AAAA:
            reply.add_answer(RR(name, QTYPE.AAAA, ttl=0, rdata=AAAA(text)))
        elif ":" not in text and question.qtype == QTYPE.A:
            reply.add_answer(RR(name, QTYPE.A, ttl=0, rdata=A(text)))


@dataclass
class NameServer:
    """A name server on loopback, and a resolver that asks it over UDP."""

    names: Names
    port: int

    def __call__(self, host: str, port: int) -> list[str]:
        """The addresses of `host`, asked for anew each time."""
        found = []
        for kind in ("A", "AAAA"):
            packet = DNSRecord.question(host, kind).send("127.0.0.1", self.port, timeout=5)
            reply = DNSRecord.parse(packet)
            found += [str(one.rdata) for one in reply.rr if one.rtype in (QTYPE.A, QTYPE.AAAA)]
        if not found:
            raise OSError("no such name")
        return found


@contextmanager
def name_server(zone: dict[str, list[list[str]]]) -> Iterator[NameServer]:
    """Serve `zone`: a list of answers for each name, one after the other, the last one for ever."""
    names = Names(zone)
    server = DNSServer(names, address="127.0.0.1", port=0, logger=_Silent())
    server.start_thread()
    try:
        yield NameServer(names, server.server.server_address[1])
    finally:
        server.stop()
        server.server.server_close()


class _Silent:
    """A log of dnslib that says nothing."""

    def __getattr__(self, name):
        return lambda *_: None
