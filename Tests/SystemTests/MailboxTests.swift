import Delivery
import Foundation
import Mail
import Mailbox
import Probing
import RoundTrips
import SASL
import TLS
import TestKit
import Testing

@Suite("Mailboxes of Dovecot", .scenario, .needs("dovecot"))
struct DovecotTests {
    private let certificates: TestCertificates
    private let dovecot: Dovecot

    init() throws {
        certificates = try TestCertificates()
        dovecot = try Dovecot(try certificates.server(TestCertificates.name))
    }

    private static func account(
        _ dovecot: Dovecot, _ port: Dovecot.Port, _ caFile: String, tls: MailboxSecurity.TLSUse? = nil
    ) -> MailboxAccount {
        var account = MailboxAccount(host: dovecot.address, port: port.rawValue, username: Dovecot.username)
        account.kind = port == .pop3 || port == .pop3s ? .pop3 : .imap
        account.tls = tls ?? (port == .imaps || port == .pop3s ? .implicit : .starttls)
        account.caFile = caFile
        account.tlsName = TestCertificates.name
        account.secret = .password(.password(Array("sesame".utf8)))
        return account
    }

    private func account(_ port: Dovecot.Port, tls: MailboxSecurity.TLSUse? = nil) -> MailboxAccount {
        Self.account(dovecot, port, certificates.authorityFile, tls: tls)
    }

    @Test(
        "a probe that arrives is found and deleted, and other mail stays",
        arguments: [Dovecot.Port.imap, .imaps, .pop3, .pop3s], [false, true])
    func arrival(port: Dovecot.Port, isClear: Bool) async throws {
        guard !isClear || port == .imap || port == .pop3 else { return }
        try dovecot.deliver(TestMail(tag: "other").content)
        try dovecot.deliver(Visited.probe(7, ProbeKey { try? HMAC.authenticate($0, key: [1]) }))
        try await Visited.run(account(port, tls: isClear ? .off : nil)) { visited in
            try visited.wait(for: "first look") { $0.looks > 0 ? true : nil }
            try dovecot.deliver(Visited.probe(1))
            try visited.waitForLook()
            let sighting = try visited.wait(for: "probe") { $0.sightings.first }
            #expect(sighting.token.number == 1 && sighting.folder == .inbox)
            #expect((sighting.internalDate == nil) == (port == .pop3 || port == .pop3s))
            try visited.waitForLook()
            #expect(visited.seen.current.sightings.count == 1)
            #expect(visited.seen.current.failures == [])
        }
        #expect(try dovecot.count("INBOX") == 2)
    }

    @Test("IDLE tells of a probe without a look")
    func idle() async throws {
        try await Visited.run(account(.imaps)) { visited in
            try visited.wait(for: "first look") { $0.looks > 0 ? true : nil }
            for number in 1...3 as ClosedRange<UInt64> {
                try dovecot.deliver(Visited.probe(number))
                try visited.wait(for: "probe \(number)") { $0.sightings.last?.token.number == number ? true : nil }
            }
            #expect(visited.seen.current.looks == 1)
        }
    }

    @Test("a probe that Sieve takes for junk is found in the folder for junk")
    func junk() async throws {
        try dovecot.setSieve("require [\"fileinto\"]; if header :contains \"subject\" \"Test\" { fileinto \"Junk\"; }")
        try await Visited.run(account(.imaps)) { visited in
            try visited.wait(for: "first look") { $0.looks > 0 ? true : nil }
            try dovecot.deliver(Visited.probe(1))
            try visited.waitForLook()
            let sighting = try visited.wait(for: "probe") { $0.sightings.first }
            #expect(sighting.folder == .junk)
        }
        #expect(try dovecot.count("Junk") == 0)
    }

    @Test("probes from before the first look are found, and the doubled one twice")
    func before() async throws {
        for number in [1, 2, 2] as [UInt64] { try dovecot.deliver(Visited.probe(number)) }
        try await Visited.run(account(.imaps)) { visited in
            try visited.wait(for: "first look") { $0.looks > 0 ? true : nil }
            #expect(visited.seen.current.sightings.map(\.token.number).sorted() == [1, 2, 2])
            #expect(Set(visited.seen.current.sightings.map(\.place)).count == 3)
        }
        #expect(try dovecot.count("INBOX") == 0)
    }

