import Foundation
import Glibc
import TestKit

/// The IMAP server of GNU Mailutils, run by the present user for one scenario: without UIDPLUS and special uses, and with
/// mechanisms that do not work for its accounts.
final class Mailutils: Sendable {
    static let username = "probe@example.com"
    static let port: UInt16 = 12143

    let address = Loopback.next()
    private let directory: TemporaryDirectory
    private let program: Program

    init() throws {
        directory = try TemporaryDirectory()
        let root = directory.path
        for name in ["domains", "home", "home/mail"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: false)
        }
        let hash = try Tool.run("openssl", "passwd", "-6", "-salt", "posthorse", "sesame")
        try "probe:\(hash):\(geteuid()):\(getegid()):probe:\(root)/home:/bin/sh\n"
            .write(toFile: root + "/domains/example.com", atomically: true, encoding: .utf8)
        try """
        virtdomain { passwd-dir \(root)/domains; };
        auth { authentication "generic"; authorization "virtdomain"; };
        mailbox { mailbox-type mbox; mail-spool "mbox:\(root)"; };
        logging { syslog no; };
        tcp-wrappers { enable no; };
        mode daemon;
        foreground yes;
        pidfile \(root)/pid;
        server \(address):\(Self.port) { transcript no; };

        """.write(toFile: root + "/imap4d.conf", atomically: true, encoding: .utf8)
        guard let path = Tool.path("imap4d") else { throw ScenarioError("imap4d is not installed") }
        program = try Program(path, ["--no-site-config", "--config-file=\(root)/imap4d.conf"])
        _ = try program.waitForErrors("start of imap4d") { lines in
            lines.contains { $0.contains("started") } ? true : nil
        }
    }

    deinit {
        program.signal(SIGTERM)
        _ = try? program.waitForExit()
    }

    /// Puts a message into the inbox.
    func deliver(_ message: [UInt8]) throws {
        guard let file = FileHandle(forUpdatingAtPath: inbox) ?? create() else { throw ScenarioError("no inbox") }
        let text = String(decoding: message, as: UTF8.self).replacing("\r\n", with: "\n")
        try file.seekToEnd()
        try file.write(contentsOf: Data("From a@example.com Mon Nov  2 10:00:00 2026\n\(text)\n".utf8))
        try file.close()
    }

    private func create() -> FileHandle? {
        _ = FileManager.default.createFile(atPath: inbox, contents: nil)
        return FileHandle(forUpdatingAtPath: inbox)
    }

    /// Messages that are marked as deleted.
    func countDeleted() throws -> Int {
        try String(contentsOfFile: inbox, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("Status:") && $0.contains("D") }.count
    }

    private var inbox: String { directory.path + "/home/INBOX" }
}
