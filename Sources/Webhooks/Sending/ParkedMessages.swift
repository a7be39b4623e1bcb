internal import Mail
internal import Spool

/// Messages whose next events are in the outbox only, so that neither many events of one message nor many refused ones
/// fill the memory of a machine. A value without IO or a clock.
struct ParkedMessages: Sendable {
    struct Place: Sendable, Hashable {
        /// The events with greater numbers.
        var after: Int
        /// When the first of them may be sent.
        var due = Timestamp.distantPast
        /// Attempts of the first, of which the outbox may not know all yet.
        var attempts = 0
    }

    private var places: [QueueID: Place] = [:]

    var isEmpty: Bool { places.isEmpty }

    func contains(_ message: QueueID) -> Bool { places[message] != nil }

    /// Those already parked behind the place come with it.
    mutating func park(_ message: QueueID, _ place: Place) { places[message] = place }

    /// It is read from now on.
    mutating func take(_ message: QueueID) -> Place? { places.removeValue(forKey: message) }

    /// It could not be read.
    mutating func delay(_ message: QueueID, until time: Timestamp) { places[message]?.due = time }

    mutating func removeAll() { places.removeAll() }

    /// The message that is read next: the least tried of those that are due, and of these the oldest.
    ///
    /// - Parameters:
    ///   - isTried: whether its first event was sent before.
    ///   - present: messages with events in memory: theirs go first.
    func next(now: Timestamp, isTried: Bool, except present: Set<QueueID>) -> (message: QueueID, place: Place)? {
        let due = places.filter { message, place in
            place.due <= now && (place.attempts > 0) == isTried && !present.contains(message)
        }
        return due.min { ($0.value.attempts, $0.value.after) < ($1.value.attempts, $1.value.after) }.map { ($0, $1) }
    }

    /// When the next of them is due, after this time.
    func time(after now: Timestamp, except present: Set<QueueID>) -> Timestamp? {
        places.filter { $0.value.due > now && !present.contains($0.key) }.map(\.value.due).min()
    }
}
