import DequeModule
import HeapModule
import NIOCore

/// Virtual time of one run, and everything that is to happen in it, in one order: by time, then by when it was asked for.
final class Timeline {
    /// Something that is to happen; without a body once it has, or has been called off.
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

    /// Whether anything is left to happen.
    var isEmpty: Bool { soon.isEmpty && later.isEmpty }

    /// The time of what is next; nil for nothing.
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

    /// Nothing more happens. Who has asked for something may hold on to the entry, and its body to them.
    func clear() {
        for entry in soon { entry.callOff() }
        for timed in later.unordered { timed.entry.callOff() }
        soon = []
        later = Heap()
    }

    /// Lets the next thing happen; false when nothing is left before `end`, at which time then is.
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
