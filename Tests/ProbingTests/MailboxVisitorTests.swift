import Delivery
import Mail
import Mailbox
import OAuth
import SASL
import Synchronization
import TestKit
import Testing

@testable import Probing

@Suite("The visitor of a mailbox")
struct MailboxVisitorTests {
    /// Starts a visit, runs `body`, and ends it.
    private func visit(
        _ account: MailboxAccount, tokens: any TokenSource = NoTokenSource(),
        _ body: (VisitRecord) async throws -> Void
    ) async throws {
        let record = VisitRecord(account, tokens: tokens)
        record.visitor.start()
        try await body(record)
        await record.visitor.stop()
    }

    @Test("looks at once, and again when asked")
    func looks() async throws {
        let server = try FakeServer.imap()
        try await visit(.local(server)) { record in
            #expect(await record.next() == "looked")
            record.visitor.look()
            #expect(await record.next() == "looked")
        }
        #expect(server.all.last?.hasSuffix("LOGOUT") == true)
    }

    @Test("a server that is not there is a failure that may pass")
    func refused() async throws {
        var account = MailboxAccount.local(try FakeServer.imap())
        account.port = 1
        try await visit(account) { record in
            let report = await record.next()
            #expect(report == "passing: 127.0.0.1:1: Connection refused")
        }
    }

    @Test("a line without end, and a literal of four gigabytes, end the session soon")
    func endless() async throws {
        let servers = [
            try FakeServer { _ in .endless("x") },
            try FakeServer.imap { _, command in
                command.hasPrefix("LIST") ? .endless("* LIST () \"/\" {4294967295}\r\n") : nil
            },
        ]
        for server in servers {
            try await visit(.local(server)) { record in
                let report = await record.next()
                #expect(report.hasPrefix("passing: "), "\(report)")
            }
            #expect(server.sent < 32 << 20)
        }
    }

    @Test("a server that talks without end is left")
    func noise() {
        var budget = OctetBudget(now: .zero)
        let taken = [
            budget.take(OctetBudget.reserve, now: .zero), budget.take(1, now: .zero),
            budget.take(OctetBudget.refill - 1, now: .seconds(1)),
        ]
        #expect(taken == [true, false, true])
    }

    @Test("POP3: lists and lines without end end the session soon")
    func endlessPOP3() async throws {
        let server = try FakeServer { line in
            switch line.split(separator: " ").first {
            case nil, "USER", "PASS": .lines(["+OK"])
            case "CAPA": .lines(["+OK", "USER", "UIDL", "."])
            default: .endless("x")
            }
        }
        try await visit(.local(server, kind: .pop3)) { record in
            let report = await record.next()
            #expect(report.hasPrefix("passing: "), "\(report)")
        }
        #expect(server.sent < 32 << 20)
    }

    @Test("a refused password is tried as a command too, and then told as lasting")
    func password() async throws {
        let server = try FakeServer.imap { tag, command in
            command.hasPrefix("AUTHENTICATE") || command.hasPrefix("LOGIN")
                ? .lines(["\(tag) NO [AUTHENTICATIONFAILED] no"]) : nil
        }
        try await visit(.local(server)) { record in
            let report = await record.next()
            #expect(report.hasPrefix("lasting: 127.0.0.1:\(server.port): the server refuses the login"))
            #expect(report.hasSuffix("(if the password has changed, set the new one in the environment)"))
            // Answered without another login.
            record.visitor.look()
            #expect(await record.next().hasPrefix("lasting: "))
        }
        #expect(server.all.filter { $0.contains("AUTHENTICATE") || $0.contains("LOGIN") }.count == 2)
    }

    @Test("a session that ends is replaced by another without a failure")
    func restart() async throws {
        let idles = Mutex(0)
        let server = try FakeServer.imap { _, command in
            guard command == "IDLE" else { return nil }
            let isFirst = idles.withLock { count in
                count += 1
                return count == 1
            }
            guard isFirst else { return nil }
            return .lines(["+ idling", "* BYE restart"])
        }
        try await visit(.local(server)) { record in
            #expect(await record.next() == "looked")
            #expect(await record.next() == "looked")
        }
    }

