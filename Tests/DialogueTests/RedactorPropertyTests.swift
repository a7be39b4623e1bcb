import Mail
import Testing
import TestKit

@testable import Dialogue

@Suite("A secret is in no line of a trace, whatever is said in whatever order")
struct RedactorPropertyTests {
    private static let password = "zq7!Kp2#wV9xTr"

    /// Things that client and server may say, in any order, cut anywhere.
    private struct Conversation {
        var generator: SeededGenerator
        var said = Said()
        private let forms: [String]
        /// A server knows only what it was sent.
        private var sentForms: [String] = []
        private let mechanisms = ["PLAIN", "LOGIN", "XOAUTH2", "CRAM-MD5", "XSECRET", "plain"]
        private let words = ["relay@example.com", "bob@example.net", "hello", "\u{1B}[1m", "x", "="]

        init(_ seed: UInt64) {
            generator = SeededGenerator(seed: seed)
            forms = [
                Base64.encode("\0relay\0\(password)".utf8), Base64.encode(password.utf8),
                Base64.encode("user=relay\u{1}auth=Bearer \(password)\u{1}\u{1}".utf8), password,
            ]
        }

        mutating func go(_ steps: Int) {
            for _ in 0..<steps {
                said.step = Int.random(in: 0...7, using: &generator)
                step()
            }
            said.end()
        }

        /// A line of a login comes as a response, or as a command where the session does not take it for one.
        private mutating func step() {
            let form = forms.randomElement(using: &generator) ?? ""
            let word = words.randomElement(using: &generator) ?? ""
            let mechanism = mechanisms.randomElement(using: &generator) ?? ""
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: sent(form) { $0.client("AUTH \(mechanism) \(form)\r\n") }
            case 1: said.client("AUTH \(mechanism)\r\n")
            case 2: sent(form) { $0.response("\(form)\r\n") }
            case 3: sent(form) { $0.client("\(form)\r\n") }
            case 4: sent(form) { $0.unread(form) }
            case 5: said.client("MAIL FROM:<\(word)>\r\nRCPT TO:<\(word)>\r\n")
            case 6: said.client("EHLO \(word)\r\n")
            case 7: said.server("334 \(Base64.encode(word.utf8))\r\n")
            case 8: said.server("250-\(word)\r\n250 \(word)\r\n")
            case 9: said.content("\(word)\r\n", isWanted: Bool.random(using: &generator))
            case 10: said.endContent()
            default: echo(word)
            }
        }

        private mutating func sent(_ form: String, _ body: (inout Said) -> Void) {
            sentForms.append(form)
            body(&said)
        }

        /// A server repeats what it has got: some of it, or all, in the letters that it came in or in capitals.
        private mutating func echo(_ word: String) {
            guard let form = sentForms.randomElement(using: &generator) else { return said.server("500 \(word)\r\n") }
            let start = Int.random(in: 0..<form.count, using: &generator)
            let part = form.dropFirst(start).prefix(Int.random(in: 1...form.count, using: &generator))
            let text = Bool.random(using: &generator) ? String(part) : part.uppercased()
            if Bool.random(using: &generator) {
                said.note("\(word) \(text)")
            } else {
                said.server("500 \(word)\(text) \(word)\r\n")
            }
        }
    }

    @Test("in 500 conversations")
    func secrets() {
        let first = UInt64.random(in: 0...UInt64(UInt32.max))
        let encoded = [
            "\0relay\0\(Self.password)", Self.password, "user=relay\u{1}auth=Bearer \(Self.password)\u{1}\u{1}",
        ]
        let parts = ([Self.password] + encoded.map { Base64.encode($0.utf8) }).flatMap { SecretParts.of($0) }
        for seed in first..<first + 500 {
            var conversation = Conversation(seed)
            conversation.go(40)
            for text in conversation.said.texts {
                let found = parts.first { text.lowercased().contains($0) }
                #expect(found == nil, "seed \(seed): \(found ?? "") is in \(text)")
            }
        }
    }
}
