# Posthorse: `make run` tries it, `make test` checks it; both fetch what they need on Debian 12 with Swift 6.2 or later.

# System packages. Only tests and benchmarks need a mail server or a database, never a build.
BUILD_PACKAGES := ca-certificates libidn2-dev libsqlite3-dev libssl-dev make pkg-config
TEST_PACKAGES := $(BUILD_PACKAGES) curl dovecot-imapd dovecot-pop3d dovecot-sieve libnet-ssleay-perl libpq5 \
	libsasl2-modules mailutils-imap4d openssl postfix postgresql procps python3 \
	python3-flufl.bounce shellcheck swaks systemd tzdata valgrind
API_PACKAGES := $(BUILD_PACKAGES) curl python3 python3-venv
OBSERVABILITY_PACKAGES := $(BUILD_PACKAGES) openssl prometheus python3 python3-yaml
PAGE_PACKAGES := $(BUILD_PACKAGES) chromium fonts-dejavu-core python3 util-linux
# From PyPI.
API_TOOLS := schemathesis==4.32.5
BENCH_PACKAGES := $(BUILD_PACKAGES) libpq5 libsasl2-modules openssl postfix postgresql python3

# Exclusivity is checked at run time in debug builds and tests; release builds leave it out, which saves a quarter of
# the user instructions of a delivery. The Swift runtime is linked in, so the executable runs where Swift is not. Nothing
# loads it as a library: 3 MB of exported names are left out. So is what nobody calls, once each function has a section
# of its own. GNU ld packs the addresses that the loader fills in, which take 2.4 MB as gold, the default, writes them.
RELEASE := -c release -Xswiftc -enforce-exclusivity=unchecked -Xswiftc -Xfrontend -Xswiftc -function-sections \
	-Xswiftc -use-ld=bfd -Xlinker --no-export-dynamic -Xlinker -z -Xlinker pack-relative-relocs \
	--static-swift-stdlib
POSTHORSE := .build/release/posthorse
SOURCES := Package.swift Sources Tests
PREFIX ?= /usr/local

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

.PHONY: run test test-root test-api test-observability test-page build bench budget reload-load failover-table bench-tls bench-history bench-connections bench-events bench-requests bench-priority fuzz simulate sanitize format lint reference install clean
.PHONY: build-packages test-packages api-packages observability-packages page-packages bench-packages

run: build
	exec $(POSTHORSE) demo

# All tests as an ordinary user, whoever calls; then, if root calls, those that need root. What uses the whole CPU for
# minutes, which would break the time limits of whole relays, runs apart from them.
test: test-packages
	swift build --build-tests
	Tests/run --skip 'SystemTests|SimulationTests'
	Tests/run --filter SystemTests --skip RootTests
	Tests/run --filter SimulationTests
	@if [ "$$(id -u)" = 0 ]; then $(MAKE) --no-print-directory test-root; \
	else echo 'Not run: what needs root (sudo make test-root).'; fi

# Tests that need root (mounts, the sandbox of the unit, Postfix), as built by `make test`.
test-root: test-packages
	Tests/run --as-root

# The API, by its own description: every answer must be as described. `make test-api API=--max-examples=500` asks more.
test-api: api-packages
	swift build --product posthorse
	python3 -m venv .build-api
	.build-api/bin/pip install -q $(API_TOOLS)
	Tests/API/run .build/debug/posthorse .build-api/bin/schemathesis $(API)

# Alerts and dashboard, with Debian's Prometheus and a relay.
test-observability: observability-packages
	swift build --product posthorse
	Tests/Observability/run .build/debug/posthorse

# The page in headless Chromium, with real clicks. `make test-page PAGE="--pictures DIRECTORY"` keeps what was seen.
test-page: page-packages
	swift build --product posthorse
	Tests/Page/run .build/debug/posthorse $(PAGE)

build: build-packages
	swift build $(RELEASE) --product posthorse

bench: build bench-packages
	Tests/Benchmarks/run --binary $(POSTHORSE) $(BENCH)

# Instructions per message, compared with the budget.
budget: build test-packages
	Tests/Benchmarks/budget $(POSTHORSE)

# 500 messages/s through 100 reloads that change everything: none lost, none doubled, none late.
reload-load: build
	Tests/Benchmarks/reload $(POSTHORSE) $(RELOAD)

# Every fault of an upstream, with Posthorse and with Postfix; rewrites the table in docs/failover.md.
failover-table: build bench-packages
	Tests/Failover/table --binary $(POSTHORSE) $(FAILOVER)

# The only target that builds swift-nio-ssl, in a separate package.
bench-tls: bench-packages
	swift build $(RELEASE) --package-path Tests/Benchmarks/TLS --scratch-path .build-bench-tls
	Tests/Benchmarks/run-tls --binary .build-bench-tls/release/tls-benchmark $(BENCH)

