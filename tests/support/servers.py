"""Real servers on loopback, one process or thread each, for tests of the service."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy.engine import make_url

S3_KEY, S3_SECRET, BUCKET = "key-of-tests", "secret-of-tests-0123456789", "unmask"
POSTGRES = os.environ.get("UNMASK_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """An S3 server over a folder, with one empty bucket; its address."""
    port = free_port()
    environment = os.environ | {"NANIO_ACCESS_KEY": S3_KEY, "NANIO_SECRET_KEY": S3_SECRET}
    command = [sys.executable, "-m", "nanio", "serve", "--data-dir", str(folder), "--host", "127.0.0.1"]
    (folder / BUCKET).mkdir(parents=True)
    process = subprocess.Popen(
        [*command, "--port", str(port), "--workers", "1", "--no-access-log", "--log-level", "error"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def make_bucket(endpoint: str, key: str, secret: str, region: str = "us-east-1") -> None:
    """Make the bucket on a server that is there, with a request signed by AWS's Signature Version 4."""
    host, now = endpoint.partition("://")[2], datetime.now(UTC)
    stamp, day, empty = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d"), hashlib.sha256(b"").hexdigest()
    names = "host;x-amz-content-sha256;x-amz-date"
    lines = ["PUT", f"/{BUCKET}", "", f"host:{host}", f"x-amz-content-sha256:{empty}", f"x-amz-date:{stamp}", "", names]
    asked = hashlib.sha256("\n".join([*lines, empty]).encode()).hexdigest()
    scope = f"{day}/{region}/s3/aws4_request"
    signed = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{asked}".encode()
    own = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        own = hmac.new(own, part.encode(), hashlib.sha256).digest()
    value = hmac.new(own, signed, hashlib.sha256).hexdigest()
    headers = {
        "x-amz-content-sha256": empty,
        "x-amz-date": stamp,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={value}",
    }
    httpx.put(f"{endpoint}/{BUCKET}", headers=headers, timeout=60).raise_for_status()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server at {address} ended at once")
        try:
            httpx.get(address, timeout=2)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {address}")


@contextmanager
def postgres_database() -> Iterator[str]:
    """A database of its own on the PostgreSQL server of this machine; skips where none answers."""
    try:
        connection = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as refused:
        pytest.skip(f"no PostgreSQL server answers at {make_url(POSTGRES).host}: {refused}".splitlines()[0])
    name = f"unmask_test_{secrets.token_hex(6)}"
    with connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            url = make_url(POSTGRES).set(database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass
class Served:
    """An application that answers on loopback."""

    url: str
    app: Any


@contextmanager
def uvicorn_server(app: Any) -> Iterator[Served]:
    """Serve an ASGI application with the real server, in a thread."""
    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=3, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        for _ in range(600):
            if server.started:
                break
            if not thread.is_alive():
                raise RuntimeError("the application did not start")
            time.sleep(0.05)
        yield Served(f"http://127.0.0.1:{port}", app)
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
