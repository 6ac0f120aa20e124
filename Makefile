# Kakeru's everyday commands. `make` alone lists them.

APP  := webui/app
LINT := v2.15.0
VULN := v1.9.0
SBOM := v1.10.0

# Rooms that need neither a store nor a socket: quick enough to test while working.
PURE := . $(addprefix ./,$(wildcard dialer dialer/audit dialer/casework dialer/report dialer/japan dialer/vault dialer/backup configs))

APP_SOURCES := $(shell find $(APP) -type f -not -path '$(APP)/node_modules/*' -not -path '$(APP)/dist/*' \
	-not -path '$(APP)/test-results/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run test test-long soak manual look check build build-production bench bench-media generate sbom audit clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## start the demo; RESET=1 from nothing; KAKERU_HTTP_ADDR=host:port, KAKERU_STATE=DIR
	@bin/kakeru install run
	@exec bin/kakeru demo --always-open $(if $(filter 1,$(RESET)),--reset)

test: build ## prove the behaviour: Go with the race detector, web unit tests, browser tests; FULL=1 for all of them, as CI does
	@bin/kakeru install test
	@go build -o bin/tally ./.ci/tally && bin/tally $(if $(filter 1,$(FULL)),full,test)

test-long: build ## the long proofs: fuzzing, fault matrix, thousand-call runs (under 50 minutes)
	@bin/kakeru install test
	@go build -o bin/tally ./.ci/tally && bin/tally long

soak: ## break things on purpose for MINUTES=60, and print the tally that docs/reliability.md keeps
	@KAKERU_SOAK_MINUTES=$(or $(MINUTES),60) go test -race -count=1 -v -timeout 0 -run '^TestSoak$$' ./cmd/kakeru

manual: build ## take the pictures of docs/manual.ja.md anew, by the browser tests
	@bin/kakeru install test
	@cd $(APP) && KAKERU_MANUAL=1 node browser/run.mjs

check: bin/golangci-lint-$(LINT) ## the quick half, for use while working: format, vet, lint, unit tests
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
		[ -z "$$unformatted" ] || { echo "run gofmt -w on: $$unformatted" >&2; exit 1; }
	@go vet ./... ./.ci/tally ./.ci/licences
	@bin/golangci-lint-$(LINT) run
	@go test -short $(PURE)
	@[ ! -d $(APP)/node_modules ] || (cd $(APP) && node_modules/.bin/tsc --noEmit)

build: $(APP)/dist/index.html ## build the panel and bin/kakeru
	@go build -trimpath -o bin/kakeru ./cmd/kakeru

build-production: $(APP)/dist/index.html ## build bin/kakeru-production: without demo, lab, benches and made-up lists
	@go build -trimpath -tags production -o bin/kakeru-production ./cmd/kakeru

bench: build ## a thousand calls through the lab: how long a click and an event take
	@bin/kakeru install run
	@bin/kakeru bench click

bench-media: build ## what passing sound on costs, beside a bare loop and rtpengine: 2, 200 and 1,000 calls (10 minutes)
	@bin/kakeru install bench-media
	@for calls in 2 200 1000; do bin/kakeru bench media --calls $$calls --repeat 3 || exit; done

generate: $(APP)/node_modules/.package-lock.json ## make again what is generated: queries, API client
	go generate ./...
	cd $(APP) && npm run --if-present generate

sbom: build ## what bin/kakeru and the panel are made of, as CycloneDX JSON: bin/sbom-kakeru.json and bin/sbom-panel.json
	go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(SBOM) bin -json -licenses -version "$$(git describe --always)" \
		-output bin/sbom-kakeru.json bin/kakeru
	cd $(APP) && npm sbom --sbom-format cyclonedx --omit dev > ../../bin/sbom-panel.json

audit: ## known weaknesses of what we are built with; asks vuln.go.dev and the npm registry
	go run golang.org/x/vuln/cmd/govulncheck@$(VULN) ./...
	cd $(APP) && npm audit

look: build ## take the pictures anew that every screen is held against (make test-long); look at them in webui/app/test-results
	@bin/kakeru install test
	@cd $(APP) && KAKERU_LOOK=take node browser/run.mjs "" look

clean: ## remove what was built; the demo's data stays
	rm -rf bin $(APP)/node_modules $(APP)/dist/*

$(APP)/node_modules/.package-lock.json: $(APP)/package-lock.json
	cd $(APP) && npm ci --no-audit --no-fund
	@touch $@

# The bundler empties dist, so the marker that keeps the folder in git is put back.
$(APP)/dist/index.html: $(APP)/node_modules/.package-lock.json $(APP_SOURCES)
	cd $(APP) && npm run build
	@touch $@ $(APP)/dist/.gitkeep

# Not in go.mod: the linter's hundreds of modules are no part of the product.
bin/golangci-lint-$(LINT):
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT)
	@mv bin/golangci-lint $@
