import Console
import Foundation
import TestKit

/// Runs the built `posthorse`, which is beside the test bundle.
struct Program {
    let status: Int32
    let output: String
    let errors: String

    /// The executable built with these tests.
    static var path: String {
        for argument in CommandLine.arguments {
            guard let end = argument.range(of: ".xctest") else { continue }
            let bundle = URL(fileURLWithPath: String(argument[..<end.upperBound]))
            return bundle.deletingLastPathComponent().appendingPathComponent("posthorse").path
        }
        return Bundle.main.bundleURL.appendingPathComponent("posthorse").path
    }

    /// Runs to completion. Output goes to files, so that no pipe can fill up.
    static func run(
        _ arguments: [String], in directory: String, environment: [String: String] = [:], input: [UInt8]? = nil
    ) throws -> Program {
        let names = ["out", "err"].map { "\(directory)/.\($0)-\(UInt64.random(in: 0 ... .max))" }
        for name in names { try Data().write(to: URL(fileURLWithPath: name)) }
        let files = try names.map { try FileHandle(forWritingTo: URL(fileURLWithPath: $0)) }
        var reader: FileHandle?
        if let input {
            let name = "\(directory)/.in-\(UInt64.random(in: 0 ... .max))"
            try Data(input).write(to: URL(fileURLWithPath: name))
            reader = try FileHandle(forReadingFrom: URL(fileURLWithPath: name))
        }
        let child = try Child(
            Privileges.dropped([path] + arguments), environment: environment, directory: directory,
            input: reader?.fileDescriptor, output: files[0].fileDescriptor, errors: files[1].fileDescriptor)
        let status = child.waitForExit()
        let texts = try names.map { try String(contentsOfFile: $0, encoding: .utf8) }
        return Program(status: status, output: texts[0], errors: texts[1])
    }
}

/// A directory with a short path, because a socket's path has at most 107 octets.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = "/tmp/pc-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes relay.conf and returns its path.
    func configuration(_ text: String? = nil) throws -> String {
        let good = """
            hostname = "relay.example"
            [spool]
            path = "\(path)/spool"
            [admin]
            socket = "\(path)/admin.sock"
            [[upstream]]
            name = "primary"
            address = "127.0.0.1:2601"
            """
        try (text ?? good).write(toFile: path + "/relay.conf", atomically: false, encoding: .utf8)
        return path + "/relay.conf"
    }
}
