internal import Mail

/// Probes in a row with the same bad luck, such as being lost: how many, and when the upstream took them.
///
/// A long row is thinned out, so that what is kept spans all of it.
struct ProbeRow: Hashable, Sendable {
    struct Mark: Hashable, Sendable {
        /// By the steady clock.
        let tookAt: Timestamp
        /// By the system's clock.
        let sentAt: Timestamp
        /// Whether it was counted as missing.
        var isCounted = false
    }

    static let limit = 64

    private(set) var marks: [Mark] = []
    private(set) var count = 0

    mutating func add(_ mark: Mark) {
        if marks.count >= Self.limit { marks = marks.enumerated().filter { $0.offset % 2 == 0 }.map(\.element) }
        marks.append(mark)
        count += 1
    }

    /// A probe that the upstream took then had better luck: what is older is history.
    mutating func end(at tookAt: Timestamp) {
        let rest = marks.filter { $0.tookAt > tookAt }
        guard rest.count < marks.count else { return }
        (marks, count) = (rest, rest.count)
    }

    /// It was nobody's fault: those that were counted as missing, each of them once.
    mutating func excuse() -> [Mark] {
        let counted = marks.filter(\.isCounted)
        for index in marks.indices { marks[index].isCounted = false }
        return counted
    }
}