    @Test("a refused token is replaced by another one")
    func token() async throws {
        let server = try FakeServer.imap { tag, command in
            guard command.hasPrefix("AUTHENTICATE XOAUTH2 ") else { return nil }
            let word = Base64.decode(command.utf8.dropFirst(21)) ?? []
            let isOld = String(decoding: word, as: UTF8.self).contains("token1")
            return .lines([isOld ? "\(tag) NO [AUTHENTICATIONFAILED] old" : "\(tag) OK in"])
        }
        var account = MailboxAccount.local(server)
        account.secret = nil
        account.oauth = OAuthSettings()
        try await visit(account, tokens: CountingTokens()) { record in
            #expect(await record.next() == "looked")
        }
    }

    @Test("no password goes in clear text to another machine")
    func clear() {
        var account = MailboxAccount(host: "mail.example.com", port: 143, username: "probe")
        account.tls = .off
        #expect(!account.security.authenticatesInClear)
        account.host = "127.0.0.1"
        #expect(account.security.authenticatesInClear)
        account.tls = .starttls
        #expect(!account.security.authenticatesInClear)
    }

    @Test("other settings begin another session")
    func replace() async throws {
        let (first, second) = (try FakeServer.imap(), try FakeServer.imap())
        try await visit(.local(first)) { record in
            #expect(await record.next() == "looked")
            record.visitor.replace(.local(second))
            #expect(await record.next() == "looked")
        }
        #expect(second.all.contains { $0.contains("EXAMINE") })
    }
}

/// Gives token1, token2 and so on.
private final class CountingTokens: TokenSource {
    private let count = Mutex(0)

    func request(
        for settings: OAuthSettings, done: @escaping @Sendable (Result<TokenGrant, TokenFailure>) -> Void
    ) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        guard let token = BearerToken("token\(number)") else { return }
        done(.success(TokenGrant(token, lifetime: .seconds(3600))))
    }
}

@Suite("The choice of a login")
struct LoginChoiceTests {
    private static let password = Credentials(username: "u", secret: .password([0x70]))

    private func ways(
        _ mechanisms: [String], _ credentials: Credentials = password, allowsPassword: Bool = true,
        isEncrypted: Bool = true
    ) -> [LoginChoice.Way] {
        let offer = LoginOffer(
            mechanisms: mechanisms, allowsPassword: allowsPassword, isEncrypted: isEncrypted)
        var choice = LoginChoice(offer, credentials, nil, allowsClearText: false)
        return [choice.next(), choice.next(), choice.next()].compactMap(\.self)
    }

    @Test("the strongest, then what needs the least of the server")
    func order() {
        #expect(ways(["PLAIN", "CRAM-MD5", "SCRAM-SHA-256"]) == [.sasl(.scramSHA256), .sasl(.plain)])
        #expect(ways(["SCRAM-SHA-256", "CRAM-MD5"], allowsPassword: false) == [.sasl(.scramSHA256), .sasl(.cramMD5)])
        #expect(ways([]) == [.command])
    }

    @Test("a secret is not shown without TLS")
    func clear() {
        #expect(ways(["PLAIN", "LOGIN"], isEncrypted: false) == [])
        #expect(ways(["PLAIN", "SCRAM-SHA-256"], isEncrypted: false) == [.sasl(.scramSHA256)])
    }

    @Test("a token needs a mechanism for tokens")
    func token() {
        let token = Credentials(username: "u", secret: .token([0x74]))
        #expect(ways(["PLAIN", "XOAUTH2", "OAUTHBEARER"], token) == [.sasl(.xoauth2), .sasl(.oauthBearer)])
        #expect(ways(["PLAIN"], token) == [])
    }
}
