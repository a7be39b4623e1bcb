import Upstreams

/// What happens to mail after replies of known scope, by scope.
struct Fates {
    struct Row: Hashable {
        var replies = 0
        /// Failed at once.
        var failed = 0
        /// Fails if another upstream agrees.
        var asked = 0
        /// Those among them that wait if there is no other upstream.
        var passing = 0
        /// Opened a circuit.
        var opened = 0

        /// Failed without a second opinion.
        var failedAlone: Int { failed + asked - passing }
    }

    private(set) var rows: [FailureScope: Row] = [:]

    init(_ samples: [Sample]) {
        for sample in samples {
            let book = RuleBook(own: [], provider: sample.provider)
            add(sample.scope, book.verdict(sample.reply, at: sample.phase))
        }
    }

    private mutating func add(_ truth: FailureScope, _ verdict: Verdict) {
        rows[truth, default: Row()].replies += 1
        if verdict.opensCircuit { rows[truth]?.opened += 1 }
        switch verdict.action {
        case .fail:
            rows[truth]?.failed += 1
        case .secondOpinion:
            rows[truth]?.asked += 1
            if verdict.isPassing { rows[truth]?.passing += 1 }
        case .nextUpstream, .slowDown, .retryLater, .nextTransaction, .newSession, .fewerSessions:
            break
        }
    }

    private func sum(of scopes: [FailureScope]) -> Row {
        scopes.compactMap { rows[$0] }.reduce(into: Row()) { sum, row in
            sum.replies += row.replies
            sum.failed += row.failed
            sum.asked += row.asked
            sum.passing += row.passing
            sum.opened += row.opened
        }
    }

    /// A readable table.
    var markdown: String {
        let head = ["it is about", "replies", "fails at once", "asks another upstream", "fails where nobody is asked"]
        let lines = FailureScope.allCases.compactMap { scope in
            rows[scope].map { Self.cells("`\(scope.rawValue)`", $0) }
        }
        return ([head, head.map { _ in "---" }] + lines).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }

    /// Totals for scopes whose mail must not fail, and for those that must not open a circuit.
    var summary: String {
        let upstreams = sum(of: [.transport, .account, .sender])
        let mail = sum(of: [.recipient, .message])
        return "Of \(upstreams.replies) that are about the host, the account or the sender, "
            + "\(Self.share(upstreams.failed, upstreams)) fail mail where another upstream would take it, and "
            + "\(Self.share(upstreams.failedAlone, upstreams)) where none is asked. Of \(mail.replies) that are about the "
            + "recipient or the message, \(Self.share(mail.opened, mail)) open a circuit."
    }

    private static func cells(_ name: String, _ row: Row) -> [String] {
        [name, "\(row.replies)", share(row.failed, row), share(row.asked, row), share(row.failedAlone, row)]
    }

    private static func share(_ count: Int, _ row: Row) -> String {
        "\(count) (\(Int((Double(count) * 100 / Double(row.replies)).rounded())) %)"
    }
}
