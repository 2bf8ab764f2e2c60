# Targets for people and for CI. Each installs what it needs; `local/` holds the work.
SHELL := /bin/bash
STACK ?= local
LOCKED := $(shell cat requirements.txt local/toolchain/uv.txt | sha256sum | cut -c1-16)
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/exquisite-mlops
VENV := $(CACHE)/venv/$(LOCKED)
PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help up down status endpoints train check test test-engine test-cluster test-data bench lint picture schema lock clean venv

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

up: venv  ## the stack STACK (local), on the embedded cluster or on the one that KUBECONFIG names
	@$(PYTHON) -m local up --stack $(STACK)

down: venv  ## destroy the stack, stop the cluster, show that nothing is left
	@$(PYTHON) -m local down --stack $(STACK)

status: venv  ## what runs where, and which pods are simulated
	@$(PYTHON) -m local status

endpoints: venv  ## every endpoint as JSON, passwords included
	@$(PYTHON) -m local endpoints --stack $(STACK)

train: venv  ## run examples/training in the cluster, as a Project or on ENGINE
	@$(PYTHON) -m local train --engine "$(ENGINE)"

check: venv  ## judge the stack's plan by the policy packs: no cluster, no login
	@$(PYTHON) -m local check --stack $(STACK)

# The cluster tests mostly wait, so the others cost no time beside them; what these say is shown at the end.
test: venv lint  ## unit, engine and cluster tests
	@set -m; said=$$(mktemp); $(MAKE) --no-print-directory test-engine > $$said 2>&1 & \
	engine=$$!; set +m; trap "exit 130" INT; trap "kill -INT -- -$$engine 2> /dev/null; wait; rm $$said" EXIT; \
	$(MAKE) --no-print-directory test-cluster; failed=$$?; \
	wait $$engine || failed=$$?; trap "rm $$said" EXIT; cat $$said; exit $$failed

test-engine: venv  ## unit and engine tests: no cluster
	@$(PYTHON) -m pytest tests/unit tests/engine

test-cluster: venv  ## cluster tests: the whole platform on the embedded cluster
	@$(PYTHON) -m pytest tests/cluster --ignore=tests/cluster/data

test-data: venv  ## cluster tests of the layers of local-data, which `make test` leaves out
	@$(PYTHON) -m pytest tests/cluster/data --layers=airflow,alluxio,datasets,features,metadata,prefect

bench: venv  ## ratios of cost; see docs/bench.md
	@$(PYTHON) -m tests.bench

lint: venv
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .

picture: venv  ## draw the running stack into README
	@$(PYTHON) -m local picture

schema: venv  ## write stacks/schema.json from the model
	@$(PYTHON) -m stacks.schema

lock: venv  ## pin anew what pyproject.toml asks for
	@$(VENV)/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header pyproject.toml --group policies --group local --group dev -o requirements.txt

clean: venv  ## remove what was built
	@$(PYTHON) -m local clean

venv: $(VENV)/complete
	@[ "$$(readlink .venv)" = $(VENV) ] || ln -sfn $(VENV) .venv

# uv installs the locked packages in seconds where pip takes minutes; pip installs uv, from its own lock.
$(VENV)/complete:
	@echo "installing the Python environment"
	@rm -rf $(VENV) && python3 -m venv $(VENV) || { echo "error: python3 -m venv failed: install python3-venv"; exit 1; }
	@$(VENV)/bin/pip install --quiet --require-hashes -r local/toolchain/uv.txt
	@$(VENV)/bin/uv pip install --quiet --compile-bytecode --python $(VENV)/bin/python --require-hashes -r requirements.txt
	@touch $@
