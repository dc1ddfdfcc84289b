# The commands of the project. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: image compose-test package
.PHONY: help run build test test-unit test-interop test-api test-api-long test-operation test-faults test-browser soak lint format settings generate check-generated check-breaking fuzz sanitize bench bench-gateway bench-stores bench-postgres clean-data

DATA ?= ./data

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

run: ## Install what is missing, build a release, start everything with the demo tenant
	@scripts/setup build
	swift build -c release --product portico
	.build/release/portico up --data $(DATA) --demo

build: ## A debug build of everything, tests included
	@scripts/setup build
	swift build --build-tests

test: ## Every test: Swift Testing, other people's gRPC, the browser; ends with the totals
	@scripts/setup test
	@scripts/test all

test-unit: ## The Swift tests only
	@scripts/setup test
	@scripts/test unit

test-interop: ## Python's gRPC, h2load, nghttp and curl against ours only
	@scripts/setup test
	@scripts/test interop

test-api: ## schemathesis over the JSON API as every role, by its own description
	@scripts/setup test
	@scripts/test api

test-api-long: ## The same with 1,000 invented requests for each operation and role, from another seed each time
	@scripts/setup test
	@FUZZ_CASES=1000 FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} scripts/test api

test-operation: ## Metrics, alerts, traces and logs, against promtool and an OTLP collector
	@scripts/setup test
	@scripts/test operation

test-faults: ## Services killed, disks cut off, full and lying (as root: it mounts file systems)
	@scripts/setup test
	@scripts/test faults

soak: ## The long figures of the reliability tests, before a release: it takes hours; SOAK_SCALE=0.02 a share of them
	@scripts/setup test
	@scripts/soak

test-browser: ## The end-to-end tests in Chromium only
	@scripts/setup test
	@scripts/test browser

lint: ## Format, shell syntax and the rules of STYLE.md that a machine can check
	@scripts/lint

format: ## Rewrite the Swift files as the format wants them
	@scripts/lint --written-swift | xargs -0 swift format --in-place --parallel

settings: ## Write docs/settings.md from the declarations of the settings
	@scripts/setup build
	swift run portico settings --markdown > docs/settings.md

generate: ## Generate CPorticoProto, WellKnown and PorticoAPI from proto/
	@scripts/setup build
	@scripts/generate

check-generated: ## Fail when what is committed differs from what proto/ generates
	@scripts/setup build
	@scripts/generate --check

fuzz: ## Run one fuzzer with AddressSanitizer: TARGET=decoder SECONDS=60
	@scripts/setup build
	@scripts/fuzz $(TARGET) $(SECONDS)

sanitize: ## AddressSanitizer over codec, HTTP/2 and RPC tests, ThreadSanitizer over the RPC tests
	@scripts/setup build
	@scripts/sanitize

check-breaking: ## Fail when proto/ breaks peers built with proto/ of AGAINST (a commit, HEAD by default)
	@scripts/setup build
	@scripts/breaking $(AGAINST)

bench: ## Measure the runtime beside its peers, and the ticket list; writes docs/benchmarks.md
	@scripts/setup bench
	@Benchmarks/run

bench-gateway: ## Measure the gateway beside nghttpx; writes docs/benchmarks-gateway.md
	@scripts/setup test
	@scripts/setup bench
	@.venv/bin/python Benchmarks/gateway

image: ## Pack this machine's release build into localhost/portico, and PostgreSQL beside it (podman)
	@scripts/setup build
	@scripts/image

compose-test: ## compose.yaml really run: a first day by the API with two replicas of all, while replicas are killed (needs root)
	@scripts/setup deploy
	@scripts/compose-test

package: ## A Debian package of this machine's release build, in .artifacts
	@scripts/setup build
	@scripts/package

bench-stores: ## Measure the services on SQLite: commits, tickets, lists, search, memory; writes docs/benchmarks-stores.md
	@scripts/setup test
	@scripts/setup bench
	@.venv/bin/python Benchmarks/stores

bench-postgres: ## Measure the store on PostgreSQL beside pgbench, and replicas; writes docs/benchmarks-postgres.md
	@scripts/setup test
	@scripts/setup bench
	@.venv/bin/python Benchmarks/postgres

clean-data: ## Throw away the local data of `make run`
	rm -rf -- $(DATA)
