import Foundation
import TestKit

/// The executable built with the tests.
enum Posthorse {
    static let executable = Bundle.main.executableURL!.resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("posthorse").path

    struct Result {
        let exit: Program.Exit
        let output: [String]
        let errors: [String]
    }

    /// Runs a command to completion.
    static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
        let program = try Program(executable, arguments, environment: environment)
        let exit = try program.waitForExit()
        return Result(exit: exit, output: program.output.current.lines, errors: program.errors.current.lines)
    }
}
