import Foundation
import TestKit

/// Two upstreams that deliver what they take into the mailboxes of a third test upstream.
final class PostOffice {
    static let address = "probe@example.net"

    let primary: Sink
    let secondary: Sink
    private let mailboxes: Sink
    private let imap: String
    private let directory: TemporaryDirectory

    /// Files with the password: the one that the relay knows, and the one that is right.
    var known: String { directory.path + "/known" }
    private var right: String { directory.path + "/right" }

    /// - Parameter primary: options, such as faults.
    init(primary options: String...) throws {
        directory = try TemporaryDirectory()
        for name in ["known", "right"] {
            try "sesame\n".write(toFile: "\(directory.path)/\(name)", atomically: true, encoding: .utf8)
        }
        mailboxes = try Sink(
            "--name", "mailboxes", "--imap", "\(Loopback.next()):0", "--imap-password-file", directory.path + "/right")
        let (smtp, process) = (mailboxes.address, mailboxes.process)
        imap = try process.waitForOutput("mailboxes") { $0.hasPrefix("127.") && $0 != smtp ? $0 : nil }
        primary = try Sink(options: ["--name", "primary", "--deliver-to", mailboxes.address] + options)
        secondary = try Sink("--name", "secondary", "--deliver-to", mailboxes.address)
    }

    /// Where upstreams deliver to.
    var smtp: String { mailboxes.address }

    /// Lines of a `[round_trip.mailbox]`.
    var mailbox: [String] {
        [
            "address = \"\(imap)\"", "tls = \"off\"", "username = \"\(Self.address)\"",
            "password_file = \"\(known)\"",
        ]
    }

    /// A relay with both upstreams.
    func config(_ trips: RoundTripTable...) -> RelayConfig {
        var config = RelayConfig(primary.upstream("primary"), secondary.upstream("secondary"))
        config.log = ["format = \"json\"", "level = \"debug\""]
        config.tables =
            ["[recovery]", "ramp_steps = [50]", "step_duration = \"500ms\""] + trips.flatMap(\.text)
        return config
    }

    /// The owner of the mailbox changes its password; who is logged in has to log in again.
    func changePassword() throws {
        try "open sesame\n".write(toFile: right, atomically: true, encoding: .utf8)
        try mailboxes.killNow()
        try mailboxes.restart("--name", "mailboxes", "--imap", imap, "--imap-password-file", right)
    }

    /// Somebody tells the relay.
    func tellPassword() throws {
        try "open sesame\n".write(toFile: known, atomically: true, encoding: .utf8)
    }
}
