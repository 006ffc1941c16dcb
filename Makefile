# Assent: `make run` shows it, `make test` proves it.
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X assent/app/cmd.Version=$(VERSION)
# The race detector needs cgo and a C compiler. It watches everything but
# SQLite, which is C made Go: its reads and writes are behind database/sql's
# locks, and watching them made the tests four times as slow.
RACE     := $(shell command -v $${CC:-cc} >/dev/null 2>&1 && [ "$$($(GO) env CGO_ENABLED)" = 1 ] && echo -race -gcflags=modernc.org/...=-race=false)
BIN      := .bin

.PHONY: help run build release test check generate screenshots mutate clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: ## the product beside a pretend ACP, on ports 8080 and 8090
	CGO_ENABLED=0 $(GO) run -ldflags "$(LDFLAGS)" . demo

build: ## a development binary: ./assent
	CGO_ENABLED=0 $(GO) build -ldflags "$(LDFLAGS)" -o assent .

release: ## a static, stripped binary: ./assent
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o assent .

generate: ## regenerate what is generated
	$(GO) tool templ generate -include-version=false -log-level error

check: ## generated code is current, formatting, vet, staticcheck
	@before=$$(find . -name '*_templ.go' -exec cksum {} + | sort -k3); \
	 $(GO) tool templ generate -include-version=false -log-level error; \
	 after=$$(find . -name '*_templ.go' -exec cksum {} + | sort -k3); \
	 [ "$$before" = "$$after" ] || { echo "generated templ code was not current; it is now: commit it"; exit 1; }
	@bad=$$(gofmt -l . ); [ -z "$$bad" ] || { echo "not gofmt-ed: $$bad"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

test: check ## everything there is
	@mkdir -p $(BIN)
	@rm -f $(BIN)/not-run
	ASSENT_TEST_NOT_RUN=$(CURDIR)/$(BIN)/not-run $(GO) test $(RACE) -shuffle=on -timeout 20m ./...
	@[ -n "$(RACE)" ] || echo "the race detector: no C compiler here" >>$(BIN)/not-run
	@if [ -s $(BIN)/not-run ]; then \
	   printf '\n==== NOT RUN on this machine ====\n'; sort -u $(BIN)/not-run; printf '=================================\n'; \
	   [ -z "$$ASSENT_TEST_ALL" ] || { echo "ASSENT_TEST_ALL is set: what could not run is a failure"; exit 1; }; \
	 else echo; echo "Everything ran."; fi

screenshots: ## pictures of every page and state into .screenshots
	ASSENT_SCREENSHOTS=$(CURDIR)/.screenshots $(GO) test -count=1 -timeout 20m ./app/cmd

mutate: ## break each guard of the security page, one at a time: a test must notice
	$(GO) run ./app/guards

clean: ## remove what was built; data directories stay
	rm -rf $(BIN) assent .screenshots
