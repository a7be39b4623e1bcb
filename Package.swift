// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let deques = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heaps = Target.Dependency.product(name: "HeapModule", package: "swift-collections")

let configurationAlias = ["Configuration": "SwiftConfiguration"]

/// What Hummingbird and NIO bring into the program anyway. SwiftPM takes a version only for a package that a target uses.
let brought: [Target.Dependency] = [
    .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
    .product(name: "Atomics", package: "swift-atomics"),
    // Hummingbird can do without it, and does here. Its name is that of a target, which SwiftPM wants to be told in any case.
    .product(
        name: "Configuration", package: "swift-configuration", moduleAliases: configurationAlias,
        condition: .when(platforms: [.macOS])),
    .product(name: "Instrumentation", package: "swift-distributed-tracing"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "NIOExtras", package: "swift-nio-extras"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    .product(name: "SystemPackage", package: "swift-system"),
]

/// The page for operators, in the program itself: there is no file to install, or to lose.
let page = [
    "index.html",
    "api.js",
    "audit.js",
    "charts.js",
    "dom.js",
    "events.js",
    "failures.js",
    "figures.js",
    "format.js",
    "headline.js",
    "icon.png",
    "lanes.js",
    "listing.js",
    "layout.css",
    "main.js",
    "message.js",
    "messages.js",
    "orders.js",
    "overview.js",
    "parts.css",
    "quotas.js",
    "round-trips.js",
    "standing.js",
    "state.js",
    "suppressions.js",
    "theme.css",
    "timeline.js",
    "upstream.js",
    "webhooks.js",
].map { Resource.embedInCode("Page/\($0)") }

/// For what runs seldom: less code rather than faster code.
let small = SwiftSetting.unsafeFlags(["-Osize"], .when(configuration: .release))

/// One target of the relay; a target may import only those listed before it.
func relay(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], isSmall: Bool = false
) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: resources,
        swiftSettings: isSmall ? settings + [small] : settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "posthorse",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "posthorse", targets: ["posthorse"]),
        // Preloaded into a relay by SystemTests; linked into nothing.
        .library(name: "ClockShim", type: .dynamic, targets: ["ClockShim"]),
        .library(name: "HostShim", type: .dynamic, targets: ["HostShim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1",
            traits: []),
        .package(url: "https://github.com/LebJe/TOMLKit.git", exact: "0.6.0"),
        // Those that the packages above bring into the program, see `brought`.
        .package(url: "https://github.com/apple/swift-async-algorithms.git", exact: "1.1.4"),
        .package(url: "https://github.com/apple/swift-atomics.git", exact: "1.3.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", exact: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-system.git", exact: "1.8.1"),
    ],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CIDN2", pkgConfig: "libidn2", providers: [.apt(["libidn2-dev"])]),
        .systemLibrary(name: "CSpawn"),
        // The library itself is loaded at run time, by who needs it.
        .systemLibrary(name: "CLibPQ"),
        relay("Mail", []),
        relay("Notices", ["Mail"], isSmall: true),
        relay("SMTP", ["Mail", "CIDN2", nio, deques]),
        relay("TLS", ["Mail", "COpenSSL", nio]),
        relay("SASL", ["Mail", "TLS"], isSmall: true),
        relay("Outbound", ["Mail", "TLS", nio, nioPosix, nioHTTP], isSmall: true),
        relay("Access", ["Mail", "TLS"], isSmall: true),
        relay("Audit", ["Mail", "TLS"], isSmall: true),
        relay("Suppression", ["Mail", "SMTP"], isSmall: true),
        relay("Mailbox", ["Mail"], isSmall: true),
        relay("RoundTrips", ["Mail"], isSmall: true),
        relay("Alerts", ["Mail", "Upstreams", "RoundTrips"], isSmall: true),
        relay("Spool", ["Mail", "Suppression", "CSQLite", nio]),
        relay("Upstreams", ["Mail"]),
        relay("Webhooks", ["Mail", "Outbound", "Spool", "Upstreams", nio], isSmall: true),
        relay("Dialogue", ["Mail", "SMTP", "Upstreams"]),
        relay("OAuth", ["Mail", "Outbound", "Upstreams", "Dialogue", nioPosix], isSmall: true),
        relay("History", ["Mail", "Suppression", "Spool", "Upstreams", nioPosix], isSmall: true),
        relay(
            "Delivery",
            [
                "Mail", "Notices", "SMTP", "TLS", "SASL", "Suppression", "Spool", "Upstreams", "Dialogue", "OAuth", nio,
                nioPosix,
                deques, heaps,
            ]),
        relay(
            "Probing",
            [
                "Mail", "TLS", "SASL", "Outbound", "Spool", "Upstreams", "Dialogue", "OAuth", "Delivery", "Mailbox",
                "RoundTrips", nio, nioPosix,
            ],
            isSmall: true
        ),
        relay(
            "Postgres", ["Mail", "Suppression", "Audit", "Spool", "Delivery", "History", "CLibPQ", nio], isSmall: true),
        relay("Notifiers", ["Alerts", "Mail", "Outbound", "CSpawn"], isSmall: true),
        relay("Ingress", ["Mail", "SMTP", "TLS", "SASL", "Suppression", "Spool", "Dialogue", nio, nioPosix]),
        relay(
            "Configuration",
            [
                "Access", "Alerts", "Outbound", "OAuth",
                "Mail", "SMTP", "TLS", "SASL", "Suppression", "Spool", "Notices", "Delivery", "Upstreams", "History",
                "Ingress", "Webhooks", "Mailbox", "RoundTrips", "Probing", nio,
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            isSmall: true
        ),
        relay(
            "Telemetry",
            [
                "Alerts", "Mail", "Suppression", "Delivery", "Upstreams", "Ingress", "Spool", "Webhooks", "RoundTrips",
                logging, metrics,
            ]),
        relay(
            "Admin",
            [
                "Access", "Alerts", "RoundTrips", "Ingress", "TLS", "Dialogue", "OAuth", "Configuration", "Webhooks",
                "Mail", "Audit", "SMTP", "Suppression", "Spool", "Delivery", "Upstreams", "History", "Telemetry",
                logging, lifecycle,
                .product(name: "Hummingbird", package: "hummingbird", moduleAliases: configurationAlias),
                .product(name: "HummingbirdCore", package: "hummingbird", moduleAliases: configurationAlias),
                nioHTTP, nio, nioPosix,
            ] + brought,
            resources: page,
            isSmall: true
        ),
        relay(
            "Relay",
            [
                "Postgres", "Access", "Alerts", "Notices", "Notifiers", "OAuth", "Outbound", "Webhooks", "TLS",
                "Dialogue",
                "RoundTrips", "Probing",
                "Configuration", "Mail", "Audit", "Suppression", "Spool", "Delivery", "Upstreams", "History", "Ingress",
                "Telemetry",
                "Admin", logging, lifecycle, signals,
                nio, nioPosix,
            ],
            isSmall: true
        ),
        relay("Sink", ["Mail", "TLS", "SASL", nio, nioPosix, deques]),
        relay("Console", ["Mail"], isSmall: true),
        relay("Drill", ["Mail", "Admin", "Configuration", "Console", "Delivery", "Upstreams"], isSmall: true),
        relay("Demo", ["Access", "Mail", "Console", "Ingress", "TLS", "Upstreams", nio], isSmall: true),
        .executableTarget(
            name: "posthorse",
            dependencies: [
                "Access", "Alerts", "RoundTrips",
                "Relay", "Configuration", "Admin", "Audit", "Delivery", "Upstreams", "History", "Ingress", "TLS",
                "SASL", "Suppression", "Spool", "Mail", "SMTP", "Dialogue",
                "Telemetry", "Sink", "Console", "Drill", "Demo",
                nio, nioPosix,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings + [small]
        ),
        .target(
            name: "TestKit",
            dependencies: ["Mail", "Spool", "Delivery", "Ingress", "TLS", "COpenSSL", nio, nioPosix, nioEmbedded],
            path: "Tests/TestKit",
            swiftSettings: settings
        ),
        .target(name: "ClockShim", path: "Tests/ClockShim"),
        .target(name: "HostShim", path: "Tests/HostShim"),
        tests("MailTests", ["Mail", "TestKit"]),
        tests("NoticesTests", ["Notices", "Mail", "TestKit"]),
        tests("SMTPTests", ["SMTP", "Mail", "TestKit", nio]),
        tests("TLSTests", ["TLS", "Mail", "COpenSSL", "TestKit", nio, nioPosix, nioEmbedded]),
        tests("OutboundTests", ["Outbound", "TLS", "Mail", "TestKit", nio, nioPosix, nioHTTP]),
        tests("NotifiersTests", ["Notifiers", "Alerts", "Outbound", "Mail", "TestKit", nio, nioPosix]),
        tests("SASLTests", ["SASL", "Mail", "TLS", "TestKit"]),
        tests("MailboxTests", ["Mailbox", "Mail", "TestKit"]),
        tests("RoundTripsTests", ["RoundTrips", "Mail", "TestKit"]),
        tests(
            "ProbingTests",
            [
                "Probing", "RoundTrips", "Mailbox", "Mail", "TLS", "SASL", "Delivery", "OAuth", "Outbound", "TestKit",
                nio,
                nioPosix, nioEmbedded,
            ]),
        tests("AccessTests", ["Access", "Mail", "TestKit"]),
        tests("AuditTests", ["Audit", "Mail", "TestKit"]),
        tests("AlertsTests", ["Alerts", "Mail", "RoundTrips", "TestKit"]),
        tests("SuppressionTests", ["Suppression", "Spool", "Mail", "TestKit"]),
        tests(
            "SpoolTests",
            ["Spool", "Postgres", "History", "Suppression", "Mail", "CSQLite", "TestKit", nio, nioEmbedded]),
        tests(
            "PostgresTests",
            [
                "Postgres", "Spool", "Delivery", "Upstreams", "History", "Suppression", "Audit", "Mail", "TestKit",
                nio, nioPosix, nioEmbedded,
            ]),
        tests("WebhooksTests", ["Webhooks", "Outbound", "Spool", "Mail", "TestKit", nio, nioPosix]),
        tests("UpstreamsTests", ["Upstreams", "Mail", "TestKit"]),
        tests(
            "OAuthTests", ["OAuth", "Outbound", "Upstreams", "TLS", "Mail", "TestKit", nio, nioPosix, nioHTTP]),
        tests("DialogueTests", ["Dialogue", "SMTP", "Upstreams", "Mail", "TestKit"]),
        tests("HistoryTests", ["History", "Spool", "Upstreams", "Mail", "TestKit", nio]),
        tests(
            "DeliveryTests",
            [
                "Delivery", "Notices", "SMTP", "TLS", "SASL", "Suppression", "Spool", "Telemetry", "Dialogue",
                "Upstreams", "OAuth",
                "Mail", "TestKit", nio, nioPosix,
                nioEmbedded,
            ]),
        tests(
            "SimulationTests",
            [
                "Delivery", "Ingress", "History", "Notices", "Suppression", "Spool", "Upstreams", "SASL", "OAuth",
                "Outbound", "Webhooks", "RoundTrips", "Mail", "TestKit", nio,
                deques, heaps,
            ]),
        tests(
            "IngressTests",
            [
                "Ingress", "SMTP", "SASL", "TLS", "Suppression", "Spool", "Dialogue", "Upstreams", "Mail", "TestKit",
                nio,
                nioPosix, nioEmbedded,
            ]),
        tests(
            "ConfigurationTests",
            [
                "Access", "Alerts",
                "Configuration", "Notices", "Suppression", "Delivery", "Upstreams", "History", "Ingress", "SMTP",
                "SASL", "Mailbox", "RoundTrips", "Probing",
                "TLS", "TestKit", "Spool", "Mail", "OAuth", "Outbound", "Webhooks",
            ]),
        tests(
            "TelemetryTests",
            [
                "Telemetry", "Alerts", "RoundTrips", "Suppression", "Delivery", "Upstreams", "Ingress", "Spool",
                "Webhooks", "Mail",
                "OAuth", "TestKit",
                logging, metrics,
            ]),
        tests(
            "AdminTests",
            [
                "Access", "Alerts", "RoundTrips", "TLS", "Dialogue",
                "Admin", "Audit", "Configuration", "Telemetry", "Suppression", "Delivery", "Upstreams", "History",
                "Spool", "Webhooks", "OAuth", "Outbound",
                "Mail",
                "TestKit", nio,
                nioPosix,
                logging,
                lifecycle,
            ]),
        tests(
            "CommandLineTests",
            [
                "posthorse", "Console", "Admin", "Access", "Audit", "SASL", "Delivery", "Dialogue", "Upstreams",
                "History", "OAuth",
                "Spool", "Mail", "TestKit",
                nio,
            ]),
        tests(
            "RelayTests",
            [
                "Relay", "Alerts", "RoundTrips", "Notifiers", "Configuration", "Admin", "Audit", "Delivery", "Ingress",
                "Suppression",
                "Telemetry", "TLS", "Spool", "Upstreams", nio,
                "Mail", "TestKit",
            ]),
        tests("DrillTests", ["Drill", "Console", "Admin", "Delivery", "Upstreams", "Mail", "Spool"]),
        tests("DemoTests", ["Demo", "Console", "Mail"]),
        tests("SinkTests", ["Sink", "Mail", "Mailbox", "SASL", "TLS", "TestKit", nio, nioPosix, nioEmbedded]),
        tests(
            "SystemTests",
            [
                "TestKit", "TLS", "SASL", "Mail", "Mailbox", "RoundTrips", "Delivery", "Probing", nio, nioPosix,
            ]),
    ]
)
