internal import Mail

/// Which class an upstream of limited rate owes its next turn: a class that waits there, that has seen a message of another
/// class go, and whose turn it is by the weights (``ClassTurns``). It need not ask again in time: the next turn is kept for
/// it. So higher classes come first, and nobody starves.
struct ClassDebts: Hashable {
    private var turns: ClassTurns
    /// By class, whether a message of another class has gone while it waited.
    private var isOvertaken = [Bool](repeating: false, count: Priority.allCases.count)
    /// By class, whether a message of it has had to wait in this round.
    private var hasAsked = [Bool](repeating: false, count: Priority.allCases.count)

    init(_ weights: ClassWeights = ClassWeights()) {
        turns = ClassTurns(weights)
    }

    mutating func replace(_ weights: ClassWeights) { turns.replace(weights) }

    /// Whether a class has its turn before it would be there, so that no other gets it.
    func isDue(_ priority: Priority) -> Bool {
        isOvertaken[Int(priority.rawValue)] && turns.next == priority
    }

    /// A message of this class has to wait.
    mutating func waits(_ priority: Priority) {
        turns.began(priority)
        hasAsked[Int(priority.rawValue)] = true
    }

    /// Every class that waits has asked by now. What waits no more, since its mail has gone elsewhere or has been taken
    /// away, is owed nothing, and must not keep its turn from the others.
    mutating func roundEnded() {
        for priority in Priority.allCases where turns.waits(priority) && !hasAsked[Int(priority.rawValue)] {
            turns.ended(priority)
            isOvertaken[Int(priority.rawValue)] = false
        }
        for index in hasAsked.indices { hasAsked[index] = false }
    }

    /// A message of this class goes; whether another one waits will be seen.
    mutating func went(_ priority: Priority) {
        turns.began(priority)
        turns.went(priority)
        turns.ended(priority)
        for other in Priority.allCases { isOvertaken[Int(other.rawValue)] = turns.waits(other) }
    }
}
