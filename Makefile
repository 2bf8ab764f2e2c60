# Targets for people and for CI. Each installs what it needs; `local/` holds the work.
SHELL := /bin/bash
STACK_IS_CHOSEN := $(STACK)
STACK ?= local
FORMAT ?= text
STEP ?= training
LOCKED := $(shell cat requirements.txt local/toolchain/uv.txt | sha256sum | cut -c1-16)
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/exquisite-mlops
VENV := $(CACHE)/venv/$(LOCKED)
PYTHON := .venv/bin/python

# What `make check` judges: every stack, unless one is named.
CHECKED := $(or $(STACK_IS_CHOSEN),$(patsubst stacks/Pulumi.%.yaml,%,$(wildcard stacks/Pulumi.*.yaml)))

# Stacks whose machines a cloud makes, which takes its SDK, whatever they are called.
CLOUDY := $(patsubst stacks/Pulumi.%.yaml,%,$(shell grep -lE "\bkind['\"]?: *['\"]?(aws|gcp)\b" stacks/Pulumi.*.yaml))

# Tests of systems whose images `make up` doesn't build.
APART := tests/cluster/apart

.DEFAULT_GOAL := help
.PHONY: help up preview down status endpoints train check test test-engine test-cluster test-apart bench lint picture schema admission mutation package docs graph new-stack lock clean venv clouds

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

up: venv  ## the stack STACK (local), on the embedded cluster or on the one that KUBECONFIG names
	@$(PYTHON) -m local up --stack $(STACK)

preview: venv  ## what `make up` would change of the stack STACK as it runs
	@$(PYTHON) -m local preview --stack $(STACK)

down: venv  ## destroy the stack, stop the cluster (not with KEEP_CLUSTER=1), show that nothing is left
	@$(PYTHON) -m local down --stack $(STACK) $(if $(KEEP_CLUSTER),--keep-cluster)

status: venv  ## what runs where, and which pods are simulated; or the pods of the cluster that KUBECONFIG names
	@$(PYTHON) -m local status

endpoints: venv  ## every endpoint as JSON, passwords included
	@$(PYTHON) -m local endpoints --stack $(STACK)

train: venv  ## run a step of the stack, STEP (training), on ENGINE, or examples/training as an MLflow Project
	@$(PYTHON) -m local train --stack $(STACK) --engine "$(ENGINE)" --step "$(STEP)"

check: venv $(if $(filter $(CLOUDY),$(CHECKED)),$(VENV)/clouds)  ## judge each stack's plan, or that of STACK alone, and report in FORMAT (text)
	@$(PYTHON) -m local check $(if $(STACK_IS_CHOSEN),--stack $(STACK),--every) --format $(FORMAT)

test: venv lint $(VENV)/clouds  ## unit, engine and cluster tests; KEEP=1 leaves the platform as they have it
	@$(PYTHON) -m tests.beside --ignore=$(APART) $(if $(KEEP),--keep)

test-engine: venv $(VENV)/clouds  ## unit and engine tests: no cluster
	@$(PYTHON) -m pytest tests/unit tests/engine

test-cluster: venv  ## cluster tests: the platform that `make up` has made, or one of their own
	@$(PYTHON) -m pytest tests/cluster --ignore=$(APART) $(if $(KEEP),--keep)

test-apart: venv  ## cluster tests of what `local` hasn't, each in a stack of its own: PostgreSQL with standbys, the front door
	@$(PYTHON) -m pytest $(APART)

bench: venv  ## ratios of cost; see docs/bench.md
	@$(PYTHON) -m tests.bench

mutation: $(VENV)/mutation  ## change the policies line by line and see whether a test fails: MODULE="guardrails.secrets ..."
	@$(PYTHON) -m tests.mutation $(if $(MINUTES),--minutes $(MINUTES)) $(MODULE)

$(VENV)/mutation: requirements-mutation.txt | venv
	@echo "installing the mutation testing tool"
	@$(VENV)/bin/uv pip install --quiet --no-deps --python $(VENV)/bin/python --require-hashes -r $<
	@touch $@

lint: venv
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .

picture: venv  ## draw the running stack into README
	@$(PYTHON) -m local picture

new-stack: venv  ## write a stack file: asks, or takes FLAGS="--name team-a --layers argo"; then judges it
	@$(PYTHON) -m stacks.new $(FLAGS)

graph: venv $(if $(filter $(CLOUDY),$(STACK)),$(VENV)/clouds)  ## draw the stack STACK as docs/pictures/STACK.svg: no cluster
	@$(PYTHON) -m local draw --stack $(STACK)

schema: venv  ## write stacks/schema.json and plugin/schema.json from the models
	@$(PYTHON) -m stacks.schema && $(PYTHON) -m plugin.schema

docs: venv $(VENV)/clouds  ## write settings, wires, outputs and images into the pages of docs/
	@$(PYTHON) -m reference

admission: venv  ## write stacks/policies/*admission.yaml from the catalogue of licences and the stacks' settings
	@$(PYTHON) -m policies admission $(call into,stacks/policies/admission.yaml)
	@for settings in stacks/policies/*.json; do own=$${settings%.json}.admission.yaml; \
	$(PYTHON) -m policies admission --config $$settings $(call into,$$own); \
	! cmp --quiet $$own stacks/policies/admission.yaml || rm $$own; done

# Where a command writes to: the file stays as it was if that fails.
into = > $(1).new && mv $(1).new $(1) || { rm -f $(1).new; exit 1; }

clouds: $(VENV)/clouds  ## install the SDKs of AWS and GCP, as `make check` of their stacks does

# Beside the other packages, for those who judge a cloud's stack: with a cloud's SDK installed, the official engine
# fetches that cloud's plugin, too, whatever the stack.
$(VENV)/clouds: requirements-clouds.txt | venv
	@echo "installing the clouds' SDKs"
	@$(VENV)/bin/uv pip install --quiet --no-deps --python $(VENV)/bin/python --require-hashes -r $<
	@touch $@

package: venv  ## wheel and sdist of the components, into dist/
	@$(PYTHON) -m hatchling build -d dist

lock: venv  ## pin anew what pyproject.toml asks for
	@$(VENV)/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header pyproject.toml --group policies --group images --group local \
	  --group dev -o requirements.txt
	@$(VENV)/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header pyproject.toml --extra aws --extra gcp --no-deps \
	  -c requirements.txt -o requirements-clouds.txt
	@$(VENV)/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --group mutation -c requirements.txt -o requirements-mutation.txt

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
