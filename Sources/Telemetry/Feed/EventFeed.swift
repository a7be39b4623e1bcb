package import Mail
import Synchronization

/// The relay's last events, for readers that come and go: the records that the log's lines are made of, in a ring.
///
/// Adding one copies a few hundred octets under a lock that is never held for long; nobody ever waits for a reader. The
/// feed has every event of level info or above, whatever the log's own level and format are, and also while the reader
/// of the log has stalled.
package final class EventFeed: Sendable {
    /// Tells this life of the relay from others: when it began.
    package let life: EventID.Life
    package let startedAt: Timestamp
    private let ring: Mutex<EventRing>

    /// - Parameters:
    ///   - octets: of records that are kept.
    ///   - records: the most that are kept.
    package init(startedAt: Timestamp = EventLog.wallClock(), octets: Int = 4 << 20, records: Int = 16_384) {
        life = EventID.Life(startedAt)
        self.startedAt = startedAt
        ring = Mutex(EventRing(octets: octets, records: records))
    }

    func append(_ line: borrowing LogLine) {
        ring.withLock { ring in line.withRecord { ring.append($0) } }
    }

    /// The numbers of the events in the ring: from the oldest up to, but not including, the next to be added.
    package var numbers: Range<Int> { ring.withLock { $0.first..<$0.end } }

    /// The number of the first event of this time or later, as far as the system's clock has not been set back.
    package func number(since time: Timestamp) -> Int { ring.withLock { $0.firstNumber(since: time) } }

    /// Copies some events.
    ///
    /// - Parameters:
    ///   - number: of the first.
    ///   - limit: the number after the last.
    ///   - octets: of records, more or less.
    /// - Returns: nil if the first is gone, or there is none.
    package func slice(from number: Int, upTo limit: Int, octets: Int = 64 << 10) -> EventSlice? {
        ring.withLock { ring in
            guard number >= ring.first, number < min(limit, ring.end) else { return nil }
            let (records, end) = ring.copy(from: number, upTo: limit, octets: octets)
            return EventSlice(numbers: number..<end, records: records)
        }
    }
}
