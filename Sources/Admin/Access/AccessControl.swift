package import Access
internal import Mail
import Synchronization

/// Who may use the API over TCP; shared by all connections, and replaced as a whole when the settings change.
package final class AccessControl: Sendable {
    package let tokens: TokenDirectory
    let sessions = SessionDirectory()
    let brake: FailureBrake
    /// Requests without a valid token, by client.
    let strangers = RequestMeter(.init(burst: 200, perSecond: 100))
    /// Requests with one, by its name. Mail has limits of its own.
    let holders = RequestMeter(.init(burst: 4000, perSecond: 2000))
    let report: @Sendable (AccessEvent) -> Void
    private let current: Mutex<AccessRules>

    /// - Parameters:
    ///   - hostname: the relay's own name.
    ///   - failureDelay: how late a wrong token is answered.
    ///   - report: must not block.
    package init(
        _ settings: HTTPSettings, hostname: String, failureDelay: Duration = .seconds(1),
        report: @escaping @Sendable (AccessEvent) -> Void = { _ in }
    ) {
        tokens = TokenDirectory(settings.tokens)
        brake = FailureBrake(delay: failureDelay)
        current = Mutex(AccessRules(settings, hostname: hostname))
        self.report = report
    }

    /// Later requests are judged by these settings. Its addresses and certificates are not looked at.
    package func replace(with settings: HTTPSettings, hostname: String) {
        current.withLock { $0 = AccessRules(settings, hostname: hostname) }
        tokens.replace(with: settings.tokens)
    }

    var rules: AccessRules { current.withLock { $0 } }
}
