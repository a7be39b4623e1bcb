package import Delivery
internal import Mail

/// One upstream with all details, as in `upstream show --json`: the fields of ``UpstreamDocument``, and `reason`,
/// `admin_since`, `unsaved`, `next_step_at`, `last_probe`, `token`, `addresses`, `greeting_ms`, `greeting_patience_ms`, `routes`,
/// `history`, `answers`.
package struct UpstreamDetailDocument: Hashable, Sendable, Codable {
    package var upstream: UpstreamDocument
    /// Why the share is what it is.
    package var reason: String
    /// RFC 3339; time of the operator's last order, or of the start.
    package var adminSince: String
    /// Why the overrides are not on disk; nil if they are.
    package var unsaved: String?
    /// RFC 3339; when an open circuit admits a trial message, or the ramp goes up a step.
    package var nextStepAt: String?
    package var lastProbe: ProbeDocument?
    /// Nil unless the relay gets its tokens by itself.
    package var token: TokenDocument?
    /// In the order of the resolver.
    package var addresses: [AddressDocument]
    /// The longest silence in its last greetings; nil before any.
    package var greetingMilliseconds: Double?
    /// How long a greeting may be silent if the mail can go elsewhere.
    package var greetingPatienceMilliseconds: Double
    /// Names of the routes that use it.
    package var routes: [String]
    /// Oldest first.
    package var history: [ChangeDocument]
    /// Oldest first.
    package var answers: [AnswerDocument]

    private enum CodingKeys: String, CodingKey {
        case reason, unsaved, token, addresses, routes, history, answers
        case adminSince = "admin_since"
        case nextStepAt = "next_step_at"
        case lastProbe = "last_probe"
        case greetingMilliseconds = "greeting_ms"
        case greetingPatienceMilliseconds = "greeting_patience_ms"
    }

    package init(_ detail: UpstreamDetail) {
        upstream = UpstreamDocument(detail.status)
        reason = detail.reason
        adminSince = detail.status.adminOverride.since.rfc3339
        unsaved = detail.unsaved
        nextStepAt = detail.nextStepAt?.rfc3339
        lastProbe = detail.lastProbe.map { ProbeDocument($0) }
        token = detail.status.token.map { TokenDocument($0) }
        addresses = detail.addresses.map { AddressDocument($0) }
        greetingMilliseconds = detail.slowestGreeting.map(UpstreamDocument.milliseconds)
        greetingPatienceMilliseconds = UpstreamDocument.milliseconds(detail.greetingPatience)
        routes = detail.routes
        history = detail.history.map { ChangeDocument($0) }
        answers = detail.answers.map { AnswerDocument($0) }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        upstream = try UpstreamDocument(from: decoder)
        reason = try container.decode(String.self, forKey: .reason)
        adminSince = try container.decode(String.self, forKey: .adminSince)
        unsaved = try container.decode(String?.self, forKey: .unsaved)
        nextStepAt = try container.decode(String?.self, forKey: .nextStepAt)
        lastProbe = try container.decode(ProbeDocument?.self, forKey: .lastProbe)
        token = try container.decode(TokenDocument?.self, forKey: .token)
        addresses = try container.decode([AddressDocument].self, forKey: .addresses)
        greetingMilliseconds = try container.decode(Double?.self, forKey: .greetingMilliseconds)
        greetingPatienceMilliseconds = try container.decode(Double.self, forKey: .greetingPatienceMilliseconds)
        routes = try container.decode([String].self, forKey: .routes)
        history = try container.decode([ChangeDocument].self, forKey: .history)
        answers = try container.decode([AnswerDocument].self, forKey: .answers)
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        try upstream.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(reason, forKey: .reason)
        try container.encode(adminSince, forKey: .adminSince)
        try container.encode(unsaved, forKey: .unsaved)
        try container.encode(nextStepAt, forKey: .nextStepAt)
        try container.encode(lastProbe, forKey: .lastProbe)
        try container.encode(token, forKey: .token)
        try container.encode(addresses, forKey: .addresses)
        try container.encode(greetingMilliseconds, forKey: .greetingMilliseconds)
        try container.encode(greetingPatienceMilliseconds, forKey: .greetingPatienceMilliseconds)
        try container.encode(routes, forKey: .routes)
        try container.encode(history, forKey: .history)
        try container.encode(answers, forKey: .answers)
    }
}

/// Result of a probe; property names match the JSON.
package struct ProbeDocument: Hashable, Sendable, Codable {
    /// RFC 3339.
    package var at: String
    package var tookMilliseconds: Double
    package var isHealthy: Bool
    /// The phase that failed, if any.
    package var failedPhase: String?
    package var text: String

    package enum CodingKeys: String, CodingKey {
        case at, text
        case tookMilliseconds = "took_ms"
        case isHealthy = "healthy"
        case failedPhase = "failed_phase"
    }

    package init(_ result: ProbeResult) {
        at = result.at.rfc3339
        tookMilliseconds = UpstreamDocument.milliseconds(result.took)
        isHealthy = result.failedPhase == nil
        failedPhase = result.failedPhase
        text = result.text
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(at, forKey: .at)
        try container.encode(tookMilliseconds, forKey: .tookMilliseconds)
        try container.encode(isHealthy, forKey: .isHealthy)
        try container.encode(failedPhase, forKey: .failedPhase)
        try container.encode(text, forKey: .text)
    }
}

/// A reply other than plain success; property names match the JSON.
package struct AnswerDocument: Hashable, Sendable, Codable {
    /// RFC 3339.
    package var at: String
    package var phase: String
    package var text: String
    /// The verdict, such as `account, failover`.
    package var verdict: String?
    /// The name of the rule that decides about it, as `explain` has it; nil for a success, and where nothing was said.
    package var rule: String?

    package enum CodingKeys: String, CodingKey {
        case at, phase, text, verdict, rule
    }

    package init(_ answer: UpstreamDetail.Answer) {
        at = answer.at.rfc3339
        phase = answer.phase
        text = answer.text
        verdict = answer.verdict
        rule = answer.rule
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(at, forKey: .at)
        try container.encode(phase, forKey: .phase)
        try container.encode(text, forKey: .text)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(rule, forKey: .rule)
    }
}
