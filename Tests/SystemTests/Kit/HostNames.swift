import Foundation
import TestKit

/// Names with addresses of our choice, for the processes that get their ``environment``.
final class HostNames {
    private let directory: TemporaryDirectory
    private let path: String
    let environment: [String: String]

    init(_ names: [String: [String]]) throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/hosts"
        let shim = URL(fileURLWithPath: Posthorse.executable).deletingLastPathComponent()
            .appendingPathComponent("libHostShim.so").path
        guard FileManager.default.fileExists(atPath: shim) else { throw ScenarioError("\(shim) is not built") }
        environment = ["LD_PRELOAD": shim, "HOST_SHIM_FILE": path]
        try set(names)
    }

    /// Lookups see it at once.
    func set(_ names: [String: [String]]) throws {
        let lines = names.flatMap { name, addresses in addresses.map { "\($0) \(name)\n" } }
        try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
    }
}
