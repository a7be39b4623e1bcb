/// One upstream at an instant, as seen by ``UpstreamSelector``; read on demand, never kept.
package struct UpstreamCandidate: Hashable, Sendable {
    /// Its messages and sessions.
    package struct Load: Hashable, Sendable {
        /// Messages queued and in flight.
        package var inFlight: Int
        /// Whether as many are queued as its sessions can use.
        package var isBusy: Bool
        /// Whether all its sessions have been silent for too long after a final dot.
        package var isStalled: Bool
        /// Whether all its sessions are silent and no more may be opened.
        package var isFull: Bool

        package init(inFlight: Int = 0, isBusy: Bool = false, isStalled: Bool = false, isFull: Bool = false) {
            self.inFlight = inFlight
            self.isBusy = isBusy
            self.isStalled = isStalled
            self.isFull = isFull
        }
    }

    /// Whether the operator allows mail to it.
    package let isEnabled: Bool
    /// When its quotas let mail through again; nil if they do now.
    package let spentUntil: MonotonicInstant?
    /// The answer its circuit would give to the message.
    package let admission: Circuit.Admission
    /// Whether its last attempt failed.
    package let isSuspect: Bool
    /// Whether it gets only part of its traffic: its ramp counts every message that might go there.
    package let isRamping: Bool
    /// When its rate allows the next message; nil for at once.
    package let turnAt: MonotonicInstant?
    package let load: Load

    /// - Parameters:
    ///   - isOwed: whether the message has waited long enough for the rate that it goes before the next one of another class.
    ///   - isProbe: whether it is a probe of this upstream, which counts in no ramp.
    package init(
        _ circuit: borrowing Circuit, _ throttle: borrowing Throttle, isEnabled: Bool = true,
        spentUntil: MonotonicInstant? = nil, isOwed: Bool = false,
        isProbe: Bool = false, load: Load = Load(), now: MonotonicInstant
    ) {
        self.isEnabled = isEnabled
        self.spentUntil = spentUntil
        self.admission = circuit.admission(now: now, ofProbe: isProbe)
        self.isSuspect = circuit.isSuspect
        self.isRamping = !isProbe && circuit.isRamping
        self.turnAt = throttle.nextAllowed(now: now, isOwed: isOwed)
        self.load = load
    }
}
