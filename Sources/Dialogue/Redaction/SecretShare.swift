internal import Synchronization

/// What one session has of a ``SecretBudget``; given back with the session's end.
final class SecretShare: Sendable {
    private let budget: SecretBudget
    private let taken = Atomic<Int>(0)

    init(of budget: SecretBudget) {
        self.budget = budget
    }

    deinit { giveBack() }

    func take(_ octets: Int) -> Bool {
        guard budget.take(octets) else { return false }
        taken.wrappingAdd(octets, ordering: .relaxed)
        return true
    }

    func giveBack() { budget.giveBack(taken.exchange(0, ordering: .relaxed)) }
}
