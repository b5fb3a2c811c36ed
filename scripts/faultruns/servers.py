"""Servers of the run's own, that may be killed and started again without hurting anybody."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

import psycopg
from psycopg import sql

from support.servers import free_port

Mode = Literal["pass", "error", "silent"]
_ANSWER = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_REQUEST = re.compile(rb"(GET|PUT|POST|HEAD|DELETE) (\S+) HTTP/1\.1\r\n")
_PLACES = ("artifacts", "work", "media", "incoming", "uploads", "health")


class Postgres:
    """A cluster in a folder, on a port of its own. As root it is run by the user postgres, as PostgreSQL demands.

    With `roles` it counts statements (pg_stat_statements), and has those roles besides, who may do everything.
    """

    def __init__(self, folder: Path, roles: Sequence[str] = ()) -> None:
        self._binaries = _postgres_binaries()
        self._options = "-c shared_preload_libraries=pg_stat_statements -c track_io_timing=on" if roles else ""
        self._data, self._port = folder / "data", free_port()
        folder.mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "--no-sync")
        self.start()
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE unmask")
            for role in roles:
                connection.execute(sql.SQL("CREATE ROLE {} SUPERUSER LOGIN").format(sql.Identifier(role)))
        self.url = self._address("unmask")
        if roles:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION pg_stat_statements")

    @property
    def process(self) -> int:
        """The id of the first process."""
        return int((self._data / "postmaster.pid").read_text(encoding="ascii").split()[0])

    def url_of(self, role: str) -> str:
        """The address for a role."""
        return self._address("unmask", role)

    def _address(self, name: str, role: str = "postgres") -> str:
        return f"postgresql://{role}@127.0.0.1:{self._port}/{name}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = (
            f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._data} {self._options}"
        )
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._data / "log"), "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        """Stop it: `immediate` as a crash does, `fast` as an administrator does."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", how, "stop")

    def _run(self, program: str, *arguments: str) -> None:
        become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*become, str(self._binaries / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")  # noqa: S603 - a server's own program


@contextmanager
def postgres(folder: Path, roles: Sequence[str] = ()) -> Iterator[Postgres]:
    """A cluster that ends with the block."""
    made = Postgres(folder, roles)
    try:
        yield made
    finally:
        with suppress(subprocess.CalledProcessError):  # it was stopped
            made.stop()


def _postgres_binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = shutil.which("initdb") or (found[-1] if found else None)
    if program is None:
        raise SystemExit("there is no PostgreSQL on this machine")
    return Path(program).parent


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[bool]:
    """A file system in memory that can be filled up, where that may be mounted; whether it was."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0  # noqa: S603
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)  # noqa: S603, S607


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """The disk has no byte left while the block runs."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    with filler.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x")
    try:
        yield
    finally:
        filler.unlink()


class Proxy:
    """Stands before the S3 server, and passes bytes on; or answers 500, or nothing at all. Counts requests."""

    def __init__(self, upstream: int) -> None:
        self._mode: Mode = "pass"
        self._open: set[socket.socket] = set()
        self.requests: Counter[str] = Counter()
        self.upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def turn(self, mode: Mode) -> None:
        """From now on; lines that are open break."""
        self._mode = mode
        for line in list(self._open):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more."""
        self._listener.close()
        self.turn("error")

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        self._open.add(line)
        try:
            if self._mode == "pass":
                self._pass(line)
            elif self._mode == "error":
                line.settimeout(5)
                line.recv(1 << 16)
                line.sendall(_ANSWER)
            else:
                while self._mode == "silent":
                    time.sleep(0.1)
        except OSError:
            return
        finally:
            self._open.discard(line)
            line.close()

    def _pass(self, line: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self.upstream)) as server:
            self._open.add(server)
            back = threading.Thread(target=_pump, args=(server, line), daemon=True)
            back.start()
            _pump(line, server, self._note)
            back.join()
            self._open.discard(server)

    def _note(self, piece: bytes) -> None:
        """Count a request, where a piece begins with one: a client sends the next after it was answered."""
        if found := _REQUEST.match(piece):
            self.requests[f"{found[1].decode()} {_place(found[2].decode())}"] += 1


def _place(path: str) -> str:
    """What a request is about: the folder of the store that its key names, or the list of a folder."""
    folder = next((part for part in re.split("[/=&?]", unquote(path)) if part in _PLACES), "other")
    if folder == "other" and path.endswith("?delete"):
        return "deletion of many"
    return f"list of {folder}" if "list-type" in path else folder


def _pump(source: socket.socket, target: socket.socket, note: Callable[[bytes], None] = lambda _: None) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            note(piece)
            target.sendall(piece)
    for line in (source, target):
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
