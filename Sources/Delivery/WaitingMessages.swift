internal import DequeModule
internal import HeapModule
internal import Mail

/// The messages that wait: for their turn (`ready`), or for their time.
///
/// Most of them are no more than a number here: 16 octets when ready, 24 when they wait for a time; what else is known of
/// them lies in the spool.
struct WaitingMessages {
    /// A message whose turn will come; its job where it is still in memory.
    struct Ready {
        let id: QueueID
        let job: DeliveryJob?
    }

    private struct Timed: Comparable {
        let due: Int64
        /// Queue ID.
        let id: Int64
        let priority: Priority
        /// Whether the message waits because no upstream was there, so that one that comes back releases it.
        let forUpstream: Bool

        static func < (left: Timed, right: Timed) -> Bool {
            (left.due, left.id) < (right.due, right.id)
        }

        static func == (left: Timed, right: Timed) -> Bool {
            left.id == right.id
        }
    }

    private var ready = [Deque<Ready>](repeating: [], count: Priority.allCases.count)
    private var timed = Heap<Timed>()

    var readyCount: Int { ready.reduce(0) { $0 + $1.count } }
    var timedCount: Int { timed.count }

    /// The earliest time at which a message becomes ready.
    var nextDue: Timestamp? { timed.min.map { Timestamp(milliseconds: $0.due) } }

    /// Puts a message behind all ready ones of its class.
    mutating func add(_ id: QueueID, job: DeliveryJob?, priority: Priority) {
        ready[Int(priority.rawValue)].append(Ready(id: id, job: job))
    }

    /// Puts a message back to where it was taken from.
    mutating func putBack(_ id: QueueID, job: DeliveryJob?, priority: Priority) {
        ready[Int(priority.rawValue)].prepend(Ready(id: id, job: job))
    }

    mutating func add(_ id: QueueID, due: Timestamp, priority: Priority, forUpstream: Bool) {
        timed.insert(Timed(due: due.milliseconds, id: id.rawValue, priority: priority, forUpstream: forUpstream))
    }

    /// The next message by class and age.
    mutating func takeReady() -> Ready? {
        for index in ready.indices {
            if let entry = ready[index].popFirst() { return entry }
        }
        return nil
    }

    /// Makes ready what is due; returns whether anything was.
    @discardableResult
    mutating func release(until now: Timestamp) -> Bool {
        var released = false
        while let first = timed.min, first.due <= now.milliseconds {
            timed.removeMin()
            add(QueueID(rawValue: first.id), job: nil, priority: first.priority)
            released = true
        }
        return released
    }

    /// An upstream is back: makes ready what waits for one, oldest first.
    mutating func releaseThoseWithoutUpstream() {
        guard timed.unordered.contains(where: \.forUpstream) else { return }
        let all = timed.unordered
        timed = Heap(all.filter { !$0.forUpstream })
        for entry in all.filter(\.forUpstream).sorted(by: { $0.id < $1.id }) {
            add(QueueID(rawValue: entry.id), job: nil, priority: entry.priority)
        }
    }
}
