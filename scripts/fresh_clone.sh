#!/usr/bin/env bash
# Clones the current commit into an empty folder, runs `make demo` there, and looks at what it wrote.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
git clone --quiet --no-local . "$work/unmask"
cd "$work/unmask"

SECONDS=0
make demo </dev/null
echo "fresh clone: make demo took ${SECONDS} s"

SECONDS=0
make demo </dev/null >/dev/null
echo "fresh clone: make demo again took ${SECONDS} s"

.venv/bin/python scripts/check_demo.py
