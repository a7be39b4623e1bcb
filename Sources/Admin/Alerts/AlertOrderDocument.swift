internal import Mail
package import NIOCore

/// The body of `POST /v1/alerts/NAME/ACTION`; property names match the JSON.
package struct AlertOrderDocument: Hashable, Sendable, Codable {
    package enum Action: String, Sendable, CaseIterable {
        case test, silence, unsilence
    }

    package var reason: String?
    /// For `silence`; nil for an hour.
    package var forSeconds: Double?
    /// Whether to change nothing, and tell nobody.
    package var dryRun: Bool?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case reason
        case forSeconds = "for_seconds"
        case dryRun = "dry_run"
    }

    /// How long a silence lasts that nobody has limited.
    package static let usual = Duration.seconds(3600)

    package init(reason: String? = nil, forSeconds: Double? = nil, dryRun: Bool = false) {
        (self.reason, self.forSeconds, self.dryRun) = (reason, forSeconds, dryRun)
    }

    /// Parses a body, which may be empty. Throws ``AdminError`` describing the problem.
    package init(_ body: ByteBuffer, for action: Action) throws(AdminError) {
        guard body.readableBytes > 0 else {
            self.init()
            return
        }
        let known = CodingKeys.allCases.map(\.rawValue).filter { action == .silence || $0 != "for_seconds" }
        self = try AdminJSON.order(Self.self, from: body, known: known, example: #"{"reason":"maintenance"}"#)
        reason = try QueueOrderDocument.checked(reason: reason)
        try check()
    }

    private func check() throws(AdminError) {
        guard let forSeconds else { return }
        let most = UpstreamControlDocument.maxSeconds
        guard forSeconds >= 1, forSeconds <= most else {
            throw AdminError(.badRequest, "for_seconds must be from 1 to \(Int(most))")
        }
    }

    var isRehearsal: Bool { dryRun ?? false }
    var duration: Duration { forSeconds.map { .milliseconds(Int64($0 * 1000)) } ?? Self.usual }
}