    @Test("the server restarts, and what came meanwhile is found")
    func restart() async throws {
        try await Visited.run(account(.imaps)) { visited in
            try visited.wait(for: "first look") { $0.looks > 0 ? true : nil }
            dovecot.stop()
            try dovecot.place(Visited.probe(1))
            try dovecot.start()
            visited.visitor.look()
            try visited.wait(for: "probe", within: .seconds(60)) { $0.sightings.first }
        }
    }

    @Test("a password that has changed is told, and the right one used once it is in the file")
    func password() async throws {
        let file = dovecot.directory.path + "/secret"
        try "wrong\n".write(toFile: file, atomically: true, encoding: .utf8)
        var account = account(.imaps)
        account.secret = .passwordFile(file)
        try await Visited.run(account) { visited in
            let cause = try visited.wait(for: "refusal") { $0.lasting.first }
            #expect(cause.contains("the server refuses the login") && !cause.contains("wrong"))
            try "sesame\n".write(toFile: file, atomically: true, encoding: .utf8)
            visited.visitor.look()
            try visited.wait(for: "look") { $0.looks > 0 ? true : nil }
        }
    }

    @Test("a certificate of a stranger is told", arguments: [Dovecot.Port.imap, .imaps, .pop3, .pop3s])
    func stranger(port: Dovecot.Port) async throws {
        let other = try TestCertificates(authority: "Other")
        try await Visited.run(Self.account(dovecot, port, other.authorityFile)) { visited in
            let cause = try visited.wait(for: "failure") { $0.lasting.first }
            #expect(cause.contains("TLS"))
        }
    }

    @Test("a folder that does not exist is named")
    func folder() async throws {
        var account = account(.imaps)
        account.folders = ["INBOX", "Spam"]
        try await Visited.run(account) { visited in
            let cause = try visited.wait(for: "failure") { $0.lasting.first }
            #expect(cause.contains("Spam"))
            #expect(visited.seen.current.looks == 0)
        }
    }
}

@Suite("A mailbox of a hundred thousand messages", .scenarioAlone, .needs("dovecot"))
struct LargeMailboxTests {
    @Test("is looked into within seconds, and read once", arguments: [Dovecot.Port.imap, .pop3])
    func large(port: Dovecot.Port) async throws {
        let certificates = try TestCertificates()
        let dovecot = try Dovecot(
            try certificates.server(TestCertificates.name), location: "mbox:~/folders:INBOX=~/inbox")
        try fill(dovecot.directory.path + "/home/inbox")
        var account = MailboxAccount(host: dovecot.address, port: port.rawValue, username: Dovecot.username)
        account.kind = port == .pop3 ? .pop3 : .imap
        account.tls = .off
        account.secret = .password(.password(Array("sesame".utf8)))
        try await Visited.run(account) { visited in
            try visited.wait(for: "first look", within: .seconds(120)) { $0.looks > 0 ? true : nil }
            try dovecot.deliver(Visited.probe(1))
            let clock = ContinuousClock()
            let time = try clock.measure { try visited.waitForLook() }
            try visited.wait(for: "probe") { $0.sightings.first }
            #expect(time < .seconds(20))
            #expect(visited.seen.current.failures == [])
        }
    }

    private func fill(_ path: String) throws {
        var text = ""
        text.reserveCapacity(20 << 20)
        for number in 1...100_000 {
            text += "From a@example.com Mon Nov  2 10:00:00 2026\nMessage-ID: <\(number)@example.com>\n"
            text += "Subject: \(number)\n\nText.\n\n"
        }
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }
}

@Suite("Mailboxes of GNU Mailutils", .scenario, .needs("imap4d"))
struct MailutilsTests {
    @Test("a probe is found and marked as deleted, where the server has neither UIDPLUS nor the mechanisms it offers")
    func arrival() async throws {
        let server = try Mailutils()
        try server.deliver(TestMail(tag: "other").content)
        try server.deliver(Visited.probe(1))
        var account = MailboxAccount(host: server.address, port: Mailutils.port, username: Mailutils.username)
        account.tls = .off
        account.secret = .password(.password(Array("sesame".utf8)))
        try await Visited.run(account) { visited in
            try visited.wait(for: "first look") { $0.looks > 0 ? true : nil }
            try server.deliver(Visited.probe(2))
            try visited.waitForLook()
            try visited.waitForLook()
            // Its first writing gives the mailbox another UIDVALIDITY, so that the first one is found twice.
            #expect(Set(visited.seen.current.sightings.map(\.token.number)) == [1, 2])
            #expect(visited.seen.current.failures == [])
        }
        #expect(try server.countDeleted() == 2)
    }
}
