// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that building the relay does not require swift-nio-ssl. The sources of the targets TLS and
// Mail are links.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")

let package = Package(
    name: "tls-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(name: "Mail", swiftSettings: settings),
        .target(name: "TLS", dependencies: ["Mail", "COpenSSL", nio], swiftSettings: settings),
        .executableTarget(
            name: "tls-benchmark",
            dependencies: [
                "TLS", nio,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
    ]
)
