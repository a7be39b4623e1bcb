# Posthorse: `make run` tries it, `make test` checks it; both fetch what they need on Debian 12 with Swift 6.2 or later.

# Every package of the system that building, testing or measuring uses. This is the only list.
PACKAGES := ca-certificates curl libidn2-dev libnet-ssleay-perl libsasl2-modules libsqlite3-dev libssl-dev make openssl \
	pkg-config postfix python3 swaks

# Exclusivity is checked at run time in debug builds and tests; release builds leave it out, which saves a quarter of
# the user instructions of a delivery. The Swift runtime is linked in, so the executable runs where Swift is not.
RELEASE := -c release -Xswiftc -enforce-exclusivity=unchecked --static-swift-stdlib
POSTHORSE := .build/release/posthorse
SOURCES := Package.swift Sources Tests
PREFIX ?= /usr/local

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test build bench failover-table bench-tls fuzz simulate sanitize format lint reference install clean packages

run: build
	exec $(POSTHORSE) demo

# The simulation computes without a pause, and others' time limits would suffer: it comes by itself.
test: packages
	swift build --build-tests
	swift test --skip-build --skip SimulationTests
	swift test --skip-build --filter SimulationTests

build: packages
	swift build $(RELEASE) --product posthorse

bench: build
	Tests/Benchmarks/run --binary $(POSTHORSE) $(BENCH)

# Every fault of an upstream with Posthorse and with Postfix; rewrites the table of docs/failover.md.
failover-table: build
	Tests/Failover/table --binary $(POSTHORSE) $(FAILOVER)

# swift-nio-ssl is built for this only, in a package of its own.
bench-tls: packages
	swift build $(RELEASE) --package-path Tests/Benchmarks/TLS --scratch-path .build-bench-tls
	Tests/Benchmarks/run-tls --binary .build-bench-tls/release/tls-benchmark $(BENCH)

# Fuzzes every subject for so many seconds: `make fuzz TIME=600`.
TIME ?= 60
fuzz: packages
	Tests/Fuzz/run $(TIME)

# Lives so many lives of a relay in virtual time, each from a seed: `make simulate SEEDS=100000 FIRST=1`. A seed that fails is
# printed, with what happened.
SEEDS ?= 10000
FIRST ?= 1
simulate: packages
	POSTHORSE_SEEDS=$(SEEDS) POSTHORSE_FIRST_SEED=$(FIRST) swift test --filter SimulationTests.SimulationTests

# The tests of the parts (not those of the whole program) under AddressSanitizer, then under ThreadSanitizer. Leaks are not
# searched for: TOMLKit has some with each file it reads, tests let go of channels in memory that they have not closed, and
# Swift's tagged pointers hide from the search who holds what.
SANITIZED := --skip 'SystemTests|CommandLineTests'
sanitize: export SWIFT_BACKTRACE := enable=no
sanitize: export ASAN_OPTIONS := detect_leaks=0:suppressions=$(CURDIR)/Tests/Sanitizers/address.txt
sanitize: export TSAN_OPTIONS := suppressions=$(CURDIR)/Tests/Sanitizers/thread.txt
sanitize: packages
	swift test --scratch-path .build-asan --sanitize=address $(SANITIZED)
	swift test --scratch-path .build-tsan --sanitize=thread $(SANITIZED)

format:
	swift format -i -r $(SOURCES)

lint:
	swift format lint --strict -r $(SOURCES)

# Writes relay.conf.example and the reference pages from the code; the tests fail when they differ.
reference: packages
	POSTHORSE_WRITE_REFERENCE=1 swift test --filter ReferenceTests

install: build
	install -D -m 755 $(POSTHORSE) $(DESTDIR)$(PREFIX)/bin/posthorse
	install -D -m 644 relay.conf.example $(DESTDIR)$(PREFIX)/share/doc/posthorse/relay.conf.example

clean:
	swift package clean

# Asks the package manager only when something is missing. Nothing that gets installed may start a service.
packages:
	@missing=; for package in $(PACKAGES); do \
		[ "$$(dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null)" = installed ] || missing="$$missing $$package"; \
	done; \
	[ -z "$$missing" ] || $(SUDO) Tests/install-packages $$missing
