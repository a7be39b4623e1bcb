import DequeModule
import HeapModule
import NIOCore

/// Virtual time of one run, and all scheduled events in one order: by time, then by when they were scheduled.
final class Timeline {
    /// A scheduled event; without a body once it has happened or been cancelled.
    final class Entry {
        fileprivate(set) var body: (() -> Void)?

        fileprivate init(_ body: @escaping () -> Void) {
            self.body = body
        }

        func callOff() { body = nil }
    }

    private struct Timed: Comparable {
        let time: Int64
        let number: Int
        let entry: Entry

        static func < (left: Timed, right: Timed) -> Bool {
            left.time == right.time ? left.number < right.number : left.time < right.time
        }

        static func == (left: Timed, right: Timed) -> Bool { left.number == right.number }
    }

    /// Nanoseconds since the start of the run.
    private(set) var now: Int64 = 0
    private(set) var steps = 0
    private var soon: Deque<Entry> = []
    private var later = Heap<Timed>()
    private var number = 0

    /// Whether any event is left.
    var isEmpty: Bool { soon.isEmpty && later.isEmpty }

    /// Time of the next event; nil if there is none.
    var next: Int64? { soon.isEmpty ? later.min?.time : now }

    @discardableResult
    func at(_ time: Int64, _ body: @escaping () -> Void) -> Entry {
        let entry = Entry(body)
        if time <= now {
            soon.append(entry)
        } else {
            number += 1
            later.insert(Timed(time: time, number: number, entry: entry))
        }
        return entry
    }

    @discardableResult
    func after(_ duration: Duration, _ body: @escaping () -> Void) -> Entry {
        at(now + duration.nanoseconds, body)
    }

    /// Nothing more happens. Whoever scheduled something may keep the entry, and the entry must not keep its body.
    func clear() {
        for entry in soon { entry.callOff() }
        for timed in later.unordered { timed.entry.callOff() }
        soon = []
        later = Heap()
    }

    /// Runs the next event; false if none is left before `end`, to which time then advances.
    func step(until end: Int64 = .max) -> Bool {
        if soon.isEmpty {
            guard let time = later.min?.time, time <= end else {
                now = max(now, end == .max ? now : end)
                return false
            }
            now = time
            while let first = later.min, first.time == time {
                soon.append(first.entry)
                later.removeMin()
            }
        }
        guard let entry = soon.popFirst() else { return false }
        steps += 1
        let body = entry.body
        entry.body = nil
        body?()
        return true
    }
}

extension Duration {
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }

    /// In milliseconds with a fraction.
    var milliseconds: Double { Double(nanoseconds) / 1_000_000 }
}
