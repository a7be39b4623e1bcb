internal import NIOCore
internal import Telemetry

/// One reader of the feed: where it is, and what is due. A value without IO.
///
/// It has no queue, only the number of its next event: whoever does not read falls behind the ring, and is dropped.
struct EventReader: Sendable {
    struct Limits: Hashable, Sendable {
        /// Silence after which it is told that the connection lives.
        var heartbeat = TimeAmount.seconds(15)
        /// How long it may take nothing of what is ready for it.
        var stall = TimeAmount.seconds(30)
        /// How long the connection of a dropped reader stays open for it to read why.
        var farewell = TimeAmount.seconds(10)
    }

    /// The state of the feed and of the connection.
    struct Standing: Hashable {
        /// The events that may be read.
        var numbers: Range<Int>
        /// Whether the connection takes more.
        var isWritable: Bool
        /// Whether the relay ends.
        var isStopping = false
        /// Whether the reader may have more.
        var isAllowed = true
    }

    enum Step: Hashable {
        /// Read and send what there is from `from`, up to the event before `limit`.
        case read(from: Int, limit: Int)
        /// Send a heartbeat.
        case heartbeat
        /// Nothing is due.
        case wait
        /// End the answer with the reason.
        case drop(DroppedDocument.Reason)
        /// End the answer: it is complete, or the reader may have no more.
        case end
        /// Close the connection: the answer is to end, and this reader does not read.
        case cut
    }

    private let limits: Limits
    /// The number of the event that it gets next.
    private(set) var next: Int
    /// The number at which it ends; nil for one that follows.
    private let last: Int?
    private var lastWrite: NIODeadline
    /// Since when the connection has taken nothing.
    private var blockedSince: NIODeadline?

    /// - Parameters:
    ///   - next: number of the first event.
    ///   - last: the number at which it ends; nil for never.
    init(from next: Int, upTo last: Int? = nil, at now: NIODeadline, limits: Limits = Limits()) {
        self.next = next
        self.last = last
        self.limits = limits
        lastWrite = now
    }

    /// What is to be done now.
    mutating func step(_ standing: Standing, at now: NIODeadline) -> Step {
        guard standing.isWritable else { return blocked(standing, now) }
        blockedSince = nil
        guard standing.isAllowed else { return .end }
        let limit = min(last ?? standing.numbers.upperBound, standing.numbers.upperBound)
        if next < limit {
            return next < standing.numbers.lowerBound ? .drop(.behind) : .read(from: next, limit: limit)
        }
        if last != nil || standing.isStopping { return .end }
        return now - lastWrite >= limits.heartbeat ? .heartbeat : .wait
    }

    private mutating func blocked(_ standing: Standing, _ now: NIODeadline) -> Step {
        if standing.isStopping || !standing.isAllowed { return .cut }
        if next < standing.numbers.lowerBound { return .drop(.behind) }
        let since = blockedSince ?? now
        blockedSince = since
        return now - since >= limits.stall ? .drop(.stalled) : .wait
    }

    /// It has got, or passed, everything before this event.
    ///
    /// - Parameter isWritten: whether anything was sent.
    mutating func advance(to number: Int, isWritten: Bool, at now: NIODeadline) {
        next = number
        if isWritten { lastWrite = now }
    }

    /// A heartbeat was sent.
    mutating func beat(at now: NIODeadline) { lastWrite = now }
}
