# Every command of the project; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/reddit-reco
PORT ?=
NODES ?=
WITH ?=
CNI ?=
CLUSTER ?=
NAME := reddit-reco
# What files of the cache that are of a second cluster have in their names.
SUFFIX := $(addprefix -,$(filter-out $(NAME),$(CLUSTER)))
KUBECONFIG_FILE := $(CACHE)/kubeconfig$(SUFFIX)
URL_FILE := $(CACHE)/url$(SUFFIX)
RATES_DEFAULT := 20,50,100
PY := .venv/bin/python
export PATH := $(CACHE)/tools/bin:$(PATH)
export PORT NODES WITH CNI CLUSTER
KUBECTL := kubectl --kubeconfig $(KUBECONFIG_FILE) -n $(NAME)
SOURCES := $(wildcard services/*/src sync-cronjob/src images/mongodb/agent/src)
space := $() $()
, := ,

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the release on a real cluster ---------------------------------------------------------------

.PHONY: up
up: .venv/ready ## Bring up everything: engine, cluster, images, release, starter posts (PORT=8080 NODES=1 WITH=image CNI=cilium)
	@images/up.sh

.PHONY: down
down: ## Take the cluster away, and what `up` started for it
	@images/cluster/down.sh

.PHONY: url
url: ## Print the address of the release
	@if [ -s $(URL_FILE) ]; then cat $(URL_FILE); elif [ -s $(CACHE)/local/url ]; then cat $(CACHE)/local/url; \
	else echo "nothing runs: start with 'make up' or 'make run'" >&2; exit 1; fi

.PHONY: token
token: .venv/ready ## Print an admin token, valid for a day
	@if [ -s $(URL_FILE) ]; then $(KUBECTL) get secret $(NAME)-signing-key -o 'jsonpath={.data.key\.json}' | base64 -d > $(CACHE)/signing-key.json; \
	  trap 'rm -f $(CACHE)/signing-key.json' EXIT; key=$(CACHE)/signing-key.json; else key=$(CACHE)/local/keys/key.json; fi; \
	[ -s "$$key" ] || { echo "nothing runs: start with 'make up' or 'make run'" >&2; exit 1; }; \
	$(PY) -m reddit_reco_mongodb token --key-file "$$key" --sub admin --scope "admin posts:write" --ttl 86400

.PHONY: import
import: .venv/ready ## Put a dump in: FILE=dump.ndjson.zst FORMAT=arctic-shift [SITE= SUBREDDIT=]
	@[ -n "$(FILE)" ] && [ -n "$(FORMAT)" ] || { echo "usage: make import FILE=dump.ndjson.zst FORMAT=arctic-shift" >&2; exit 2; }
	@url=$$($(MAKE) -s url 2>/dev/null) || { echo "import: nothing runs: start with 'make up' or 'make run'" >&2; exit 1; }; \
	$(MAKE) -s token | $(PY) -m reddit_reco_local.upload "$(FILE)" --format "$(FORMAT)" --site "$(SITE)" --subreddit "$(SUBREDDIT)" --url "$$url"

.PHONY: logs
logs: ## Follow the logs from 5 minutes ago on, a line each: time, pod, message (VERB=search SINCE=1h)
	@if [ -s $(URL_FILE) ]; then \
	  $(KUBECTL) logs -f --all-containers --ignore-errors --prefix --max-log-requests 100 --tail -1 --since "$(or $(SINCE),5m)" \
	    -l "app.kubernetes.io/instance=$(NAME)$(and $(VERB),$(,)app.kubernetes.io/component=$(VERB))" 2> >(grep -v "Waited before sending" >&2); \
	elif [ -s $(CACHE)/local/url ]; then tail -q -n 20 -F $(CACHE)/local/logs/$(or $(VERB),*).log; \
	else echo "nothing runs: start with 'make up' or 'make run'" >&2; exit 1; fi | $(PY) -m reddit_reco_local.loglines

.PHONY: kubeconfig
kubeconfig: ## Print where the cluster's kubeconfig is
	@[ -s $(KUBECONFIG_FILE) ] || { echo "no cluster: start with 'make up'" >&2; exit 1; }; echo $(KUBECONFIG_FILE)

.PHONY: mongo-primary
mongo-primary: ## Print the pod that is MongoDB's primary
	@images/cluster/mongo-primary.sh

.PHONY: push
push: .venv/ready ## Push all images to a registry: REGISTRY=registry.example.org/you
	@[ -n "$(REGISTRY)" ] || { echo "usage: make push REGISTRY=registry.example.org/you" >&2; exit 2; }
	@images/push.sh "$(REGISTRY)"

# --- the same services without a cluster ---------------------------------------------------------

.PHONY: run
run: .venv/ready ## Run the services as local processes on an embedded MongoDB (PORT=8080 WITH=image)
	@$(PY) -m reddit_reco_local --port $(or $(PORT),8080)

# --- tests ---------------------------------------------------------------------------------------

.PHONY: test
test: lint ## All tests: lint, every service, the chart, and a real cluster (brought up if need be)
	@images/test.sh

.PHONY: test-unit
test-unit: .venv/ready ## Only the tests that need no cluster
	@$(PY) -m pytest -q -m "not long"

.PHONY: test-k8s
test-k8s: .venv/ready ## Only the tests against the cluster of `make up`
	@$(PY) -m pytest -v -m "not long" k8s-tests

.PHONY: test-long
test-long: .venv/ready ## The tests that take long, on top of `make test`
	@$(PY) -m pytest -v -m long services sync-cronjob images charts docs k8s-tests

.PHONY: lint
lint: .venv/ready ## ruff, mypy, import-linter, shellcheck
	@.venv/bin/ruff check -q . && .venv/bin/ruff format -q --check .
	@MYPYPATH=$(subst $(space),:,$(SOURCES)) .venv/bin/mypy $(SOURCES) k8s-tests benchmarks
	@.venv/bin/lint-imports pyproject.toml | sed -n "/^Contracts: /p;/BROKEN/,$$ p"
	@images/shellcheck.sh

.PHONY: format
format: .venv/ready ## Format the code
	@.venv/bin/ruff check -q --fix . ; .venv/bin/ruff format -q .

# --- benchmarks ----------------------------------------------------------------------------------

.PHONY: bench-search
bench-search: .venv/ready ## Search quality and speed: POSTS=posts.ndjson.zst QRELS=qrels.jsonl [MODE=lexical]
	@$(PY) -m benchmarks.bench_search --posts "$(POSTS)" --qrels "$(QRELS)" --mode "$(or $(MODE),lexical)"

.PHONY: bench-recommend
bench-recommend: .venv/ready ## Recommendation quality and speed: DATA=folder in the form of citeulike-t
	@$(PY) -m benchmarks.bench_recommend --data "$(DATA)"

.PHONY: bench-load
bench-load: .venv/ready ## Load through the Ingress at fixed rates: RATES=20,50,100 SECONDS=10 MIX=people|home
	@$(PY) -m benchmarks.bench_load --url "$$($(MAKE) -s url)" --rates "$(or $(RATES),$(RATES_DEFAULT))" --seconds "$(or $(SECONDS),10)" --mix "$(or $(MIX),people)"

# --- house keeping -------------------------------------------------------------------------------

.PHONY: lock
lock: ## Write all hashed requirement files anew
	@services/lock.sh

PACKAGES := $(patsubst %/pyproject.toml,%,$(wildcard services/*/pyproject.toml sync-cronjob/pyproject.toml images/mongodb/agent/pyproject.toml))

.venv/ready: services/local/requirements-dev.txt $(addsuffix /pyproject.toml,$(PACKAGES))
	@echo "Preparing the Python environment in .venv (under a minute) ..." >&2
	@[ -x $(PY) ] || python3 -m venv .venv
	@.venv/bin/pip install -q --require-hashes --no-deps -r services/local/requirements-uv.txt
	@.venv/bin/uv pip install -q --require-hashes --no-deps -r services/local/requirements-dev.txt
	@.venv/bin/uv pip install -q --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	@touch $@
