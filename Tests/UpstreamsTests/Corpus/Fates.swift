import Upstreams

/// What becomes of mail after replies whose truth is known, by whom they are about.
struct Fates {
    struct Row: Hashable {
        var replies = 0
        /// Failed at once.
        var failed = 0
        /// Failed when another upstream agrees.
        var asked = 0
        /// Those among them that wait where nobody else can be asked.
        var passing = 0
        /// A circuit opened.
        var opened = 0

        /// Failed where no second opinion is asked for.
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
        case .nextUpstream, .slowDown, .retryLater, .nextTransaction:
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

    /// A table for people.
    var markdown: String {
        let head = ["it is about", "replies", "fails at once", "asks another upstream", "fails where nobody is asked"]
        let lines = FailureScope.allCases.compactMap { scope in
            rows[scope].map { Self.cells("`\(scope.rawValue)`", $0) }
        }
        return ([head, head.map { _ in "---" }] + lines).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }

    /// What it comes to for those whom mail must not fail for, and for those whom no circuit must open for.
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
