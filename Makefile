# Everything that is done with this repository. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
TOOL    := go tool -modfile=internal/tools/go.mod
FUZZTIME ?= 10s

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

.PHONY: build
build: ## build ocpi-hub, hubctl and ocpi-sim into bin/
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

.PHONY: demo
demo: ## a hub with simulated CPOs and eMSPs that tell the story
	go run ./cmd/ocpi-hub demo

.PHONY: run
run: ## the hub with the embedded default
	go run ./cmd/ocpi-hub

.PHONY: needs
needs: ## what the tests need beside Go: a C compiler for the race detector, curl, jq and nginx for the guides, redis-server
	@for need in $${CC:-cc}:gcc curl:curl jq:jq redis-server:redis-server nginx:nginx; do \
		command -v $${need%%:*} >/dev/null || missing="$$missing $${need##*:}"; done; \
	[ -z "$$missing" ] || { echo "installing$$missing, which the tests need"; \
		{ apt-get update && RUNLEVEL=1 apt-get install -y $$missing libc6-dev; } >/dev/null 2>&1; } || \
		{ echo "the tests need$$missing: install them" >&2; exit 1; }

.PHONY: chart-tools
chart-tools: ## helm and kubeconform, into bin/tools/
	go build -C charts/tools -trimpath -o ../../bin/tools/ tool

.PHONY: chart
chart: chart-tools ## the Helm chart: lint, every option rendered, schemas of Kubernetes, wrong values, its pod as a process
	go test -count=1 ./charts/...

.PHONY: chart-schemas
chart-schemas: ## make the schemas of Kubernetes that the chart is checked against
	go run ./internal/kubeschemas charts/schemas

.PHONY: test
test: needs chart-tools ## every test, with the race detector (`make lint` vets)
	CGO_ENABLED=1 go test -race -vet=off -p 4 -timeout 15m ./...
	go test -vet=off -run AMillion ./routing/journal/jsjournal

.PHONY: test-fast
test-fast: ## every test but the end-to-end ones, without the race detector
	go test $$(go list ./... | grep -v /e2e)

.PHONY: e2e
e2e: needs ## the end-to-end tests alone: built binaries, separate processes
	CGO_ENABLED=1 go test -race -count=1 -timeout 15m ./e2e/...

.PHONY: cover
cover: ## test coverage, as a page in coverage.html
	go test -coverprofile=coverage.out ./...
	go tool cover -html=coverage.out -o coverage.html

.PHONY: bench
bench: ## the benchmarks beside the code
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-hub
bench-hub: ## the hub under load, against nginx and other yardsticks; ONLY=P1,P4 for some lines
	go run ./e2e/load -only '$(ONLY)'

.PHONY: bench-journal
bench-journal: ## what the message log costs direct routing: on or off, hanging, full
	go test ./e2e/load -run '^$$' -bench Journal -benchtime 1x -timeout 20m

.PHONY: chaos
chaos: ## three hubs, Redis and NATS under faults, and what receivers hold: SEEDS=20 SEED=1 SPAN=60s; needs root
	go run ./e2e/chaos -seeds $(or $(SEEDS),3) -seed $(or $(SEED),0) -span $(or $(SPAN),60s)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s)
	@grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r f; do \
		grep -ohE '^func Fuzz[A-Za-z0-9_]*' "$$f" | awk '{print $$2}' | while read -r target; do \
			echo "== $$(dirname $$f) $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$(dirname $$f)" || exit 1; \
		done || exit 1; \
	done

.PHONY: rules
rules: ## which of the 222 hub rules of OCPI the conformance suite proves
	@go run ./e2e/rules

.PHONY: lint
lint: ## golangci-lint and the length of files
	$(TOOL) golangci-lint run ./...
	@long=$$(git ls-files '*.go' | grep -vE '_test\.go$$|\.pb\.go$$' | xargs wc -l | awk '$$2 != "total" && $$1 > 400'); \
		if [ -n "$$long" ]; then echo "over 400 lines, what second thing lives in there?"; echo "$$long"; exit 1; fi

.PHONY: fmt
fmt: ## format the code
	$(TOOL) golangci-lint fmt ./...

.PHONY: generate
generate: ## make code and reference of the admin API from its proto files (needs npx)
	go build -modfile=internal/tools/go.mod -o bin/tools/ google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
	go build -o bin/tools/protoc-gen-apidoc ./internal/apidoc
	cd proto && PATH="$(CURDIR)/bin/tools:$$PATH" npx --yes @bufbuild/buf@1.75.0 generate

.PHONY: generate-check
generate-check: generate ## fail when generated code is not what is committed
	git diff --exit-code -- proto docs/admin-api.md

.PHONY: clean
clean: ## remove what was built
	rm -rf bin coverage.out coverage.html
