internal import Mail
package import NIOCore
package import RoundTrips

/// The body of `POST /v1/round-trips/run`; property names match the JSON.
package struct RoundTripOrderDocument: Hashable, Sendable, Codable {
    /// Of round trips; nil or empty for all.
    package var names: [String]?
    /// Of upstreams; nil or empty for all, and for what goes as routed.
    package var upstreams: [String]?
    package var reason: String?
    /// Whether to send nothing.
    package var dryRun: Bool?
    /// How long to wait for the probes to arrive.
    package var waitSeconds: Double?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case names, upstreams, reason
        case dryRun = "dry_run"
        case waitSeconds = "wait_seconds"
    }

    package static let usualWait = Duration.seconds(60)
    package static let maxWait = Duration.seconds(3600)

    package init(
        _ filter: TripFilter = TripFilter(), reason: String? = nil, dryRun: Bool = false, wait: Duration? = nil
    ) {
        (names, upstreams) = (filter.names, filter.upstreams)
        (self.reason, self.dryRun) = (reason, dryRun)
        waitSeconds = wait.map(Figure.seconds)
    }

    /// Parses a body, which may be empty. Throws ``AdminError`` describing the problem.
    package init(_ body: ByteBuffer) throws(AdminError) {
        guard body.readableBytes > 0 else {
            self.init()
            return
        }
        self = try AdminJSON.order(
            Self.self, from: body, known: CodingKeys.allCases.map(\.rawValue), example: #"{"names":["gmail"]}"#)
        reason = try QueueOrderDocument.checked(reason: reason)
        let most = Self.maxWait.components.seconds
        guard let waitSeconds, !(0...Double(most)).contains(waitSeconds) else { return }
        throw AdminError(.badRequest, "wait_seconds must be from 0 to \(most)")
    }

    package var filter: TripFilter { TripFilter(names: names ?? [], upstreams: upstreams ?? []) }
    var isRehearsal: Bool { dryRun ?? false }
    var wait: Duration { waitSeconds.map { .milliseconds(Int64($0 * 1000)) } ?? Self.usualWait }
}
