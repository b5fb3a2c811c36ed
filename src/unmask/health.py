"""Asks a server on this machine whether it is well, for container health checks: `python -m unmask.health URL`."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

SECONDS = 4.0


def is_well(url: str) -> bool:
    """Whether an http address answers with 200 in time. No proxy is asked."""
    if not url.startswith("http://"):
        return False
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=SECONDS) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(0 if len(sys.argv) == 2 and is_well(sys.argv[1]) else 1)
