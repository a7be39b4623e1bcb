package import Mail

/// For round trips.
extension DeliveryService {
    /// Mail that an upstream takes does not arrive: its circuit opens, or its share is reduced, with cause `round_trip`, until
    /// ``acquit(upstream:cause:)`` or an operator's reset. Nothing remembers that over a restart.
    ///
    /// - Parameter cause: in words, without `round_trip`.
    package func blame(upstream: String, _ blame: RoundTripBlame, cause: String) async {
        await run { $0.blame(upstream, blame, cause: cause) }
    }

    /// Mail that an upstream takes arrives again: its traffic comes back through the ramp.
    package func acquit(upstream: String, cause: String) async {
        await run { $0.acquit(upstream, cause: cause) }
    }

    /// Removes a probe that no upstream has; an attempt with it is waited for.
    ///
    /// - Returns: whether it is gone without having been delivered.
    package func withdraw(probe id: QueueID, wait: Duration = .seconds(30)) async -> Bool {
        switch await order(.withdraw, [id], wait: wait)[0] {
        case .done, .doneAndTold, .ended(delivered: false): true
        case .ended(delivered: true), .unchanged, .missing, .busy, .unrecorded, .stopping: false
        }
    }
}
