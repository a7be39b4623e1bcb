package import Mail

/// What becomes of mail to a suppressed address.
package enum SuppressionAction: String, Hashable, Sendable, CaseIterable {
    /// It is refused at RCPT; what is in the queue already bounces.
    case refuse
    /// It is accepted, dropped and logged, and nobody is told.
    case drop
}

/// Says which mail a suppression keeps from its recipient.
package struct SuppressionGate: Sendable {
    private let index: SuppressionIndex
    package let action: SuppressionAction
    /// Routes with `suppression = false`.
    private let exempt: Set<String>

    package init(_ index: SuppressionIndex, action: SuppressionAction, exempt: Set<String> = []) {
        self.index = index
        self.action = action
        self.exempt = exempt
    }

    /// The same suppressions with another action, and other routes without them.
    package func replaced(action: SuppressionAction, exempt: Set<String>) -> SuppressionGate {
        SuppressionGate(index, action: action, exempt: exempt)
    }

    /// Whether there are no suppressions.
    package var isOpen: Bool { index.count == 0 }

    /// The suppression that keeps mail from an address; nil if none does.
    package func match(_ address: Address, route: String, at now: Timestamp) -> SuppressionMatch? {
        guard !isOpen, !exempt.contains(route) else { return nil }
        return index.match(address.text, route: route, at: now)
    }
}
