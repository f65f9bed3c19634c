# Two commands matter to a user: `make run` and `make test`. Everything is installed into .venv; nothing needs root.

VENV := .venv
BIN := $(VENV)/bin
# The first that runs and is new enough: a version manager may put names on the path that do not run.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# pip compiles one file after the other, which takes as long as the rest of it. Packages bring files that are no Python,
# such as templates: that those do not compile is no failure.
INSTALL = $(BIN)/python -m pip install --no-compile --quiet --disable-pip-version-check -c requirements.lock
COMPILE = $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
WORKERS ?= auto
HOURS ?= 8

.PHONY: help setup setup-dev setup-infrastructure synth image-steps run run-trino run-aws-local test parity parity-aws \
	contract-athena lint format bench peers soak lock clean

help:
	@echo "make run    set everything up, make sample sources, materialise the whole graph and serve it on loopback"
	@echo "make run-trino  the same, with the warehouse on a Trino of this machine (docs/trino.md)"
	@echo "make run-aws-local  the profile aws, on stand-ins of AWS on this machine (docs/aws-local.md)"
	@echo "make test   set everything up and run all tests"
	@echo "make parity make the graph on Postgres and on Trino, and compare all that comes of it (minutes)"
	@echo "make parity-aws  the same for the profiles local and aws, on stand-ins of AWS (minutes)"
	@echo "make contract-athena  the warehouse's whole contract on Athena's stand-in (minutes)"
	@echo "make synth  make CloudFormation of the infrastructure, and test it (needs Node; docs/deploy.md)"
	@echo "make lint   formatting, lint rules, types and floors"
	@echo "make bench  measure against the named baselines (minutes)"
	@echo "make peers  measure other tools at the same work, in turns with ours (minutes)"
	@echo "make soak   live through a month in 8 hours (HOURS=), with kills and failing sources: bench/SOAK.md"

setup: $(VENV)/.runtime

setup-dev: $(VENV)/.dev

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; set PYTHON=/path/to/python3.11." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.python pyproject.toml requirements.lock
	$(INSTALL) -e .
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(INSTALL) -e '.[dev]'
	@$(COMPILE)
	@touch $@

run: setup
	@$(BIN)/tributary up

run-trino: $(VENV)/.trino
	@TRIBUTARY_WAREHOUSE=trino TRIBUTARY_POSTGRES_PORT=$${TRIBUTARY_POSTGRES_PORT:-15432} $(BIN)/tributary up

AWS_LOCAL_PORT ?= 5000

run-aws-local: $(VENV)/.aws-local
	@$(BIN)/python -m tributary.aws_local --port $(AWS_LOCAL_PORT) up

$(VENV)/.aws-local: $(VENV)/.runtime
	$(INSTALL) -e '.[aws-local]'
	@$(COMPILE)
	@touch $@

$(VENV)/.trino: $(VENV)/.runtime
	$(INSTALL) -e '.[trino]'
	@$(COMPILE)
	@touch $@

test: setup-dev
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

setup-infrastructure: $(VENV)/.infrastructure

$(VENV)/.infrastructure: $(VENV)/.dev
	$(INSTALL) -e '.[infrastructure]'
	@$(COMPILE)
	@touch $@

# The tests synthesise as well, with cdk-nag, and look at all that comes of it, with cfn-lint.
synth: setup-infrastructure
	$(BIN)/pytest -n 0 -rs tests/infrastructure
	@$(BIN)/python -O -m infrastructure.app --out build/cdk
	$(BIN)/cfn-lint --ignore-checks W3010 -- build/cdk/*.template.json
	@echo "The templates are in build/cdk."

# The steps of the image without a container engine, in an empty folder as another user: minutes.
image-steps: setup-dev
	IMAGE_STEPS=1 $(BIN)/pytest -n 0 -rs tests/server/test_image_steps.py

parity: setup-dev
	@$(BIN)/python -m tests.parity

parity-aws: setup-dev
	@$(BIN)/python -m tests.parity aws

contract-athena: setup-dev
	CONTRACT_ON_ATHENA=1 $(BIN)/pytest -n 0 tests/warehouse/contract -k athena

lint: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --num-workers auto
	$(BIN)/lint-imports --no-cache

format: setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup-dev
	$(BIN)/python -m bench

peers: setup-dev
	$(BIN)/python -m bench peers

soak: setup-dev
	$(BIN)/python -m bench soak --hours $(HOURS)

# The lock holds versions only, so that it says nothing of where packages are fetched from.
lock: setup-dev
	$(BIN)/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' | sort -f > requirements.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
