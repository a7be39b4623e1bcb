package import Alerts
package import Mail

/// A mail through the relay's own spool, and so through whichever upstream works.
package struct EmailNotifier: Notifier {
    private let to: [Address]
    private let post: NotifierMaker.Post

    package init(to: [Address], post: @escaping NotifierMaker.Post) {
        (self.to, self.post) = (to, post)
    }

    package func tell(_ notification: AlertNotification) async throws {
        do {
            try await post(notification, to)
        } catch {
            throw NotifierFailure("the mail cannot be stored: \(error)")
        }
    }
}
