"""Check what Unmask is built on, without asking anybody: exact versions, hashes, licences, and what is installed.

    python scripts/audit.py                # a line for each fault; the exit code is 1 where there is one
    python scripts/audit.py --licences     # a table of packages and licences as well

Known weaknesses are looked up by a scanner that has a database; see docs/dependencies.md.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("run",)
"""Requirement files whose packages come with an installation; the others are for developing and training."""

ALLOWED = frozenset((
    "0BSD", "Apache-2.0", "Apache License 2.0", "Apache Software License", "BSD-2-Clause", "BSD-3-Clause",
    "3-Clause BSD License", "BSD License", "CC0-1.0", "CNRI-Python", "ISC License (ISCL)", "LLVM-exception", "MIT",
    "MIT-0", "MIT-CMU", "MIT License", "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)", "PSF-2.0",
    "Python Software Foundation License", "Zlib", "LGPL-2.1-or-later", "LGPL-3.0-only",
))  # fmt: skip
"""Licences, as packages name them, under which a package may be used beside Apache-2.0 without a change to either.

LGPL and MPL: the packages are used as they are, and whoever has an installation can exchange them.
"""

SAID_ELSEWHERE = {"namex": "Apache-2.0"}
"""Packages whose metadata name no licence, and what their licence file says."""

PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)(?P<rest>.*)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


@dataclass
class Pin:
    """One requirement: where it stands, its exact version, and how many hashes it has."""

    file: str
    name: str
    version: str
    hashes: int = 0
    licences: list[str] = field(default_factory=list)


def read_pins(path: Path) -> Iterator[Pin | str]:
    """The requirements of a file; a line that is no pin comes as it is."""
    pin: Pin | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("--hash="):
            if pin is None or not HASH.match(text):
                yield text
            else:
                pin.hashes += 1
            continue
        if pin is not None:
            yield pin
        found = PIN.fullmatch(text)
        pin = Pin(path.name, normal(found["name"]), found["version"], len(HASH.findall(text))) if found else None
        if found is None:
            yield text
    if pin is not None:
        yield pin


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licences(name: str) -> list[str]:
    """The licences that an installed package names, each by itself. Raises PackageNotFoundError."""
    found = metadata.metadata(name)
    named = [one.split("::")[-1].strip() for one in found.get_all("Classifier") or [] if one.startswith("License ")]
    named = [one for one in named if one != "OSI Approved"]
    if expression := found.get("License-Expression"):
        named = [re.sub(r"[()]", "", expression)]
    named = named or (found.get("License") or "").strip().split("\n")[:1]
    return [part for one in named for part in re.split(r"\s+(?:AND|OR|WITH)\s+", one) if part]


def faults() -> Iterator[str]:
    """What is not as it should be, a sentence each."""
    pins: list[Pin] = []
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        for found in read_pins(path):
            if isinstance(found, str):
                yield f"{path.name}: not an exact version with hashes: {found[:80]}"
            else:
                pins.append(found)
    for pin in pins:
        if not pin.hashes:
            yield f"{pin.file}: {pin.name} has no hash"
    names = {pin.name for pin in pins if pin.file == "run.txt"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for wanted in project["dependencies"]:
        name = normal(re.split(r"[\[<>=!~; ]", wanted)[0])
        if name not in names:
            yield f"run.txt: {name} is wanted by pyproject.toml and not pinned"
    for pin in pins:
        if pin.file.removesuffix(".txt") in SHIPPED:
            yield from _faults_of(pin)


def _faults_of(pin: Pin) -> Iterator[str]:
    try:
        version = metadata.version(pin.name)
    except metadata.PackageNotFoundError:
        yield f"{pin.name} is pinned and not installed"
        return
    if version != pin.version:
        yield f"{pin.name} {version} is installed, {pin.version} is pinned"
    named = licences(pin.name) or [SAID_ELSEWHERE.get(pin.name, "")]
    for licence in named:
        if licence not in ALLOWED:
            yield f"{pin.name}: the licence {licence!r} is not on the list"


def main() -> int:
    """Print the faults; 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--licences", action="store_true")
    if parser.parse_args().licences:
        for pin in read_pins(ROOT / "requirements" / "run.txt"):
            if isinstance(pin, Pin):
                named = licences(pin.name) or [SAID_ELSEWHERE.get(pin.name, "unknown")]
                sys.stdout.write(f"{pin.name} {pin.version}\t{', '.join(named)}\n")
    found = list(faults())
    sys.stdout.write("".join(f"{fault}\n" for fault in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
