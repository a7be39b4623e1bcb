import Foundation
import TestKit
import Testing
import Upstreams

/// The rules are guesses about words. Their worth shows with replies that nobody looked at while writing them.
@Suite("Replies that no rule was written for")
struct HeldOutTests {
    private static let begin = "<!-- corpus: begin -->\n"
    private static let end = "<!-- corpus: end -->\n"

    @Test("in the design half no mail fails for the host, the account or the sender, and no circuit opens for mail")
    func design() throws {
        for sample in try Corpus.fresh() where sample.half == .design {
            let verdict = RuleBook(own: [], provider: sample.provider).verdict(sample.reply, at: sample.phase)
            switch sample.scope {
            case .transport, .account, .sender: #expect(verdict.action != .fail, "\(sample) bounces")
            case .recipient, .message: #expect(!verdict.opensCircuit, "\(sample) opens the circuit")
            }
        }
    }

    @Test("the two halves are of similar size, and each has every scope")
    func halves() throws {
        let fresh = try Corpus.fresh()
        let heldOut = fresh.filter { $0.half == .heldOut }
        #expect(fresh.count >= 300)
        #expect((0.4...0.6).contains(Double(heldOut.count) / Double(fresh.count)))
        #expect(Set(heldOut.map(\.scope)).count == 5)
        #expect(Set(fresh.filter { $0.half == .design }.map(\.scope)).count == 5)
    }

    /// Set POSTHORSE_WRITE_REFERENCE=1 to write the table instead of comparing it.
    @Test("the table in docs/outcomes.md shows the results for the held-out half")
    func table() throws {
        let file = SourceTree.file("docs/outcomes.md")
        let page = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(page.range(of: Self.begin)).upperBound
        let stop = try #require(page.range(of: Self.end)).lowerBound
        let expected = page[..<start] + (try Self.report()) + page[stop...]
        if ProcessInfo.processInfo.environment["POSTHORSE_WRITE_REFERENCE"] == "1" {
            try String(expected).write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(page == expected, "run the tests with POSTHORSE_WRITE_REFERENCE=1 to write the page anew")
        }
    }

    private static func report() throws -> String {
        let fresh = try Corpus.fresh()
        let heldOut = Fates(fresh.filter { $0.half == .heldOut })
        let design = Fates(fresh.filter { $0.half == .design })
        let later = Fates(try Corpus.contradictory() + Corpus.plain())
        return [("Held out", heldOut), ("Design", design), ("Contradictory and plain", later)]
            .map { "\n\($0):\n\n\($1.markdown)\n\($1.summary)\n" }.joined() + "\n"
    }
}
