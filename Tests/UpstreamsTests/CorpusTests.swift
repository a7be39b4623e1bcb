import Mail
import Testing
import Upstreams

@Suite("Real replies")
struct CorpusTests {
    /// Expected and decided scope, and the number of replies with them.
    struct Confusion {
        private(set) var cells: [FailureScope: [FailureScope: Int]] = [:]
        private(set) var right = 0
        private(set) var total = 0

        mutating func add(_ expected: FailureScope, _ decided: FailureScope) {
            cells[expected, default: [:]][decided, default: 0] += 1
            total += 1
            if expected == decided { right += 1 }
        }

        var share: Double { Double(right) / Double(total) }

        func table(_ title: String) -> String {
            let scopes = FailureScope.allCases
            let head = ["expected \\ decided"] + scopes.map(\.rawValue)
            let rows = scopes.map { row in [row.rawValue] + scopes.map { "\(cells[row]?[$0] ?? 0)" } }
            let lines = ([head] + rows).map { cells in
                cells.enumerated().map { Self.pad($1, $0 == 0 ? 20 : 11) }.joined()
            }
            return "\(title): \(right) of \(total)\n" + lines.joined(separator: "\n")
        }

        private static func pad(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
    }

    /// The decision of a relay that looks only at the phase and the first digit.
    private static func byFirstDigit(_ sample: Sample) -> (scope: FailureScope, bounces: Bool) {
        switch sample.phase {
        case .greeting: (.transport, false)
        case .auth: (.account, false)
        case .rcpt: (.recipient, sample.reply.kind == .permanent)
        case .mail, .data, .dot: (.message, sample.reply.kind == .permanent)
        }
    }

    @Test("has at least 300 distinct replies")
    func size() throws {
        let samples = try Corpus.samples().map(\.description)
        #expect(samples.count >= 300)
        #expect(Set(samples).count == samples.count)
    }

    @Test("nothing bounces for a fault of the provider or the account, and nearly every scope is right")
    func confusion() throws {
        var rules = Confusion()
        var digits = Confusion()
        var bouncedByDigits = 0
        for sample in try Corpus.fitted() {
            let decision = RuleBook(own: [], provider: sample.provider).explain(sample.reply, at: sample.phase)
            rules.add(sample.scope, decision.verdict.scope)
            let naive = Self.byFirstDigit(sample)
            digits.add(sample.scope, naive.scope)
            if sample.scope != decision.verdict.scope { print("    \(sample): \(decision.verdict.scope)") }
            guard [.transport, .account, .sender].contains(sample.scope) else { continue }
            if naive.bounces { bouncedByDigits += 1 }
            #expect(decision.verdict.action != .fail, "\(sample) bounces")
        }
        print(rules.table("with the rules"))
        print(digits.table("by phase and first digit"))
        print("faults of the provider, account or sender that bounce: 0; by first digit: \(bouncedByDigits)")
        #expect(rules.share >= 0.99)
    }

    @Test("nothing bounces if the provider is unknown either")
    func withoutProviders() throws {
        var rules = Confusion()
        for sample in try Corpus.fitted() {
            let verdict = RuleBook().verdict(sample.reply, at: sample.phase)
            rules.add(sample.scope, verdict.scope)
            guard sample.provider == nil, [.transport, .account, .sender].contains(sample.scope) else { continue }
            #expect(verdict.action != .fail, "\(sample) bounces")
        }
        print(rules.table("general table alone"))
        #expect(rules.share >= 0.95)
    }

    @Test("replies about a recipient or a message never open the circuit")
    func noFalseAlarm() throws {
        for sample in try Corpus.fitted() where sample.scope == .recipient || sample.scope == .message {
            let verdict = RuleBook(own: [], provider: sample.provider).verdict(sample.reply, at: sample.phase)
            #expect(!verdict.opensCircuit, "\(sample)")
        }
    }
}
