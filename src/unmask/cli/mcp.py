"""What `unmask mcp` does."""

from __future__ import annotations

from pathlib import Path


def run(server: str | None, key: str | None, root: Path | None, out: Path) -> None:
    """Speak MCP over standard input and output until the other side goes."""
    from unmask.assistant.backends import Backend, LocalBackend, RemoteBackend
    from unmask.assistant.server import make_server
    from unmask.client import AsyncClient

    backend: Backend = LocalBackend(out) if server is None else RemoteBackend(AsyncClient(server, key), server)
    make_server(backend, root).run("stdio")
