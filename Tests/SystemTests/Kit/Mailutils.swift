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
        for name in ["domains", "home", "home/mail", "spool"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: false)
        }
        let hash = try Tool.run("openssl", "passwd", "-6", "-salt", "posthorse", "sesame")
        try "probe:\(hash):\(geteuid()):\(getegid()):probe:\(root)/home:/bin/sh\n"
            .write(toFile: root + "/domains/example.com", atomically: true, encoding: .utf8)
        try """
        virtdomain { passwd-dir \(root)/domains; };
        auth { authentication "generic"; authorization "virtdomain"; };
        mailbox { mailbox-type maildir; mail-spool "maildir:\(root)/spool"; };
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
        let box = try maildir()
        let name = "\(UInt64.random(in: 0 ... .max)).test"
        try Data(message).write(to: URL(fileURLWithPath: "\(box)/tmp/\(name)"))
        try FileManager.default.moveItem(atPath: "\(box)/tmp/\(name)", toPath: "\(box)/new/\(name)")
    }

    /// Messages in the inbox that are marked as deleted.
    func countDeleted() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: try maildir() + "/cur")
            .filter { $0.split(separator: ",").last?.contains("T") == true && $0.contains(":2,") }.count
    }

    private func maildir() throws -> String {
        let box = directory.path + "/spool/probe"
        for name in ["cur", "new", "tmp"] {
            try FileManager.default.createDirectory(atPath: "\(box)/\(name)", withIntermediateDirectories: true)
        }
        return box
    }
}
