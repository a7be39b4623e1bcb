/// `[auth]`: consequences of failed logins.
package struct LoginSettings: Hashable, Sendable {
    /// Failures within ``failureWindow`` that cause a lockout.
    package var maxFailures = 10
    package var failureWindow = Duration.seconds(600)
    package var lockout = Duration.seconds(900)
    /// Delay before the reply to the first failure; doubled for each further one, up to eight times as long.
    package var failureDelay = Duration.seconds(1)

    package init() {}
}