# What each number of sessions carries where the upstream needs time for a message, and what the search finds.
bench-connections: build bench-packages
	Tests/Benchmarks/connections --binary $(POSTHORSE) $(BENCH)

# What 1,000 readers of events, half of them stalled, cost the mail.
bench-events: build bench-packages
	Tests/Benchmarks/events $(POSTHORSE) $(BENCH)

# What 200 requests/s to the API cost the mail.
bench-requests: build bench-packages
	Tests/Benchmarks/requests $(POSTHORSE) $(BENCH)

# How long a password reset waits behind a campaign of 100,000: `make bench-priority BENCH='--backlog 1000000'`.
bench-priority: build bench-packages
	Tests/Benchmarks/priority --binary $(POSTHORSE) $(BENCH)

# A history of ENTRIES messages: built, searched, removed. Some 250 octets of disk an entry, in TMPDIR.
ENTRIES ?= 10000000
bench-history: build-packages
	swift build $(RELEASE) --package-path Tests/Benchmarks/History --scratch-path .build-bench-history
	directory=$$(mktemp -d); trap 'rm -rf "$$directory"' EXIT; \
	.build-bench-history/release/history-benchmark $(ENTRIES) "$$directory/data"

# Fuzzes every subject for TIME seconds: `make fuzz TIME=600`.
TIME ?= 60
fuzz: build-packages
	Tests/Fuzz/run $(TIME)

# Runs SEEDS lives of a relay in virtual time, each from a seed: `make simulate SEEDS=100000 FIRST=1`. A failing seed is
# printed, with what happened.
SEEDS ?= 10000
FIRST ?= 1
simulate: build-packages
	POSTHORSE_SEEDS=$(SEEDS) POSTHORSE_FIRST_SEED=$(FIRST) swift test --filter 'SimulationTests.(SimulationTests|HabitRunTests|TripRunTests)'

# The tests of the parts (not of the whole program) under AddressSanitizer, then under ThreadSanitizer. Leak detection is
# off: TOMLKit leaks with each file it reads, tests drop embedded channels without closing them, and Swift's tagged
# pointers hide references from the search.
SANITIZED := --skip 'SystemTests|CommandLineTests'
sanitize: export SWIFT_BACKTRACE := enable=no
sanitize: export ASAN_OPTIONS := detect_leaks=0:suppressions=$(CURDIR)/Tests/Sanitizers/address.txt
sanitize: export TSAN_OPTIONS := suppressions=$(CURDIR)/Tests/Sanitizers/thread.txt
sanitize: test-packages
	swift test --scratch-path .build-asan --sanitize=address $(SANITIZED)
	swift test --scratch-path .build-tsan --sanitize=thread $(SANITIZED)

format:
	swift format -i -r $(SOURCES)

lint:
	swift format lint --strict -r $(SOURCES)

# Writes relay.conf.example and the reference pages from the code; tests fail while they differ.
reference: build-packages
	POSTHORSE_WRITE_REFERENCE=1 swift test --filter ReferenceTests

# Builds nothing if `make build` has run, so it can be called with sudo. DESTDIR is for packagers.
SHARE := $(DESTDIR)$(PREFIX)/share
UNITS := $(DESTDIR)$(PREFIX)/lib/systemd/system
install: $(POSTHORSE)
	umask 022 && install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(POSTHORSE)
	umask 022 && install -D -m 644 -t $(UNITS) docs/posthorse.service docs/posthorse.socket
	sed -i 's|/usr/local/|$(PREFIX)/|' $(UNITS)/posthorse.service
	umask 022 && install -D -m 644 -t $(SHARE)/doc/posthorse README.md CHANGELOG.md LICENSE relay.conf.example
	umask 022 && install -D -m 644 -t $(SHARE)/doc/posthorse/docs docs/*.md docs/page.png docs/priority.svg
	umask 022 && $(POSTHORSE) --generate-completion-script bash \
		| install -D -m 644 /dev/stdin $(SHARE)/bash-completion/completions/posthorse
	umask 022 && $(POSTHORSE) --generate-completion-script zsh \
		| install -D -m 644 /dev/stdin $(SHARE)/zsh/site-functions/_posthorse
	umask 022 && $(POSTHORSE) --generate-completion-script fish \
		| install -D -m 644 /dev/stdin $(SHARE)/fish/vendor_completions.d/posthorse.fish

$(POSTHORSE): $(shell find Package.swift Sources -type f)
	$(MAKE) build

clean:
	swift package clean

build-packages:
	@Tests/install-packages $(BUILD_PACKAGES)
test-packages:
	@Tests/install-packages $(TEST_PACKAGES)
api-packages:
	@Tests/install-packages $(API_PACKAGES)
observability-packages:
	@Tests/install-packages $(OBSERVABILITY_PACKAGES)
page-packages:
	@Tests/install-packages $(PAGE_PACKAGES)
bench-packages:
	@Tests/install-packages $(BENCH_PACKAGES)
