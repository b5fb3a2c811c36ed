"""A line that breaks: a TCP proxy on loopback that cuts connections after so many bytes from the client."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Line:
    """The proxy's port; `cuts` are the bytes after which the next connections break, the rest stay whole."""

    port: int
    cuts: list[int] = field(default_factory=list)
    broken: int = 0


@contextmanager
def breaking_line(port: int) -> Iterator[Line]:
    """A proxy before the server on `port`."""
    listener = socket.create_server(("127.0.0.1", 0))
    line = Line(listener.getsockname()[1])

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=_pump, args=(server, client, None), daemon=True).start()
            threading.Thread(target=_pump, args=(client, server, line), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield line
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _pump(source: socket.socket, target: socket.socket, line: Line | None) -> None:
    sent = 0
    try:
        while data := source.recv(65536):
            sent += len(data)
            if line is not None and line.cuts and sent > line.cuts[0]:
                line.cuts.pop(0)
                line.broken += 1
                for side in (source, target):  # a reset, as of a cable that was pulled
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                break
            target.sendall(data)
    except OSError:
        pass
    finally:
        for side in (source, target):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()
