import Foundation
import Testing

/// A system program used by a scenario.
enum Tool {
    private static let places = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"]

    static func path(_ name: String) -> String? {
        places.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs it to completion and expects success.
    static func run(_ name: String, _ arguments: String..., within limit: Duration = .seconds(30)) throws -> String {
        try run(name, arguments, within: limit)
    }

    /// - Parameter input: a file.
    static func run(
        _ name: String, _ arguments: [String], input: String = "/dev/null", within limit: Duration = .seconds(30),
        keepsPrivileges: Bool = false
    ) throws -> String {
        guard let path = path(name) else { throw ScenarioError("\(name) is not installed") }
        let program = try Program(path, arguments, input: input, keepsPrivileges: keepsPrivileges)
        let exit = try program.waitForExit(within: limit)
        let text = program.output.current.lines.joined(separator: "\n")
        guard exit == .code(0) else { throw ScenarioError("\(name) ended with \(exit): \(program.lastWords)") }
        return text
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips if a program is missing; `make test` installs them all.
    static func needs(_ tool: String) -> Self {
        .enabled(if: Tool.path(tool) != nil, "\(tool) is not installed")
    }
}
