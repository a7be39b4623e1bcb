package import Mail

/// A part of the way of a probe.
package enum TripStage: String, Hashable, Sendable, CaseIterable {
    /// In the relay, from acceptance until the hand-over that succeeded began.
    case queue
    /// From there to the upstream's 250.
    case handover
    /// From there to the arrival in the mailbox.
    case transit
    /// From there until the relay saw it.
    case lookup
    /// From acceptance to arrival.
    case total
}

/// What the relay knows of a probe, by the system's clock.
package struct TripBounds: Hashable, Sendable {
    package var acceptedAt: Timestamp
    package var handedOverAt: Timestamp
    /// When the upstream said 250.
    package var tookAt: Timestamp
    /// When a look into the mailbox began that did not find it; nil if there was none.
    package var absentAt: Timestamp?
    package var seenAt: Timestamp

    /// Times that contradict their order become as late as the one before.
    package init(
        acceptedAt: Timestamp, handedOverAt: Timestamp, tookAt: Timestamp, absentAt: Timestamp? = nil,
        seenAt: Timestamp
    ) {
        self.acceptedAt = acceptedAt
        self.handedOverAt = max(acceptedAt, handedOverAt)
        self.tookAt = max(self.handedOverAt, tookAt)
        // Mail may be seen before the upstream's 250 is.
        self.seenAt = max(self.handedOverAt, seenAt)
        self.absentAt = absentAt.map { min($0, self.seenAt) }
    }
}

/// When a probe was where, by the relay's clock, however wrong the clocks of others are.
///
/// Each host stamps with a clock of its own. What is certain is the order: a message is nowhere before it was handed
/// over, nor after it was seen; the upstream's own hop, the one behind that of the relay, lies between hand-over and
/// 250; and each hop follows the one before. The times here are those next to the stamps that keep this order; how far
/// a stamp is off is the estimated skew of that clock. Of two hops that contradict each other with nothing else to tell
/// them apart, the earlier one's clock is said to be fast.
package struct TripTimes: Hashable, Sendable {
    package struct Hop: Hashable, Sendable {
        package let received: ReceivedHop
        /// By the relay's clock; nil without a stamp.
        package let at: Timestamp?
        /// Positive if the host's clock is fast, zero if nothing shows that it is wrong; nil without a stamp.
        package let skew: Duration?
        /// Since the hop before that has a time, or the hand-over; never negative.
        package let since: Duration?
    }

    /// Those behind the relay's own.
    package let hops: [Hop]
    /// By the relay's clock.
    package let arrivedAt: Timestamp
    /// Of the clock that INTERNALDATE comes from; nil without one.
    package let mailboxSkew: Duration?
    /// Never negative.
    package let stages: [TripStage: Duration]

    /// Without the way that it has come.
    init(arrivedAt: Timestamp, stages: [TripStage: Duration]) {
        (hops, mailboxSkew) = ([], nil)
        (self.arrivedAt, self.stages) = (arrivedAt, stages)
    }

    /// - Parameters:
    ///   - hostname: the relay's, as in its own `Received` field.
    ///   - internalDate: nil with POP3. Then the last hop is the arrival, or the sight if there is none.
    package init(_ trace: HeaderTrace, internalDate: Timestamp?, _ bounds: TripBounds, hostname: String) {
        let own = trace.hops.lastIndex { $0.by?.lowercased() == hostname.lowercased() }
        let foreign = own.map { Array(trace.hops[($0 + 1)...]) } ?? trace.hops
        var order = StampOrder()
        for (index, hop) in foreign.enumerated() {
            let isUpstreams = own != nil && index == 0
            order.add(
                hop.stampedAt, hop.resolution, from: bounds.handedOverAt,
                to: isUpstreams ? min(bounds.tookAt, bounds.seenAt) : bounds.seenAt)
        }
        let earliest = max(bounds.handedOverAt, bounds.absentAt ?? bounds.handedOverAt)
        order.add(
            internalDate ?? foreign.last { $0.stampedAt != nil }?.stampedAt, .milliseconds(999), from: earliest,
            to: bounds.seenAt)
        let results = order.results()
        hops = Self.hops(foreign, results, since: bounds.handedOverAt)
        arrivedAt = results.last?.at ?? bounds.seenAt
        mailboxSkew = internalDate == nil ? nil : results.last?.skew
        stages = Self.stages(bounds, arrivedAt)
    }

    private static func hops(
        _ hops: [ReceivedHop], _ results: [StampOrder.Result], since start: Timestamp
    ) -> [Hop] {
        var before = start
        return zip(hops, results).map { hop, result in
            let since = result.at.map { $0 - before }
            before = result.at ?? before
            return Hop(received: hop, at: result.at, skew: result.skew, since: since)
        }
    }

    private static func stages(_ bounds: TripBounds, _ arrived: Timestamp) -> [TripStage: Duration] {
        [
            .queue: bounds.handedOverAt - bounds.acceptedAt,
            .handover: bounds.tookAt - bounds.handedOverAt,
            .transit: max(.zero, arrived - bounds.tookAt),
            .lookup: bounds.seenAt - arrived,
            .total: arrived - bounds.acceptedAt,
        ]
    }
}
