# Included by each service's Makefile: build and test that one service alone.
VERB := $(notdir $(CURDIR))
ROOT := $(abspath $(CURDIR)/../..)

.PHONY: build
build: ## Build the image; prints its tag
	@$(ROOT)/images/service.sh $(VERB)

.PHONY: test
test: ## Run this service's tests
	@$(MAKE) --no-print-directory -C $(ROOT) .venv/ready
	@cd $(ROOT) && .venv/bin/pytest services/$(VERB)
