import Admin
import Delivery
import Mail
import Upstreams

/// What has been asked of the relay for one frame.
struct TopReading {
    /// By the clock of this machine.
    var at: Timestamp
    /// By a clock that nobody sets, for what is counted per second.
    var readAt: ContinuousClock.Instant
    /// In order of priority.
    var upstreams: [UpstreamDocument]
    var figures: TopFigures
    /// Recipients in the queue by ``AgeColumns``; nil before they have been counted.
    var ages: [String: Int]?
    /// Newest first.
    var moves: [TopMove] = []
}

/// The traffic of an upstream has moved, or has come back.
struct TopMove: Equatable {
    enum Kind: Equatable {
        case failedOver, failedBack, disabled, enabled
    }

    let upstream: String
    /// RFC 3339.
    let at: String
    let kind: Kind
    let cause: String

    /// Nil for a change that moves no traffic to others, nor back.
    init?(_ change: ChangeDocument, of upstream: String) {
        switch change.transition {
        case .circuit(.closed, .open): kind = .failedOver
        case .circuit(.open, .closed), .circuit(.halfOpen, .closed): kind = .failedBack
        case .circuit(.closed, .closed), .circuit(.closed, .halfOpen), .circuit(.open, .open),
            .circuit(.open, .halfOpen), .circuit(.halfOpen, .open), .circuit(.halfOpen, .halfOpen):
            return nil
        case .admin(let before, let after):
            guard (before == .enabled) != (after == .enabled) else { return nil }
            kind = after == .enabled ? .enabled : .disabled
        }
        (self.upstream, at, cause) = (upstream, change.at, change.cause)
    }

    /// Those of all upstreams, newest first.
    static func list(_ details: [UpstreamDetailDocument]) -> [TopMove] {
        details.flatMap { detail in detail.history.compactMap { TopMove($0, of: detail.upstream.name) } }
            .enumerated().sorted { ($0.element.at, $0.offset) > ($1.element.at, $1.offset) }.map(\.element)
    }
}
