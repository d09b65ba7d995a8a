# Everything is checked with `make test`; CI runs nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help test check unit tools build demo fuzz bench pictures golden month mutants years simulate payments chaos

# One set of build flags for all but the race detector, so that nothing is compiled twice.
export CGO_ENABLED := 0
BUDGET ?= 600
SEEDS ?= 100
INVOICES ?= 300
REPLICAS ?= 2
ADMINS ?= 5
CHANNELS ?= 3
KEEP ?=
REPORT ?= simulation
PAYMENTS ?= 10000
SEED ?= 1
KILLS ?= 1000

help: ## Lists what there is.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: tools check unit years ## Checks everything, browser and kill -9 included. What cannot run makes it fail; ALLOW_SKIP=1 accepts that.

check: build ## The quick checks: format, modules, vet, staticcheck, and one static binary.
	@unformatted="$$(gofmt -l .)"; [ -z "$$unformatted" ] || { echo "not formatted; run gofmt -w on: $$unformatted"; exit 1; }
	go mod verify
	go mod tidy -diff
	go vet ./...
	go tool staticcheck ./...

unit: ## Every test, with the race detector.
	CGO_ENABLED=1 go test -race -vet=off -timeout 20m -parallel 8 -v ./... 2>&1 | awk -f scripts/tally.awk

years: ## Lives five small years and makes 800 payments, without the race detector: with it `unit` has lived one year and made 200.
	go test -count 1 -vet=off -timeout 20m ./flows/year ./flows/payments

simulate: ## Lives SEEDS=100 years with INVOICES=300, ADMINS=5, CHANNELS=3 and REPLICAS=2 each and writes docs/reports/simulation.md; a broken promise is told as a story. KEEP=folder goes on where it was stopped.
	@mkdir -p docs/reports
	GOGC=1600 go test -count 1 -vet=off -timeout 48h -v -run '^TestAYear$$' ./flows/year -seeds $(SEEDS) -invoices $(INVOICES) -admins $(ADMINS) -channels $(CHANNELS) -replicas $(REPLICAS) \
		-keep "$(abspath $(KEEP))" -report $(CURDIR)/docs/reports/$(REPORT).md | grep -v '^ *=== '

payments: ## Makes PAYMENTS=10000 payments with SEED=1 at each of two gateways while everything fails, and says in docs/reports how often each fault was met.
	@mkdir -p docs/reports
	GOGC=400 go test -count 1 -vet=off -timeout 12h -v -run '^TestPayments$$' ./flows/payments -payments $(PAYMENTS) -seed $(SEED) -report $(CURDIR)/docs/reports/payments.md | grep -v '^ *=== \|^ *--- PASS.*seed='

chaos: build ## Kills kvitt KILLS=1000 times with SEED=1 while people pay, on both stores, and writes docs/reports/chaos.md. It takes a quarter of an hour.
	@mkdir -p docs/reports
	go test -count 1 -vet=off -timeout 2h -parallel 10 -v -run '^TestChaos$$' . -kills $(KILLS) -seed $(SEED) -program $(CURDIR)/kvitt -report docs/reports/chaos.md | grep -v '^ *=== '

tools: ## Installs with apt-get what the tests need and this machine lacks.
	@scripts/tools.sh

build: ## Builds kvitt, one static binary.
	go build -trimpath .

demo: ## Runs the demo; its first line is the address to open.
	go run . demo

fuzz: ## Fuzzes every parser of outside bytes; BUDGET=600 seconds are shared by all of them.
	@scripts/fuzz.sh $(BUDGET)

bench: ## Runs every benchmark.
	go test -run '^$$' -bench . -benchmem ./...

pictures: ## Takes the README's pictures of the demo anew.
	@mkdir -p docs
	go test -count 1 -run '^TestPage' . -pictures docs

golden: ## Writes the golden cards anew; read the difference before you commit it.
	go test ./flows -update

month: ## Writes docs/a-month.md anew: what people really see in a month.
	go test -count 1 -run '^TestAMonth' . -month docs/a-month.md

mutants: ## Breaks one promise at a time and looks whether the named test notices; writes docs/mutants.md.
	@mkdir -p docs
	go run ./scripts/mutants -report docs/mutants.md
