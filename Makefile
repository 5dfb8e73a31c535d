# Everything starts here: `make lab` and `make test` need Python 3.11+ and a package registry.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Bytecode is compiled at set-up, but for the hundreds of AWS services that no stack here uses.
SELDOM := 'aws_cdk/aws_(?!cloudtrail|iam|kms|lambda|s3)'
# Node trusts what the machine trusts, also behind a company's proxy.
export NODE_USE_SYSTEM_CA := 1
# A start takes half as long with bytecode, also where a container says not to write any.
export PYTHONDONTWRITEBYTECODE :=
CONSOLE := local_aws/console/built/index.html
export PATH := $(CURDIR)/node_modules/.bin:$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup console lab guide test test-all test-moto test-clients check format lint types synth docs local data schema bench fidelity fuzz clean

# Files go to four processes in the order of their names, in which those that take long come early;
# four for two cores: two work while the others wait for programs that they started.
PYTEST := pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder --durations 20

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready  ## create .venv with everything in it, including Node and the CDK CLI, and build the console
	@$(MAKE) --no-print-directory $(CONSOLE)

$(VENV)/.ready: requirements.txt requirements-dev.txt constraints.txt package.json package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) was found: run make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@echo "installing the pinned packages into $(VENV): one to three minutes, once"
	@$(PIP) --no-compile -r requirements-dev.txt -c constraints.txt
	@$(BIN)/python -m compileall -q -j 0 -x $(SELDOM) $(VENV)/lib stacks cloudtrail trail_logs local_aws lab_steps
	@npm ci --loglevel=error
	@touch $@

console: setup  ## build the local AWS's console from console/, if that has changed

$(CONSOLE): console/node_modules/.ready console/index.html $(shell find console/src console/public -type f) $(wildcard console/*.ts)
	@npm --prefix console run --silent build

console/node_modules/.ready: console/package.json console/package-lock.json
	@npm --prefix console ci --loglevel=error
	@touch $@

lab: setup  ## run the whole lab on a local AWS started for it
	@python -m lab_steps run

guide: setup  ## open the lab in the browser: a console to click in, and a guide next to it
	@python -m lab_steps guide

test: setup  ## run all tests, and print the slowest 20; COVER=1 also measures coverage
	@$(PYTEST) $(if $(COVER),--cov --cov-report term:skip-covered)

test-all: setup  ## run all tests with many more random examples, then the fuzz campaigns
	@$(PYTEST) --hypothesis-profile long
	@python -m tests.fuzz

test-moto: setup  ## run moto's own suites here and on moto's server: differences must be as in AWS
	@$(PIP) -r requirements-moto-suites.txt -c constraints.txt
	@python -m tests.moto_suites $(SUITES)

test-clients: setup  ## run real clients, including those that install gigabytes
	@pytest tests/acceptance -m '' --durations 20

check: setup  ## everything CI runs: format, lint, types, synth review, site, tests
	@$(MAKE) --no-print-directory --jobs 2 format lint types synth docs
	@$(MAKE) --no-print-directory test

format: setup
	@ruff format --check .

lint: setup
	@ruff check .
	@lint-imports --no-logo

types: setup
	@mypy
	@npm --prefix console run --silent types

synth: setup  ## synthesize the templates of the lab and of a class, and review them (cdk-nag, cfn-lint)
	@python -m tests.stacks.class_apps cdk.out/class & class=$$!; cdk synth --quiet && wait $$class
	@cfn-lint 'cdk.out/*.template.json' 'cdk.out/class/*.template.json'

docs: setup  ## build the documentation as a site, into site/; renew docs/walkthrough.md, docs/permissions.md and llms.txt
	@python -m website.walkthrough
	@python -m website.permissions
	@python -m website.pages
	@NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet

data: setup  ## renew what we keep of AWS's schemas and actions from cfn-lint
	@python -m tests.kept_data

local: setup  ## serve the local AWS until Ctrl-C
	@python -m lab_steps local

schema: setup  ## renew what is made from the code: the result's JSON Schema, docs/result.md, the IAM policies
	@python -m lab_steps.results.fields schema > result.schema.new
	@mv result.schema.new lab_steps/results/result.schema.json
	@python -m lab_steps.results.fields > result.md.new
	@mv result.md.new docs/result.md
	@python -m lab_steps.walkthrough.policy_files

fidelity: setup  ## print how much of real records ours reproduce, by service
	@python -m tests.fidelity

bench: setup  ## measure for some minutes, and print one table
	@$(PIP) -r requirements-bench.txt -c constraints.txt
	@python -m bench

fuzz: setup  ## try random input for a long time, and print what was lost, duplicated, crashed or hung
	@python -m tests.fuzz

clean:  ## remove what make created here
	rm -rf $(VENV) node_modules console/node_modules local_aws/console/built cdk.out .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
