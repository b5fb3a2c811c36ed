"""Split one resolved lock into run.txt, dev.txt, train.txt and bench.txt: called by lock.sh, needs uv on the PATH."""

import re
import subprocess
import sys
from pathlib import Path

HEADER = "# {purpose}. Written by scripts/lock.sh from pyproject.toml; do not edit.\n"
PURPOSES = {
    "run": "What unmask needs to run",
    "dev": "What the tests need besides run.txt",
    "train": "What training needs besides run.txt and dev.txt (pyworld is compiled)",
    "bench": "What the plain baseline of the benchmarks needs besides run.txt and dev.txt",
}


def blocks(lock: str) -> dict[str, str]:
    """Return the requirement blocks (name==version and its hashes) of a lock file by package name."""
    found = re.findall(r"^[a-z0-9][^\n]*(?:\n    --hash=[^\n]*)+", lock, flags=re.MULTILINE)
    return {block.split("==")[0]: block for block in found}


def names(lock: Path, *extras: str, without: tuple[str, ...] = ()) -> set[str]:
    """Return the packages that pyproject.toml with these extras needs, resolved within the lock."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--quiet", "--python-version", "3.11"]
    command += ["--python-platform", "x86_64-manylinux_2_28", "--no-header", "--no-annotate", "--constraint", str(lock)]
    command += [part for extra in extras for part in ("--extra", extra)]
    resolved = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 (fixed command)
    found = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", resolved, flags=re.MULTILINE))
    return found - set(without)


def main() -> None:
    """Write the files; each package is in exactly one of them."""
    lock, folder = Path(sys.argv[1]), Path(sys.argv[2])
    pinned = blocks(lock.read_text())
    run = names(lock)
    dev = names(lock, "dev", "samples", "train", "local-llm", without=("pyworld",)) - run
    train = {"pyworld"} & set(pinned)
    parts = {"run": run, "dev": dev, "train": train, "bench": set(pinned) - run - dev - train}
    for part, members in parts.items():
        text = "\n".join(pinned[name] for name in sorted(members))
        (folder / f"{part}.txt").write_text(HEADER.format(purpose=PURPOSES[part]) + text + "\n")


if __name__ == "__main__":
    main()
