internal import Synchronization

/// The memory for the secrets of all sessions in traces: peers decide how much there is to be hidden.
final class SecretBudget: Sendable {
    /// In octets.
    static let most = 8 << 20

    private let rest: Atomic<Int>

    init(_ octets: Int = SecretBudget.most) {
        rest = Atomic(octets)
    }

    /// Whether there was as much; a session that gets none shows less. May say no while others ask for the last of it.
    func take(_ octets: Int) -> Bool {
        guard rest.wrappingSubtract(octets, ordering: .relaxed).newValue < 0 else { return true }
        giveBack(octets)
        return false
    }

    func giveBack(_ octets: Int) { rest.wrappingAdd(octets, ordering: .relaxed) }
}
