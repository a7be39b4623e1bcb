import SMTP
import Testing

@testable import Dialogue

@Suite("Which transactions a trace of recipients shows")
struct TransactionSieveTests {
    private func sieve(_ pattern: String = "*@example.com") throws -> TransactionSieve {
        TransactionSieve(try #require(RecipientPattern(pattern)))
    }

    @Test("a transaction whose recipients are known is shown or dropped from its first line on")
    func known() throws {
        var sieve = try sieve()
        sieve.began(1, recipients: ["ann@example.com", "bob@example.net"])
        sieve.began(2, recipients: ["bob@example.net"])
        #expect(sieve.fate(in: 1) == .show)
        #expect(sieve.fate(in: 2) == .drop)
        sieve.ended(1)
        #expect(sieve.fate(in: 1) == .drop)
    }

    @Test("a transaction is held until a recipient is named that matches")
    func held() throws {
        var sieve = try sieve()
        sieve.began(1, recipients: nil)
        #expect(sieve.fate(in: 1) == .hold)
        #expect(sieve.named("bob@example.net", in: 1) == false)
        #expect(sieve.fate(in: 1) == .hold)
        #expect(sieve.named("ann@EXAMPLE.com", in: 1) == true)
        #expect(sieve.fate(in: 1) == .show)
        #expect(sieve.named("ann@example.com", in: 1) == false)
    }

    @Test("lines of no transaction are shown while a matching one is open")
    func none() throws {
        var sieve = try sieve()
        #expect(sieve.fate(in: nil) == .drop)
        sieve.began(1, recipients: ["ann@example.com"])
        #expect(sieve.fate(in: nil) == .show)
        sieve.ended(1)
        #expect(sieve.fate(in: nil) == .drop)
    }

    @Test(
        "patterns are those of the queue's filters, and @example.com is short for *@example.com",
        arguments: [
            ("ann@example.com", "ann@example.com", true), ("ANN@example.com", "ann@Example.COM", true),
            ("ann@example.com", "joann@example.com", false), ("@example.com", "ann@example.com", true),
            ("@example.com", "ann@mail.example.com", false), ("ann@*", "ann@example.net", true),
            ("*", "postmaster", true),
        ])
    func patterns(pattern: String, address: String, matches: Bool) throws {
        let pattern = try #require(RecipientPattern(pattern))
        #expect(pattern.matches(address) == matches)
    }

    @Test("what is no pattern is refused", arguments: ["", "ann\u{7}@example.com", String(repeating: "a", count: 513)])
    func wrong(_ text: String) {
        #expect(RecipientPattern(text) == nil)
    }
}

@Suite("Which transaction a client's line belongs to")
struct ClientTransactionsTests {
    @Test("from MAIL to the reply to the final dot")
    func whole() {
        var transactions = ClientTransactions()
        #expect(transactions.command(.ehlo, isOpen: false) == (nil, nil))
        #expect(transactions.current == nil)
        #expect(transactions.command(.mail, isOpen: false) == (nil, 1))
        #expect(transactions.command(.rcpt, isOpen: true) == (nil, nil))
        #expect(transactions.command(.data, isOpen: true) == (nil, nil))
        transactions.contentEnded()
        #expect(transactions.current == 1)
        #expect(transactions.command(.quit, isOpen: false) == (1, nil))
        #expect(transactions.current == nil)
    }

    @Test("RSET and its reply are the last of it")
    func reset() {
        var transactions = ClientTransactions()
        _ = transactions.command(.mail, isOpen: false)
        #expect(transactions.command(.rset, isOpen: true) == (nil, nil))
        #expect(transactions.current == 1)
        #expect(transactions.command(.mail, isOpen: false) == (1, 2))
    }

    @Test("a MAIL within a transaction begins none, and one behind a refused MAIL does")
    func nested() {
        var transactions = ClientTransactions()
        _ = transactions.command(.mail, isOpen: false)
        #expect(transactions.command(.mail, isOpen: true) == (nil, nil))
        #expect(transactions.command(.mail, isOpen: false) == (1, 2))
    }
}
