#!/usr/bin/env bash
# Writes requirements/*.txt anew from pyproject.toml: exact versions with hashes and no address of any index.
# Needs uv on the PATH. Versions that are already pinned stay unless --upgrade is given.
#
#   run.txt    what `unmask` needs to run (make demo)
#   dev.txt    what the tests need besides (make test)
#   local-llm.txt is kept by hand
#   train.txt  what training needs besides; it has a package without wheels, so a C compiler is needed
#   bench.txt  what the plain baseline of the benchmarks needs besides
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p requirements

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cat requirements/*.txt 2>/dev/null >"$work/all.txt" || true # uv keeps versions that the output file already names

uv pip compile pyproject.toml --extra dev --extra samples --extra train --extra local-llm --extra bench "$@" --quiet \
    --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
    --generate-hashes --no-emit-index-url --no-header --no-annotate -o "$work/all.txt"
python3 scripts/split_lock.py "$work/all.txt" requirements
