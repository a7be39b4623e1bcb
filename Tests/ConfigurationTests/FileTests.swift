import Foundation
import Glibc
import Spool
import Testing

@testable import Configuration

@Suite("Reading the file")
struct FileTests {
    /// The problems of a file with these octets, without the path.
    private func problems(_ bytes: [UInt8]) throws -> [String] {
        try withTemporaryDirectory { directory in
            let path = directory + "/relay.conf"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return RelayConfiguration.check(path: path, environment: [:]).problems.map {
                String($0.description.dropFirst(directory.count + 1))
            }
        }
    }

    @Test("world-readable password hashes are a warning, and nothing else is")
    func exposed() throws {
        let user = "[[user]]\nname = \"app\"\npassword_hash = \"\(exampleHash)\"\n"
        try withTemporaryDirectory { directory in
            let path = directory + "/relay.conf"
            for (text, mode, isExposed) in [
                (minimal + user, 0o644, true), (minimal + user, 0o640, false), (minimal, 0o644, false),
            ] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
                let (configuration, problems) = RelayConfiguration.check(path: path, environment: [:])
                #expect(configuration != nil)
                let warnings = problems.filter { $0.message.contains("password hashes") }
                #expect(warnings.map(\.severity) == (isExposed ? [.warning] : []))
            }
        }
    }

    @Test("a data directory that others may enter is a warning, with the remedy")
    func openDirectory() throws {
        try withTemporaryDirectory { directory in
            let (path, data) = (directory + "/relay.conf", directory + "/data")
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
            let text = minimal + "[spool]\npath = \"data\"\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            for (mode, isExposed) in [(0o755, true), (0o711, true), (0o750, true), (0o701, true), (0o700, false)] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: data)
                let (configuration, problems) = RelayConfiguration.check(path: path, environment: [:])
                #expect(configuration != nil)
                let warnings = problems.filter { $0.key == "spool.path" }
                #expect(warnings.map(\.severity) == (isExposed ? [.warning] : []), "\(mode)")
                #expect(warnings.allSatisfy { $0.remedy == "run chmod 700 on it" && $0.message.contains(data) })
            }
        }
    }

    @Test("a missing file")
    func missing() throws {
        try withTemporaryDirectory { directory in
            #expect(throws: ConfigurationProblems.self) { try RelayConfiguration.load(path: directory + "/relay.conf") }
            #expect(
                RelayConfiguration.check(path: directory + "/relay.conf").problems.map(\.description) == [
                    "\(directory)/relay.conf: the file does not exist; "
                        + "write one (start from relay.conf.example) or name it with --config"
                ])
            #expect(
                RelayConfiguration.check(path: directory).problems.map(\.description) == [
                    "\(directory): the file is a directory; name the file in it with --config"
                ])
        }
    }

    @Test("a pipe is no file, and nobody waits for what comes out of it; a link to a file is one")
    func pipe() throws {
        try withTemporaryDirectory { directory in
            let (pipe, file, link) = (directory + "/pipe", directory + "/relay.conf", directory + "/link")
            #expect(mkfifo(pipe, 0o600) == 0)
            #expect(
                RelayConfiguration.check(path: pipe).problems.map(\.description) == [
                    "\(pipe): the file is not a regular file; write the text to a file, and name that"
                ])
            let named = "users_file = \"pipe\"\n" + minimal + "[bounce]\ntemplate_file = \"pipe\"\n"
            try named.write(toFile: file, atomically: true, encoding: .utf8)
            let (configuration, problems) = RelayConfiguration.check(path: file)
            #expect(configuration == nil && problems.count == 2)
            #expect(problems.allSatisfy { $0.description.contains("\(pipe): the file is not a regular file") })
            try minimal.write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "relay.conf")
            #expect(RelayConfiguration.check(path: link).configuration != nil)
        }
    }

    @Test("a pipe is read to its end by who allows it")
    func allowedPipe() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data(minimal.utf8))
        try pipe.fileHandleForWriting.close()
        let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        let (configuration, _) = RelayConfiguration.check(path: path, isPipeAllowed: true)
        #expect(configuration?.hostname == "relay.test")
        #expect(RelayConfiguration.check(path: path).configuration == nil)
    }

    @Test(
        "contents that are not text",
        arguments: [
            ([], ": the file is empty; start from relay.conf.example"),
            (Array(" \r\n\t\n".utf8), ": the file is empty; start from relay.conf.example"),
            ([0xFF, 0xFE, 0x61, 0x00], ": the file is in UTF-16; save it as UTF-8"),
            (Array("a = 1\nb = \"".utf8) + [0xE4, 0x22, 0x0A], ":2: the file is not UTF-8; save it as UTF-8"),
            (Array("a = 1\n\nb = ".utf8) + [0xC3], ":3: the file is not UTF-8; save it as UTF-8"),
            (Array("a = 1\n".utf8) + [0x00], ":2: the file holds a NUL octet; save it as plain text"),
            (
                Array(repeating: 0x23, count: (1 << 20) + 1),
                ": the file is larger than 1MiB; check that it is a relay.conf"
            ),
        ] as [([UInt8], String)])
    func noText(_ bytes: [UInt8], _ problem: String) throws {
        #expect(try problems(bytes) == ["relay.conf" + problem])
    }

    @Test("a byte order mark and CRLF are accepted")
    func tolerated() throws {
        let text = "\u{FEFF}" + minimal.replacing("\n", with: "\r\n") + "bad = 1\r\n"
        #expect(
            try problems(Array(text.utf8)).map { $0.prefix(while: { $0 != ";" }) } == [
                "relay.conf:5: upstream.bad: unknown key"
            ])
    }

    @Test("a valid file gives its value, with paths relative to it")
    func load() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/relay.conf"
            let text = minimal + "[spool]\npath = \"spool\"\n"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let configuration = try RelayConfiguration.load(path: path)
            #expect(configuration.spool.path == directory + "/spool")
            #expect(configuration.adminSocket == directory + "/spool/admin.sock")
            #expect(configuration.hostname == "relay.test")
        }
    }

    @Test("the default path")
    func defaultPath() {
        #expect(RelayConfiguration.defaultPath { $0 == "relay.conf" } == "relay.conf")
        #expect(RelayConfiguration.defaultPath { _ in false } == "/etc/posthorse/relay.conf")
    }
}
