import Foundation
import Glibc
import TLS
import TestKit

/// A Dovecot of the present user for one scenario, with one mailbox, in a temporary directory.
final class Dovecot: Sendable {
    /// Ports on ``address``.
    enum Port: UInt16 {
        case imap = 11143
        case imaps = 11993
        case pop3 = 11110
        case pop3s = 11995
    }

    static let username = "probe"

    let address = Loopback.next()
    let directory: TemporaryDirectory
    private let program: Watched<Program?>

    /// - Parameters:
    ///   - files: its certificate.
    ///   - location: of the mail, as `mail_location` has it; `~` is the user's directory.
    ///   - mechanisms: of logins.
    init(
        _ files: TLSCertificateFiles, location: String = "maildir:~/Maildir",
        mechanisms: String = "plain login scram-sha-256"
    ) throws {
        directory = try TemporaryDirectory()
        let root = directory.path
        for name in ["run", "home"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: false)
        }
        try Self.configuration(root, address, files, location, mechanisms)
            .write(toFile: root + "/dovecot.conf", atomically: true, encoding: .utf8)
        program = Watched(nil)
        try setPassword("sesame")
        try start()
    }

    deinit {
        stop()
    }

    func start() throws {
        guard let path = Tool.path("dovecot") else { throw ScenarioError("dovecot is not installed") }
        let next = try Program(path, ["-F", "-c", directory.path + "/dovecot.conf"])
        _ = try next.waitForErrors("start of Dovecot") { lines in
            lines.contains { $0.contains("starting up") } ? true : nil
        }
        program.change { $0 = next }
    }

    func stop() {
        guard let program = program.current else { return }
        program.signal(SIGTERM)
        _ = try? program.waitForExit()
    }

    func setPassword(_ password: String) throws {
        try "\(Self.username):{PLAIN}\(password)\n"
            .write(toFile: directory.path + "/users", atomically: true, encoding: .utf8)
    }

    /// A Sieve script for the mailbox.
    func setSieve(_ script: String) throws {
        try script.write(toFile: directory.path + "/home/.dovecot.sieve", atomically: true, encoding: .utf8)
    }

    /// Delivers a message as a mail server does.
    func deliver(_ message: [UInt8]) throws {
        let file = directory.path + "/message-\(UUID().uuidString)"
        try Data(message).write(to: URL(fileURLWithPath: file))
        let agent = try Program(
            "/usr/lib/dovecot/dovecot-lda", ["-c", directory.path + "/dovecot.conf", "-d", Self.username], input: file)
        guard try agent.waitForExit() == .code(0) else {
            throw ScenarioError("dovecot-lda does not deliver: \(agent.lastWords)")
        }
    }

    /// Puts a message into the inbox without the server, which has created it.
    ///
    /// - Parameter flags: those of one that was looked at, a letter each; nil for a new one.
    func place(_ message: [UInt8], flags: String? = nil) throws {
        let name = flags.map { "cur/1.test:2,\($0)" } ?? "new/1.test"
        let file = "\(directory.path)/home/Maildir/\(name)"
        try Data(message).write(to: URL(fileURLWithPath: file))
    }

    /// Waits for a line of its log.
    func waitForLog(_ text: String) throws {
        _ = try program.current?.waitForErrors("\(text) in the log of Dovecot") { lines in
            lines.contains { $0.contains(text) } ? true : nil
        }
    }

    /// Flags of the messages in the inbox by their subject, a letter each; `S` is for seen ones.
    func flags() throws -> [String: String] {
        let path = directory.path + "/home/Maildir"
        let files = try ["cur", "new"].flatMap { name in
            try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)").map { "\(path)/\(name)/\($0)" }
        }
        return try files.reduce(into: [:]) { flags, file in
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isNewline)
            let subject = lines.first { $0.hasPrefix("Subject: ") }?.dropFirst(9)
            let end = file.firstRange(of: ":2,").map { String(file[$0.upperBound...]) }
            flags[subject.map(String.init) ?? ""] = end ?? ""
        }
    }

    /// Messages in a folder, deleted ones included.
    func count(_ folder: String) throws -> Int {
        let path = directory.path + "/home/Maildir" + (folder == "INBOX" ? "" : "/.\(folder)")
        return try ["cur", "new"].reduce(0) { sum, name in
            let place = "\(path)/\(name)"
            guard FileManager.default.fileExists(atPath: place) else { return sum }
            return sum + (try FileManager.default.contentsOfDirectory(atPath: place)).count
        }
    }

    private static func configuration(
        _ root: String, _ address: String, _ files: TLSCertificateFiles, _ location: String, _ mechanisms: String
    ) throws -> String {
        let user = String(cString: getpwuid(geteuid()).pointee.pw_name)
        let group = String(cString: getgrgid(getegid()).pointee.gr_name)
        return """
            base_dir = \(root)/run
            state_dir = \(root)/run
            log_path = /dev/stderr
            protocols = imap pop3
            listen = \(address)
            default_internal_user = \(user)
            default_internal_group = \(group)
            default_login_user = \(user)
            mail_location = \(location)
            first_valid_uid = 0
            ssl = yes
            ssl_cert = <\(files.certificate)
            ssl_key = <\(files.privateKey)
            disable_plaintext_auth = no
            auth_mechanisms = \(mechanisms)
            auth_failure_delay = 0
            passdb {
              driver = passwd-file
              args = \(root)/users
            }
            userdb {
              driver = static
              args = uid=\(geteuid()) gid=\(getegid()) home=\(root)/home
            }
            namespace inbox {
              inbox = yes
              mailbox Junk {
                auto = create
                special_use = \\Junk
              }
            }
            service imap-login {
              chroot =
              inet_listener imap {
                port = \(Port.imap.rawValue)
              }
              inet_listener imaps {
                port = \(Port.imaps.rawValue)
                ssl = yes
              }
            }
            service pop3-login {
              chroot =
              inet_listener pop3 {
                port = \(Port.pop3.rawValue)
              }
              inet_listener pop3s {
                port = \(Port.pop3s.rawValue)
                ssl = yes
              }
            }
            service anvil {
              chroot =
            }
            service stats {
              chroot =
            }
            protocol lda {
              mail_plugins = sieve
              postmaster_address = postmaster@example.com
            }
            plugin {
              sieve = file:\(root)/home/sieve;active=\(root)/home/.dovecot.sieve
            }

            """
    }
}
