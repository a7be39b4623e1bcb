import Foundation
import Glibc
internal import Synchronization

/// PostgreSQL's programs, where Debian puts them or in PATH.
enum PostgresPrograms {
    static let environment = [
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC",
    ]

    private static let directory: String? = {
        let parent = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        let newest = versions.compactMap { Int($0) }.sorted().last { has("initdb", "\(parent)/\($0)/bin") }
        if let newest { return "\(parent)/\(newest)/bin" }
        return environment["PATH"]?.split(separator: ":").map(String.init).first { has("initdb", $0) }
    }()

    private static func has(_ name: String, _ directory: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: "\(directory)/\(name)")
    }

    static func path(of name: String) throws -> String {
        guard let directory else {
            throw PostgresServer.Problem(description: "PostgreSQL is not installed: Debian's package is postgresql")
        }
        return "\(directory)/\(name)"
    }

    /// - Returns: what the program has written to its standard output, without the last line end.
    static func run(_ name: String, _ arguments: [String]) throws -> String {
        try run(command: [path(of: name)] + arguments)
    }

    static func run(command: [String]) throws -> String {
        let place = try TemporaryDirectory()
        let (output, errors) = (place.path + "/output", place.path + "/errors")
        let descriptors = [output, errors].map { (path: String) in open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) }
        defer { for descriptor in descriptors { close(descriptor) } }
        let child = try Child(
            command, environment: environment, output: descriptors[0], errors: descriptors[1])
        let code = child.waitForExit()
        guard code == 0 else {
            let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
            throw PostgresServer.Problem(description: "\(command[0]) failed with \(code): \(text)")
        }
        let text = try String(contentsOfFile: output, encoding: .utf8)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}

/// A directory of data as initdb makes it, and a database in it; made once for all tests of a run, as it takes a second.
enum PostgresTemplate {
    private static let made = Mutex<TemporaryDirectory?>(nil)

    static func copy(to path: String) throws {
        let template = try made.withLock { made in
            if let made { return made.path }
            let place = try make()
            made = place
            return place.path
        }
        _ = try PostgresPrograms.run(command: ["cp", "-a", "--reflink=auto", template + "/data", path])
    }

    private static func make() throws -> TemporaryDirectory {
        guard geteuid() != 0 else {
            throw PostgresServer.Problem(
                description: "PostgreSQL does not run as root: use Tests/run, which changes the user")
        }
        let place = try TemporaryDirectory()
        let data = place.path + "/data"
        _ = try PostgresPrograms.run(
            "initdb",
            [
                "--no-sync", "-A", "trust", "-U", PostgresServer.user, "--locale=C.UTF-8", "-E", "UTF8",
                "--no-instructions", "--wal-segsize=1", "-D", data,
            ])
        try nameDatabase(data)
        return place
    }

    /// Without a server that listens. A second database would only be more to copy.
    private static func nameDatabase(_ data: String) throws {
        let shell =
            "echo 'ALTER DATABASE postgres RENAME TO posthorse' | \"$0\" --single -D \"$1\" -c fsync=off template1"
        _ = try PostgresPrograms.run(command: ["sh", "-c", shell, PostgresPrograms.path(of: "postgres"), data])
    }
}
