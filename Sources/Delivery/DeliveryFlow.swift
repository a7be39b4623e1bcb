internal import Upstreams

/// Whether mail may leave: not while the spool records nothing, and not once the relay stops.
///
/// Confined to the delivery's event loop; the dispatcher alone writes it.
final class DeliveryFlow {
    private(set) var isStopping = false
    /// Nothing leaves until then, since the spool records nothing.
    private(set) var pausedUntil: MonotonicInstant?

    var isOpen: Bool { !isStopping && pausedUntil == nil }

    func stop() { isStopping = true }

    /// - Returns: whether the pause begins, rather than goes on.
    func pause(until instant: MonotonicInstant) -> Bool {
        defer { pausedUntil = instant }
        return pausedUntil == nil
    }

    /// - Returns: whether a pause has ended.
    func resumeIfDue(now: MonotonicInstant) -> Bool {
        guard let pausedUntil, pausedUntil <= now else { return false }
        self.pausedUntil = nil
        return true
    }
}
