// swift-tools-version: 6.2
import PackageDescription

// The parsers and state machines of the relay, compiled with coverage for libFuzzer. They are targets of this package,
// through links, because coverage is a compilation flag and package access ends at the package.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-sanitize=fuzzer", "-enable-testing"]),
]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let deques = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

// The parts of TLS that SASL needs: cryptography only.
let notOfSASL = [
    "Connection", "Contexts", "Files", "Handler", "TLSClientSettings.swift", "TLSConnectionDetails.swift",
    "TLSServerSettings.swift",
]

let package = Package(
    name: "posthorse-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
    ],
    targets: [
        .systemLibrary(name: "CIDN2", pkgConfig: "libidn2"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl"),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"),
        .target(name: "Mail", swiftSettings: settings),
        .target(name: "SMTP", dependencies: ["Mail", "CIDN2", nio, deques], swiftSettings: settings),
        .target(name: "Suppression", dependencies: ["Mail", "SMTP"], swiftSettings: settings),
        .target(name: "TLS", dependencies: ["Mail", "COpenSSL"], exclude: notOfSASL, swiftSettings: settings),
        .target(name: "SASL", dependencies: ["Mail", "TLS"], swiftSettings: settings),
        .target(name: "Mailbox", dependencies: ["Mail"], swiftSettings: settings),
        .target(name: "Notices", dependencies: ["Mail"], swiftSettings: settings),
        .target(name: "Spool", dependencies: ["Mail", "Suppression", "CSQLite", nio], swiftSettings: settings),
        // Only exported files, and the expressions of --last-reply.
        .target(name: "Admin", dependencies: ["Mail", "SMTP", "Spool", nio], swiftSettings: settings),
        .target(name: "Files", dependencies: [nio], swiftSettings: settings),
        // Only the parser.
        .target(name: "Proxy", dependencies: [nio], exclude: ["ProxyHandler.swift"], swiftSettings: settings),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "Mail", "SMTP", "Suppression", "TLS", "SASL", "Mailbox", "Notices", "Spool", "Admin", "Files", "Proxy",
                nio,
            ],
            path: "Fuzz",
            // Files that are links to those of tests import as tests do.
            swiftSettings: settings + [
                .enableUpcomingFeature("InternalImportsByDefault"), .unsafeFlags(["-parse-as-library"]),
            ],
            // The fuzzer's library has a main of its own; ours comes first and takes precedence.
            linkerSettings: [
                .unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld", "-Xlinker", "--allow-multiple-definition"])
            ]
        ),
    ]
)
