internal import Mail
internal import Telemetry

/// Where a reader begins, and what it has missed by then. A value.
struct EventPlace: Hashable {
    let next: Int
    let missed: MissedDocument?

    /// What part of the events a reader of the oldest ones does without: they would be gone before they are read.
    private static let margin = 64

    /// - Parameters:
    ///   - numbers: the events that are there.
    ///   - life: of the relay that has them, which began at `startedAt`.
    ///   - numberSince: the number of the first event of a time or later.
    init(
        _ question: EventQuestion, in numbers: Range<Int>, of life: EventID.Life, since startedAt: Timestamp,
        numberSince: (Timestamp) -> Int
    ) {
        let oldest = numbers.lowerBound == 1 ? 1 : numbers.lowerBound + numbers.count / Self.margin
        if let after = question.after {
            self.init(after: after, in: numbers, oldest, of: life)
        } else if let since = question.since {
            self.init(since, numberSince(since), oldest, startedAt)
        } else {
            self.init(question.follows ? numbers.upperBound : oldest, nil)
        }
    }

    /// After the last event of a reader that comes back. A number that this life has not given out belongs to another.
    private init(after id: EventID, in numbers: Range<Int>, _ oldest: Int, of life: EventID.Life) {
        guard id.life == life, id.number < numbers.upperBound else {
            self.init(oldest, MissedDocument(.restart))
            return
        }
        let next = id.number + 1
        guard next < numbers.lowerBound else {
            self.init(next, nil)
            return
        }
        self.init(oldest, MissedDocument(.gone, count: oldest - next))
    }

    /// From a time on, which may be before anything that is there.
    private init(_ since: Timestamp, _ number: Int, _ oldest: Int, _ startedAt: Timestamp) {
        let next = max(number, oldest)
        let isCut = next == oldest && oldest > 1
        self.init(next, isCut ? MissedDocument(.gone) : since < startedAt ? MissedDocument(.restart) : nil)
    }

    private init(_ next: Int, _ missed: MissedDocument?) {
        self.next = next
        self.missed = missed
    }
}
