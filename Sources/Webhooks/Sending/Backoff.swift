/// How long the next attempt waits after failures: twice as long with each one, up to an hour, with a random part so that
/// many events do not come at once.
struct Backoff: Sendable {
    var first = Duration.seconds(5)
    var longest = Duration.seconds(3600)
    /// The longest wish of a receiver that is honoured.
    var longestWish = Duration.seconds(86_400)

    /// - Parameters:
    ///   - failures: in a row, at least one.
    ///   - wish: what the receiver asked for (`Retry-After`).
    ///   - random: 0 to 1.
    func delay(after failures: Int, wish: Duration?, random: Double) -> Duration {
        let doubled = first * (1 << min(max(failures - 1, 0), 20))
        let own = min(doubled, longest)
        return max(own * (0.5 + 0.5 * random), min(wish ?? .zero, longestWish))
    }
}
