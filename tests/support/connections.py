"""Every address that a program and its children try to reach. For tests only.

With strace the system calls are seen, of native libraries too; without it what Python asks for, by an audit hook.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import sys
from pathlib import Path

HOOK = """
import os, sys
def _tell(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and isinstance(arguments[1], tuple):
        with open(os.environ["UNMASK_TEST_CONNECTIONS"], "a") as log:
            log.write(f'"{arguments[1][0]}"\\\\n')
sys.addaudithook(_tell)
"""
CALLS = "connect,sendto,sendmsg,sendmmsg"
FOUND = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"|^"([^"]+)"', re.MULTILINE)


class Watched:
    """A command and an environment to run it in; afterwards `outside` says what was tried."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._log = folder / "connections"
        self._log.touch()
        self.environment: dict[str, str] = {"UNMASK_TEST_CONNECTIONS": str(self._log)}
        strace = shutil.which("strace")
        if strace:
            watch = [strace, "-f", "-qq", "--seccomp-bpf", "-e", f"trace={CALLS}", "-e", "signal=none"]
            self.command = [*watch, "-o", str(self._log), *command]
            return
        (folder / "hook").mkdir()
        (folder / "hook" / "sitecustomize.py").write_text(HOOK)
        self.environment["PYTHONPATH"] = os.pathsep.join((str(folder / "hook"), *sys.path))
        self.command = command

    def addresses(self) -> set[str]:
        """All that was tried, loopback too."""
        found = FOUND.findall(self._log.read_text(errors="replace"))
        return {next(filter(None, one)) for one in found}

    def outside(self) -> set[str]:
        """What was tried and is not this machine: addresses, and names that would have been looked up."""
        return {one for one in self.addresses() if not _is_loopback(one)}


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
