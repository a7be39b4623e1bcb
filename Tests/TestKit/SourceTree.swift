import Foundation

/// The sources that the tests were built from, for tests that compare pages with code.
package enum SourceTree {
    /// Their location; `Tests/run` names a copy in `POSTHORSE_SOURCES` if the tests' user cannot read the original.
    private static let root =
        ProcessInfo.processInfo.environment["POSTHORSE_SOURCES"].map { URL(fileURLWithPath: $0) }
        ?? URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// - Parameter path: from the root of the repository, such as `docs/outcomes.md`.
    package static func file(_ path: String) -> URL {
        root.appendingPathComponent(path)
    }

    package static func text(_ path: String) throws -> String {
        try String(contentsOf: file(path), encoding: .utf8)
    }
}
