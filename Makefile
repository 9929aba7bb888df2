# Two commands matter: `make lab` to learn, `make test` to check. Both make their own environment in .venv, once.
PYTHON ?= python3
ARGS ?=
EXTRAS ?= dev,bulk,svg,site,hub
WORKERS ?= 2
OUT ?= build/site
MINUTES ?= 3
SEED ?= 1
# Tests start Python hundreds of times: compiled modules are kept, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

VENV := .venv
RUN := $(VENV)/bin/python -m
# What an environment was made for is in its stamp's name: a changed pyproject.toml or a moved checkout brings it up to
# date, a file's date never does (git does not keep dates).
SUM := $(shell (cat pyproject.toml; pwd) | cksum | tr ' ' '-')
LAB := $(VENV)/lab-$(SUM)
DEV := $(VENV)/dev-$(SUM)

.DEFAULT_GOAL := help
.PHONY: help lab site test check env fuzz lock bom clean

help:
	@echo "make lab      JupyterLab on the notebooks (ARGS=... goes to JupyterLab)"
	@echo "make site     the course as a static site in OUT=$(OUT)"
	@echo "make test     everything: lint, types, tests, notebooks (ARGS=... goes to pytest)"
	@echo "make check    lint and types only"
	@echo "make fuzz     inputs that nobody wrote, for MINUTES=$(MINUTES), by SEED=$(SEED); what fails is kept in tests/fuzz/seeds"
	@echo "make lock     .ci/requirements.txt anew (needs uv); make bom: what comes with an installation, as CycloneDX"
	@echo "make clean    remove .venv and what the tools left behind"
	@echo "WORKERS=$(WORKERS)       how many processes share the tests; 0: one, which can be debugged"
	@echo "PYTHON=$(PYTHON)  the Python, 3.11 or later, that .venv is made with"

lab: $(LAB)
	@$(RUN) raslib lab $(ARGS)

site: $(DEV)
	@$(RUN) raslib site -o $(OUT) $(ARGS)

test: check
	$(RUN) pytest -n $(WORKERS) $(ARGS)

env: $(DEV)

fuzz: $(DEV)
	$(RUN) tests.fuzz --minutes $(MINUTES) --seed $(SEED)

lock:
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
	--no-header --extra dev --extra bulk --extra svg --extra fleet --extra site --extra hub --extra supply \
	-o .ci/requirements.txt

bom: $(DEV)
	@$(VENV)/bin/python .ci/bom.py

check: $(DEV)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	@$(RUN) tests.ledger

clean:
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# $(call install,WHAT): uv where there is one, as it is several times faster than pip. LOCKED=1 takes the very versions
# and hashes of .ci/requirements.txt.
LOCKED ?=
install = if command -v uv >/dev/null; then uv pip install -q -p $(VENV)/bin/python $(1); \
	else $(RUN) pip install -q --disable-pip-version-check $(1); fi

$(LAB): | $(VENV)/made
	@echo "Installing raslib and JupyterLab into $(VENV) (less than a minute, once) ..."
	@$(call install,-e '.[bulk]')
	@rm -f $(VENV)/lab-* && touch $@

$(DEV): | $(VENV)/made
	@echo "Installing raslib and its development tools into $(VENV) (about a minute, once) ..."
	@$(if $(LOCKED),$(call install,--require-hashes -r .ci/requirements.txt))
	@$(call install,-e '.[$(EXTRAS)]')
	@rm -f $(VENV)/lab-* $(VENV)/dev-* && touch $(LAB) $@

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "raslib needs Python 3.11 or later; $(PYTHON) is not. Name another: make PYTHON=python3.12 ..."; exit 1; }
	@rm -rf $(VENV)
	@if command -v uv >/dev/null; then uv venv -q --seed --python "$$(command -v $(PYTHON))" $(VENV); else \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "$(PYTHON) cannot make environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }; \
	$(PYTHON) -m venv $(VENV); fi
	@touch $@
