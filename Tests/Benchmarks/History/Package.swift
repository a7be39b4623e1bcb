// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that its targets may be used without the relay around them. The sources of the targets are
// links.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let deques = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")

let package = Package(
    name: "history-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
    ],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CIDN2", pkgConfig: "libidn2", providers: [.apt(["libidn2-dev"])]),
        .target(name: "Mail", swiftSettings: settings),
        .target(name: "SMTP", dependencies: ["Mail", "CIDN2", nio, deques], swiftSettings: settings),
        .target(name: "Suppression", dependencies: ["Mail", "SMTP"], swiftSettings: settings),
        .target(name: "Spool", dependencies: ["Mail", "Suppression", "CSQLite", nio], swiftSettings: settings),
        .target(name: "Upstreams", dependencies: ["Mail"], swiftSettings: settings),
        .target(
            name: "History", dependencies: ["Mail", "Suppression", "Spool", "Upstreams", nioPosix],
            swiftSettings: settings),
        .executableTarget(
            name: "history-benchmark", dependencies: ["History", "Spool", "Mail", "Upstreams", nio],
            swiftSettings: settings),
    ]
)
