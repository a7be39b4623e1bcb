internal import Mail
package import Delivery
internal import FoundationEssentials
package import NIOCore

/// The body of `POST /v1/upstreams/NAME/ACTION`; property names match the JSON.
package struct UpstreamControlDocument: Hashable, Sendable, Codable {
    /// Shown in the log and in `upstream show`.
    package var reason: String?
    /// nil for until further notice, or for the time in relay.conf.
    package var forSeconds: Double?
    /// Whether to change nothing, and to answer with what would come of it.
    package var dryRun: Bool?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case reason
        case forSeconds = "for_seconds"
        case dryRun = "dry_run"
    }

    /// Maximum characters of a reason.
    package static let maxReason = 500
    /// A year.
    package static let maxSeconds = 366 * 86_400.0

    package init(reason: String? = nil, forSeconds: Double? = nil, dryRun: Bool? = nil) {
        self.reason = reason
        self.forSeconds = forSeconds
        self.dryRun = dryRun
    }

    /// Parses a body, which may be empty. Throws ``AdminError`` describing the problem.
    package init(_ body: ByteBuffer) throws(AdminError) {
        guard body.readableBytes > 0 else {
            self.init()
            return
        }
        do {
            // If the time were misspelt and ignored, mail would be kept away forever.
            if let unknown = try AdminJSON.unknownName(in: body, known: CodingKeys.allCases.map(\.rawValue)) {
                throw AdminError(
                    .badRequest, "unknown name \(unknown) in the body; expected reason, for_seconds and dry_run")
            }
            self = try AdminJSON.decode(Self.self, from: body)
        } catch let error as AdminError {
            throw error
        } catch {
            throw AdminError(
                .badRequest, #"the body must be JSON, such as {"reason":"maintenance","for_seconds":1800}"#)
        }
    }

    /// The order with this action; throws ``AdminError`` for invalid values.
    package func order(_ action: UpstreamControl.Action) throws(AdminError) -> UpstreamControl {
        if let reason, reason.count > Self.maxReason {
            throw AdminError(.badRequest, "the reason is longer than \(Self.maxReason) characters")
        }
        let isEmpty = reason?.allSatisfy(\.isWhitespace) ?? true
        return UpstreamControl(action, reason: isEmpty ? nil : reason, duration: try duration(action))
    }

    private func duration(_ action: UpstreamControl.Action) throws(AdminError) -> Duration? {
        guard let forSeconds else { return nil }
        guard action.takesDuration else { throw AdminError(.badRequest, "\(action.rawValue) takes no duration") }
        guard forSeconds >= 0.001, forSeconds <= Self.maxSeconds else {
            throw AdminError(.badRequest, "for_seconds must be more than 0 and at most \(Int(Self.maxSeconds))")
        }
        return .milliseconds(Int64((forSeconds * 1000).rounded()))
    }
}

extension UpstreamControl.Action {
    /// Whether it may be limited in time.
    package var takesDuration: Bool {
        switch self {
        case .disable, .drain, .trip: true
        case .enable, .reset, .probe: false
        }
    }
}
