package import Mail

/// How one alert stands, for operators. Times are by the system's clock.
package struct AlertStatus: Hashable, Sendable {
    package struct Subject: Hashable, Sendable {
        package var name: String
        /// `pending`, `firing` or `clearing`.
        package var state: String
        package var since: Timestamp
        package var text: String
        package var labels: [String: String]
        /// nil if nobody has been told, or the log alone.
        package var toldAt: Timestamp?
    }

    package var rule: AlertRule
    /// By name.
    package var subjects: [Subject]
    package var silence: AlertSilence?

    /// - Parameter lead: how far the system's clock is ahead of the steady one.
    package init(_ group: AlertGroup, _ silence: AlertSilence?, lead: Duration) {
        rule = group.rule
        subjects = group.standings.sorted { $0.key < $1.key }.map { name, standing in
            Subject(
                name: name, state: standing.word, since: standing.since + lead, text: standing.report.text,
                labels: standing.report.labels,
                toldAt: standing.aware.isEmpty ? nil : standing.toldAt.map { $0 + lead })
        }
        self.silence = silence.map { silence in
            var silence = silence
            (silence.since, silence.until) = (silence.since + lead, silence.until + lead)
            return silence
        }
    }

    /// The worst of its subjects: `firing`, `clearing`, `pending` or `ok`.
    package var state: String {
        ["firing", "clearing", "pending"].first { word in subjects.contains { $0.state == word } } ?? "ok"
    }

    /// Subjects that somebody should look at.
    package var firing: Int { subjects.count { $0.state != "pending" } }
}
