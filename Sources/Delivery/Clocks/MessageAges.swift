package import Mail
internal import Spool

/// How old messages are, in time that has passed.
///
/// A message knows the system's clock at its arrival. Queue IDs increase, so its ID tells between which two steps of
/// that clock it arrived, and so the steady clock at its arrival.
package struct MessageAges: Hashable, Codable, Sendable {
    /// From one step of the system's clock to the next.
    private struct Era: Hashable, Codable {
        /// The greatest queue ID before it.
        let last: Int64
        /// By how many milliseconds the system's clock was ahead of the steady one.
        let lead: Int64
        /// By the steady clock, in milliseconds since 1970.
        let began: Int64

        init(last: QueueID, lead: Duration, began: Timestamp) {
            (self.last, self.lead, self.began) = (last.rawValue, lead.wholeMilliseconds, began.milliseconds)
        }

        /// The time from its beginning.
        func age(at now: Timestamp) -> Duration { now - Timestamp(milliseconds: began) }

        /// The age of a message that arrived in this era.
        func age(receivedAt: Timestamp, at now: Timestamp) -> Duration {
            now - (receivedAt - .milliseconds(lead))
        }
    }

    /// Oldest first, at least one.
    private var eras: [Era]
    /// Eras beyond this number are forgotten, the oldest first.
    static let limit = 1000

    /// - Parameters:
    ///   - lead: how far the system's clock is ahead of the steady one.
    ///   - last: the greatest queue ID so far.
    ///   - now: by the steady clock.
    init(lead: Duration, after last: QueueID, now: Timestamp) {
        eras = [Era(last: last, lead: lead, began: now)]
    }

    /// All IDs that are made from now on must be greater.
    package var last: QueueID { QueueID(rawValue: eras[eras.count - 1].last) }

    /// Whether there is an era, and they are in order.
    var isValid: Bool {
        !eras.isEmpty && eras.count <= Self.limit
            && zip(eras, eras.dropFirst()).allSatisfy { $0.last <= $1.last && $0.began <= $1.began }
    }

    /// Somebody has set the system's clock; a difference too small to be a step changes nothing.
    mutating func stepped(to lead: Duration, after last: QueueID, now: Timestamp) {
        guard StepWatch.isStep(lead - .milliseconds(eras[eras.count - 1].lead)) else { return }
        // Mail of a forgotten era counts as mail from before the first.
        if eras.count == Self.limit { eras.remove(at: 1) }
        eras.append(Era(last: last, lead: lead, began: now))
    }

    /// The time since the message was accepted; never negative.
    ///
    /// - Parameter now: by the steady clock.
    func age(of message: SpooledMessage, at now: Timestamp) -> Duration {
        age(of: message.id, receivedAt: message.receivedAt, at: now)
    }

    func age(of id: QueueID, receivedAt: Timestamp, at now: Timestamp) -> Duration {
        guard let index = eras.lastIndex(where: { id.rawValue > $0.last }) else {
            return ageFromBefore(receivedAt, now)
        }
        let age = eras[index].age(receivedAt: receivedAt, at: now)
        // Its clock may have been read just before the step, its ID made just after.
        let most = index == 0 ? age : eras[index].age(at: now)
        let least = index + 1 < eras.count ? eras[index + 1].age(at: now) : .zero
        return max(least, min(age, most))
    }

    /// Nobody knows what the clock was worth before the first era: whatever makes the message youngest is believed, so that
    /// none expires before its time.
    private func ageFromBefore(_ receivedAt: Timestamp, _ now: Timestamp) -> Duration {
        let ages = eras.map { $0.age(receivedAt: receivedAt, at: now) }
        return max(eras[0].age(at: now), ages.min() ?? .zero)
    }

    /// Since when the system's clock has been as it is, where that matters for this message; nil for one that came since.
    func lastStep(after id: QueueID) -> Timestamp? {
        guard let era = eras.last, id.rawValue <= era.last else { return nil }
        return Timestamp(milliseconds: era.began)
    }
}
