import Testing

@testable import Mail

/// RFC 5322 sections 3.4 and 4.4, RFC 6854, RFC 2047 section 5, RFC 6532.
@Suite("Addresses in From")
struct MailboxListTests {
    struct Fixture: Sendable, CustomTestStringConvertible {
        let body: String
        let addresses: [String]
        var testDescription: String { body.debugDescription }

        init(_ body: String, _ addresses: String...) {
            self.body = body
            self.addresses = addresses
        }
    }

    private static let readable = [
        Fixture(" ann@example.com", "ann@example.com"),
        Fixture("ann@example.com\r\n", "ann@example.com"),
        Fixture(" <ann@example.com>", "ann@example.com"),
        Fixture(" Ann Lee <ann@example.com>", "ann@example.com"),
        Fixture(" Ann B. Lee <ann@example.com>", "ann@example.com"),
        Fixture(" \"Lee, Ann <x@y>\" <ann@example.com>", "ann@example.com"),
        Fixture(" \"a\\\"b@c\" <ann@example.com>", "ann@example.com"),
        Fixture(" ann@example.com (Ann (of \\( Lee) x@y)", "ann@example.com"),
        Fixture(" (c) ann (c) @ (c) example.com (c)", "ann@example.com"),
        Fixture("\r\n Ann\r\n\t<ann@example.com>\r\n", "ann@example.com"),
        Fixture(" \"An\r\n n\" <ann@example.com>", "ann@example.com"),
        Fixture(" ann@example.com, bob@example.org", "ann@example.com", "bob@example.org"),
        Fixture(" ann@example.com,,\r\n , Bob <bob@example.org>,", "ann@example.com", "bob@example.org"),
        Fixture(" Team: Ann <ann@a>, bob@b;", "ann@a", "bob@b"),
        Fixture(" Team: ann@a;, bob@b", "ann@a", "bob@b"),
        Fixture(" Nobody:;"), Fixture(" Nobody: ;\r\n"), Fixture(""), Fixture(" \t"), Fixture(" (c)"), Fixture(","),
        Fixture(" =?utf-8?q?J=C3=B6rg?= <j@a>", "j@a"),
        Fixture(" =?utf-8?b?SsO2cmc=?=\r\n =?utf-8?q?_x=40y?= <j@a>", "j@a"),
        Fixture(" Jörg <jörg@exämple.com>", "jörg@exämple.com"),
        Fixture(" \"a b\"@example.com", "\"a b\"@example.com"),
        Fixture(" <\"a\r\n b\"@example.com>", "\"a b\"@example.com"),
        Fixture(" ann@[192.0.2.1]", "ann@[192.0.2.1]"),
        Fixture(" ann@example.com.", "ann@example.com"),
        Fixture(" .a..b.@example.com", ".a..b.@example.com"),
        Fixture(" <@one.example,@two.example:ann@example.com>", "ann@example.com"),
        Fixture(" ann@evil.example <ann@example.com>", "ann@evil.example", "ann@example.com"),
        Fixture(" Chief chief@evil.example <ann@example.com>", "chief@evil.example", "ann@example.com"),
        Fixture(" ann@example.com chief@evil.example", "ann@example.com", "chief@evil.example"),
        Fixture(" a!b%c@example.com", "a!b%c@example.com"),
    ]

    @Test("are found, with those that only some readers would see", arguments: readable)
    func found(fixture: Fixture) {
        let list = MailboxList(Array(fixture.body.utf8))
        #expect(list?.mailboxes.map(\.address) == fixture.addresses)
    }

    @Test(
        "are not guessed where a body can be read in two ways",
        arguments: [
            " Ann", " ann@", " @example.com", " ann@example.com Ann", " <>", " Ann <>", " <ann>", " <ann@example.com",
            " ann@example.com>", " <ann@example.com> bob@evil.example", " <ann@example.com> <bob@evil.example>",
            " <ann@example.com>, Ann", " ann@example.com;", " a: b: c@d;;", " a: b@c", " a: b@c; d@e", " : a@b;",
            " chief@evil.example:;", " \"ann@example.com", " (ann@example.com", " ann@example.com )", " ann@[192.0.2.1",
            " ann@[a[b]", " ann\u{0}@example.com", " ann@exam\u{7F}ple.com", " ann@example.com\rX: y",
            " ann@example.com\nX: y", " ann@example.com\r\nX: y", " ann@ok.example .evil.example",
            " ann@ok.example (c).evil.example", " ann@ok.example. evil.example", " ann@ok.example@evil.example",
            " <ann@ok.example@evil.example>", " chief . ann@example.com", " chief. ann@example.com",
            " \"chief\".ann@example.com", " \"chief\"ann@example.com", " chief\"ann\"@example.com",
            " ann@\"example.com\"", " ann@.example.com", " <ann@example.com x>", " <x ann@example.com>",
            " =?utf-8?q?ann?=@example.com", " ann@=?utf-8?q?example.com?=", " ann\\@evil.example@example.com",
            " <@:ann@example.com>", " <@one.example ann@example.com>", " [ann@example.com]", " \"\\", " (\\",
        ])
    func unreadable(body: String) {
        #expect(MailboxList(Array(body.utf8)) == nil)
    }

    @Test("are no text that is not UTF-8")
    func notUTF8() {
        #expect(MailboxList([0xC3, 0x40, 0x61]) == nil)
        #expect(MailboxList(Array("a@b".utf8) + [0x80]) == nil)
        // A name may be in any character set; only addresses are compared.
        #expect(MailboxList([0xE9] + Array(" <a@b>".utf8))?.mailboxes.map(\.address) == ["a@b"])
    }

    @Test("have a place in the body", arguments: readable)
    func places(fixture: Fixture) {
        let body = Array(fixture.body.utf8)
        for mailbox in MailboxList(body)?.mailboxes ?? [] {
            let text = String(decoding: body[mailbox.range], as: UTF8.self)
            #expect(text.first == mailbox.address.first && text.contains("@"))
            #expect(mailbox.range.upperBound <= body.count)
        }
    }

    @Test("never trap, whatever the octets, and are never more than the signs for one")
    func anyOctets() {
        var random = SplitMix64(seed: 14)
        let alphabet = Array(" \t\r\n\"\\()<>@,:;[].ab=?\u{0}é".utf8)
        for _ in 0..<50_000 {
            let body = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            let found = MailboxList(body)?.mailboxes ?? []
            #expect(found.count <= body.count { $0 == UInt8(ascii: "@") }, "\(body)")
        }
    }
}
