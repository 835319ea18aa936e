.PHONY: help check test api check-modules vulncheck sbom bench scale fuzz soak mutate fmt services-start services-stop

help: ## shows this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: ## the quick half of make test: under a minute, nothing installed, no servers
	@scripts/check

test: ## everything that must hold before a change goes in
	@scripts/test

api: ## writes what the released packages export into api/, and tells what changed
	@go run ./tools/api -write

check-modules: ## each module alone, without the workspace: tidy, and it compiles
	@scripts/check-modules

vulncheck: ## known vulnerabilities that the code reaches; GOVULNDB names another database
	@scripts/vulncheck

sbom: ## what each module builds, as CycloneDX, into sbom/
	@go run ./tools/sbom sbom

bench: ## measures everything beside its rivals, and writes docs/PERFORMANCE.md
	@TOLLKEEPER_SERVICES_SLOW=1000 scripts/services run go run ./bench/cmd/report $(BENCHFLAGS)

scale: ## fills each store with a million accounts and sessions, and writes docs/SCALE.md; SCALEFLAGS="-only sqlite"
	@scripts/services run go run ./bench/cmd/scale $(SCALEFLAGS)

fuzz: ## every fuzz target; FUZZTIME=30s each
	@scripts/fuzz $(or $(FUZZTIME),30s)

soak: ## the long tests; TOLLKEEPER_SOAK=10m
	@scripts/soak $(or $(TOLLKEEPER_SOAK),10m)

mutate: ## changes what decides, one change at a time, and tells what no test notices; MUTATEFLAGS="-files lockout.go"
	@scripts/mutate $(MUTATEFLAGS)

fmt: ## formats every Go file, nested modules too
	@gofmt -l -w .

services-start: ## starts private servers; eval its output, or use scripts/services run
	@scripts/services start

services-stop: ## stops them
	@scripts/services stop
