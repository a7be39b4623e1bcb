package import Alerts
internal import Configuration
internal import Mail

/// An alert as `alert list --json` shows it; property names match the JSON. Every name is always present.
package struct AlertDocument: Codable, Hashable, Sendable {
    package struct Subject: Codable, Hashable, Sendable {
        package let subject: String
        /// `pending`, `firing` or `clearing`.
        package let state: String
        package let since: String
        package let text: String
        package let labels: [String: String]
        /// nil if nobody has been told, or the log alone.
        package let told_at: String?

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(subject, forKey: .subject)
            try container.encode(state, forKey: .state)
            try container.encode(since, forKey: .since)
            try container.encode(text, forKey: .text)
            try container.encode(labels, forKey: .labels)
            try container.encode(told_at, forKey: .told_at)
        }
    }

    package struct Silence: Codable, Hashable, Sendable {
        package let since: String
        package let until: String
        package let who: String?
        package let reason: String?

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(since, forKey: .since)
            try container.encode(until, forKey: .until)
            try container.encode(who, forKey: .who)
            try container.encode(reason, forKey: .reason)
        }
    }

    package let name: String
    package let when: String
    package let severity: String
    /// The worst of its subjects: `firing`, `clearing`, `pending` or `ok`.
    package let state: String
    package let subjects: [Subject]
    /// As in relay.conf; nil where nothing is compared, or where min_free_space decides.
    package let above: String?
    package let for_seconds: Double
    package let clear_for_seconds: Double
    /// 0 for never.
    package let repeat_seconds: Double
    package let upstream: String?
    package let route: String?
    package let stream: String?
    package let notify: [String]
    /// Whether it is there without being written in relay.conf.
    package let is_default: Bool
    package let silence: Silence?

    package init(_ status: AlertStatus) {
        let rule = status.rule
        (name, when, severity, state) = (rule.name, rule.kind.rawValue, rule.weight.rawValue, status.state)
        subjects = status.subjects.map { subject in
            Subject(
                subject: subject.name, state: subject.state, since: subject.since.rfc3339, text: subject.text,
                labels: subject.labels, told_at: subject.toldAt?.rfc3339)
        }
        above = rule.threshold?.text
        for_seconds = rule.holdTime / .seconds(1)
        clear_for_seconds = rule.clearHold / .seconds(1)
        repeat_seconds = rule.again / .seconds(1)
        (upstream, route, stream) = (rule.upstream, rule.route, rule.stream)
        (notify, is_default) = (rule.notify, rule.isDefault)
        silence = status.silence.map { silence in
            Silence(
                since: silence.since.rfc3339, until: silence.until.rfc3339, who: silence.who, reason: silence.reason)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(when, forKey: .when)
        try container.encode(severity, forKey: .severity)
        try container.encode(state, forKey: .state)
        try container.encode(subjects, forKey: .subjects)
        try container.encode(above, forKey: .above)
        try container.encode(for_seconds, forKey: .for_seconds)
        try container.encode(clear_for_seconds, forKey: .clear_for_seconds)
        try container.encode(repeat_seconds, forKey: .repeat_seconds)
        try container.encode(upstream, forKey: .upstream)
        try container.encode(route, forKey: .route)
        try container.encode(stream, forKey: .stream)
        try container.encode(notify, forKey: .notify)
        try container.encode(is_default, forKey: .is_default)
        try container.encode(silence, forKey: .silence)
    }
}

extension AlertThreshold {
    /// As in relay.conf, without quotes.
    fileprivate var text: String {
        switch self {
        case .duration(let duration): DurationText.format(duration)
        case .count(let number): "\(number)"
        case .percent(let share): "\(share == share.rounded() ? "\(Int(share))" : "\(share)")%"
        case .octets(let octets): "\(octets)B"
        }
    }
}

/// Whether one receiver took a test.
package struct AlertTestDocument: Codable, Hashable, Sendable {
    package let notify: String
    /// `sent` or `failed`; of a rehearsal `would_send`.
    package let result: String
    package let reason: String?

    package init(_ result: AlertTestResult) {
        (notify, reason) = (result.notify, result.problem)
        self.result = result.problem == nil ? "sent" : "failed"
    }

    /// That of a rehearsal.
    package init(rehearsing notify: String) {
        (self.notify, result, reason) = (notify, "would_send", nil)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(notify, forKey: .notify)
        try container.encode(result, forKey: .result)
        try container.encode(reason, forKey: .reason)
    }
}
