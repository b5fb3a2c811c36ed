"""The child process of a local model: llama.cpp's OpenAI-compatible server on a free port of this machine alone.

`python -m unmask.llm.server MODEL.gguf THREADS` prints its address as one line of JSON and serves until its standard
input closes, so that it never outlives who started it.
"""

from __future__ import annotations

import json
import sys

CONTEXT = 8192
"""Tokens of prompt and answer together."""


def main() -> None:
    """Load the model, say where it listens, and wait for the end of standard input."""
    import xllamacpp

    path, threads = sys.argv[1], int(sys.argv[2])
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.n_threads_http = 2
    params.warmup = False
    params.verbosity = 0
    params.offline = True
    params.ui = False
    server = xllamacpp.Server(params)
    sys.stdout.write(json.dumps({"address": server.listening_address}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
