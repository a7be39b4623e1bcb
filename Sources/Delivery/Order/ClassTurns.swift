internal import Mail

/// Which of the waiting classes is next: self-clocked fair queueing (Golestani, INFOCOM 1994) over three classes.
///
/// Each waiting class has a tag, and the smallest is next. A class that begins to wait gets the tag of the message that
/// went last plus the length of its own turn, which is the shorter the greater its weight. So
///
/// - a waiting class has its share by weight, whatever the others do: nobody starves;
/// - at most one message of each lower class goes before the first message of a class that begins to wait;
/// - a class has no credit for the time in which it did not wait.
struct ClassTurns: Hashable {
    /// Length of the turn of a class of weight 1.
    private static let length = 1 << 20

    private var lengths: [Int]
    /// The tag of the message that went last.
    private var now = 0
    /// By class; nil while it does not wait.
    private var tags = [Int?](repeating: nil, count: Priority.allCases.count)

    init(_ weights: ClassWeights = ClassWeights()) {
        lengths = Self.lengths(by: weights)
    }

    private static func lengths(by weights: ClassWeights) -> [Int] {
        Priority.allCases.map { length / weights[$0] }
    }

    /// Other weights apply, to classes that wait from their next message on.
    mutating func replace(_ weights: ClassWeights) { lengths = Self.lengths(by: weights) }

    /// The class whose turn it is; nil if none waits.
    var next: Priority? {
        var (best, first) = (0, Int.max)
        for index in tags.indices {
            guard let tag = tags[index], tag < first else { continue }
            (best, first) = (index, tag)
        }
        return first < .max ? Priority(rawValue: UInt8(best)) : nil
    }

    func waits(_ priority: Priority) -> Bool { tags[Int(priority.rawValue)] != nil }

    /// A class has something to send, after it had nothing.
    mutating func began(_ priority: Priority) {
        let index = Int(priority.rawValue)
        if tags[index] == nil { tags[index] = now + lengths[index] }
    }

    /// A message of a waiting class goes.
    mutating func went(_ priority: Priority) {
        let index = Int(priority.rawValue)
        guard let tag = tags[index] else { preconditionFailure("a class had a turn that did not wait") }
        now = max(now, tag)
        tags[index] = now + lengths[index]
    }

    /// A class has nothing left.
    mutating func ended(_ priority: Priority) { tags[Int(priority.rawValue)] = nil }
}
