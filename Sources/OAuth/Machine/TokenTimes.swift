/// The times of a ``TokenMachine``.
enum TokenTimes {
    /// Between two tokens that are given up because the upstream refuses them.
    static let betweenReplacements = Duration.seconds(60)
    /// Until a refresh token that could not be written is written again.
    static let untilSavedAgain = Duration.seconds(10)
    /// The longest time for which an endpoint may ask.
    static let longestWish = Duration.seconds(600)
    private static let shortestPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(60)

    /// How long a token is used: all but the last minute of its life, or the last tenth if that is less.
    static func use(of lifetime: Duration) -> Duration { lifetime - min(.seconds(60), lifetime / 10) }

    /// When it is renewed: after 70 to 80 % of its life, so that relays that were started together do not ask together.
    static func renewal(of lifetime: Duration, jitter: Double) -> Duration { lifetime * (0.75 + 0.05 * jitter) }

    /// How long the endpoint is left alone.
    static func pause(after failures: Int, jitter: Double) -> Duration {
        let doubled = shortestPause * (1 << min(max(failures - 1, 0), 10))
        return min(doubled, longestPause) * (1 + 0.2 * jitter)
    }
}
