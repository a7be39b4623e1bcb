package import Alerts

/// What the admin interface knows of alerts.
package struct AlertDesk: Sendable {
    /// All of them, in order.
    package var list: @Sendable () -> [AlertStatus]
    /// Sends a test alert to every receiver, and returns a result for each.
    package var test: @Sendable (AlertRule) async -> [AlertTestResult]
    /// For how long, who, and why.
    package var silence: @Sendable (String, Duration, String?, String?) -> Void
    package var unsilence: @Sendable (String, String?, String?) -> Void
    /// Gets what operators have ordered.
    package var report: @Sendable (AlertEvent) -> Void

    package init(
        list: @escaping @Sendable () -> [AlertStatus],
        test: @escaping @Sendable (AlertRule) async -> [AlertTestResult],
        silence: @escaping @Sendable (String, Duration, String?, String?) -> Void,
        unsilence: @escaping @Sendable (String, String?, String?) -> Void,
        report: @escaping @Sendable (AlertEvent) -> Void
    ) {
        (self.list, self.test, self.report) = (list, test, report)
        (self.silence, self.unsilence) = (silence, unsilence)
    }
}
