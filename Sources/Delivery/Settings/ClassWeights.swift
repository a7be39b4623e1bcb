package import Mail

/// The `[priority]` table of relay.conf: how many messages of a class go for one of another while both wait at the same
/// upstream.
package struct ClassWeights: Hashable, Sendable {
    package var high = 16
    package var normal = 4
    package var bulk = 1

    package init() {}

    /// At least 1.
    package subscript(priority: Priority) -> Int {
        switch priority {
        case .high: max(1, high)
        case .normal: max(1, normal)
        case .bulk: max(1, bulk)
        }
    }
}
