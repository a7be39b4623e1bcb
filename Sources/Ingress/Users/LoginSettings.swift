/// `[auth]`: what comes of logins that fail.
package struct LoginSettings: Hashable, Sendable {
    /// So many within ``failureWindow`` lock out.
    package var maxFailures = 10
    package var failureWindow = Duration.seconds(600)
    package var lockout = Duration.seconds(900)
    /// Before the reply to the first failure; doubled with each, up to eight times as long.
    package var failureDelay = Duration.seconds(1)

    package init() {}
}
