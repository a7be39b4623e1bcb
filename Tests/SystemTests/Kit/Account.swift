import Foundation
import TestKit

/// A user name and password, and the file that holds the password.
final class Account {
    static let user = "relay@example.com"
    /// Neither short nor usual, so that it is found wherever it is shown.
    static let password = "Pass-w0rt!4711"

    let directory: TemporaryDirectory
    /// The password of a client that knows it.
    let file: String
    /// A wrong one.
    let wrongFile: String

    init() throws {
        directory = try TemporaryDirectory()
        (file, wrongFile) = (directory.path + "/password", directory.path + "/wrong")
        try Self.password.write(toFile: file, atomically: true, encoding: .utf8)
        try "not \(Self.password)".write(toFile: wrongFile, atomically: true, encoding: .utf8)
        for path in [file, wrongFile] {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
    }

    /// Options of a sink that accepts this account.
    func sinkOptions(_ mechanisms: String? = nil) -> [String] {
        ["--user", Self.user, "--password-file", file] + (mechanisms.map { ["--auth-mechanisms", $0] } ?? [])
    }

    /// The hash of the password, as printed by `posthorse hash-password`.
    func hash(_ options: String...) throws -> String {
        let program = try Program(Posthorse.executable, ["hash-password"] + options, input: file)
        guard try program.waitForExit() == .code(0), let line = program.output.current.lines.first else {
            throw ScenarioError("no hash\n\(program.lastWords)")
        }
        return line
    }

    /// Everything that reveals the password.
    static let traces: [String] = {
        let plain = Data("\0\(user)\0\(password)".utf8).base64EncodedString()
        // Without the last group, which depends on what follows.
        return [password, Data(password.utf8).base64EncodedString(), plain].map {
            String($0.prefix(max(8, $0.count - 4)))
        }
    }()
}
