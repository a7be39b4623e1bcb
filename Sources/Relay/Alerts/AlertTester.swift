internal import Admin
internal import Alerts
internal import Notifiers

/// Sends a test of an alert to all its receivers at once, and returns a result for each.
struct AlertTester: Sendable {
    let board: AlertBoard
    let maker: NotifierMaker

    /// - Returns: one result for each that is to be told, in their order.
    func test(_ rule: AlertRule) async -> [AlertTestResult] {
        let (notification, sinks) = (board.testNotification(rule), board.settings.sinks)
        return await withTaskGroup(of: (Int, AlertTestResult).self) { tasks in
            for (index, name) in rule.notify.enumerated() {
                let settings = sinks.first { $0.name == name }
                tasks.addTask { (index, await tell(name, settings, notification)) }
            }
            return await tasks.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func tell(
        _ name: String, _ settings: NotifySettings?, _ notification: AlertNotification
    ) async -> AlertTestResult {
        guard let settings else { return AlertTestResult(notify: name, problem: "relay.conf names it no longer") }
        do {
            try await maker.notifier(settings).tell(notification)
            board.report(.notified(sink: name, notification))
            return AlertTestResult(notify: name, problem: nil)
        } catch {
            let reason = NotifierFailure(error).reason
            board.report(.notNotified(sink: name, notification, reason: reason, next: nil))
            return AlertTestResult(notify: name, problem: reason)
        }
    }
}
