import Mail
import NIOCore
import Suppression
import Testing

@testable import Ingress

extension RewriteRules {
    /// `From @old.example > @new.example`.
    static func test(_ lines: String...) throws -> RewriteRules {
        RewriteRules(
            try lines.map { line in
                let words = line.split(separator: " ").map(String.init)
                return RewriteRule(
                    try #require(RewriteRule.Field(rawValue: words[0])), match: try SuppressionPattern(words[1]),
                    to: try #require(RewriteTarget(words[3])))
            })
    }
}

/// RFC 5322 sections 2.2 and 3.4.
@Suite("Addresses rewritten in a header")
struct HeaderRewriterTests {
    private func rewritten(_ text: String, cuts: [Int] = [], isStuffed: Bool = false) throws -> (String, Int) {
        var rewriter = HeaderRewriter(
            try RewriteRules.test(
                "From ann@old.example > info@new.example", "From @old.example > @new.example",
                "From @*.old.example > @old.example", "Reply-To @old.example > help@new.example"))
        let bytes = Array(text.utf8)
        var kept = ByteBuffer()
        for (start, end) in zip([0] + cuts, cuts + [bytes.count]) {
            Array(bytes[start..<end]).withUnsafeBytes { part in
                if let rest = rewriter.pass(part, isStuffed: isStuffed) {
                    kept.writeImmutableBuffer(rest)
                } else {
                    _ = kept.writeBytes(part)
                }
            }
        }
        if let rest = rewriter.finish() { kept.writeImmutableBuffer(rest) }
        return (String(buffer: kept), rewriter.growth)
    }

    private static let cases = [
        ("From: ann@old.example\r\n\r\n", "From: info@new.example\r\n\r\n"),
        ("From: bob@old.example\r\n\r\n", "From: bob@new.example\r\n\r\n"),
        // The result is not looked at again.
        ("From: bob@a.old.example\r\n\r\n", "From: bob@old.example\r\n\r\n"),
        ("fROM : <Bob@OLD.example>\r\nX: y\r\n\r\n", "fROM : <Bob@new.example>\r\nX: y\r\n\r\n"),
        (
            "From: \"Ann <ann@old.example>\" <ann@old.example>\r\n (ann@old.example)\r\nX: y\r\n\r\n",
            "From: \"Ann <ann@old.example>\" <info@new.example>\r\n (ann@old.example)\r\nX: y\r\n\r\n"
        ),
        (
            "From: a@x, bob@old.example ,\r\n\t=?utf-8?q?B=C3=A9?= <\"b b\"@old.example>\r\n\r\n",
            "From: a@x, bob@new.example ,\r\n\t=?utf-8?q?B=C3=A9?= <\"b b\"@new.example>\r\n\r\n"
        ),
        ("From: T: bob@old.example, a@x;\r\n\r\n", "From: T: bob@new.example, a@x;\r\n\r\n"),
        (
            "From: bob@old.example\r\nfrom: ann@old.example\r\n\r\n",
            "From: bob@new.example\r\nfrom: info@new.example\r\n\r\n"
        ),
        (
            "Reply-To: bob@old.example\r\nTo: b@old.example\r\n\r\n",
            "Reply-To: help@new.example\r\nTo: b@old.example\r\n\r\n"
        ),
        ("From: bob@old.example", "From: bob@new.example"),
        ("From: bob@old.example\r\n", "From: bob@new.example\r\n"),
    ]

    @Test("change, and nothing else does, at every split", arguments: cases.indices)
    func changed(number: Int) throws {
        let (text, expected) = Self.cases[number]
        for cut in 0...text.utf8.count {
            let (result, growth) = try rewritten(text, cuts: [cut])
            #expect(result == expected, "cut at \(cut)")
            #expect(growth == expected.utf8.count - text.utf8.count, "cut at \(cut)")
        }
    }

    @Test(
        "other lines pass as they came, at every split",
        arguments: [
            "", "\r\n", "From", "From:", "From:\r\n\r\n", "From: x@y\r\n\r\n", "Fro: bob@old.example\r\n\r\n",
            "Fromm: bob@old.example\r\n\r\n", "Resent-From: bob@old.example\r\n\r\n",
            "Subject: x\r\n From: bob@old.example\r\n\r\n", "X: y\r\n\r\nFrom: bob@old.example\r\n",
            "just words\r\nFrom: bob@old.example\r\n", " folded\r\nFrom: bob@old.example\r\n",
            "From bob@old.example x\r\n\r\n", "Subject: x\r\nodd\u{1}line\r\nFrom: bob@old.example\r\n",
            // What can be read in two ways is not touched.
            "From: bob@old.example x\r\n\r\n", "From: <bob@old.example> <c@d>\r\n\r\n",
            "From: \"bob@old.example\r\n\r\n",
            "Reply-To \t: x\r\nReply: bob@old.example\r\n\r\n",
        ])
    func unchanged(text: String) throws {
        for cut in 0...text.utf8.count {
            let (result, growth) = try rewritten(text, cuts: [cut])
            #expect(result == text && growth == 0, "cut at \(cut)")
        }
    }

    @Test("a stuffing dot stays where it was needed, and is not part of a name")
    func stuffed() throws {
        let text = "X: y\r\n.From: bob@old.example,\r\n. ann@old.example\r\n.Fromage: z\r\n..X: y\r\n\r\n..\r\n"
        let expected = "X: y\r\nFrom: bob@new.example,\r\n info@new.example\r\n.Fromage: z\r\n..X: y\r\n\r\n..\r\n"
        for cut in 0...text.utf8.count {
            #expect(try rewritten(text, cuts: [cut], isStuffed: true).0 == expected, "cut at \(cut)")
        }
    }

    @Test("a field that goes on for long passes as it came, and the next one is rewritten")
    func long() throws {
        let list = String(repeating: " bob@old.example,\r\n", count: 5000)
        let text = "From:\(list) c@d\r\nReply-To: a@old.example\r\n\r\n"
        let expected = "From:\(list) c@d\r\nReply-To: help@new.example\r\n\r\n"
        #expect(try rewritten(text).0 == expected)
        #expect(try rewritten(text, cuts: [10_000, 70_000]).0 == expected)
    }
}
