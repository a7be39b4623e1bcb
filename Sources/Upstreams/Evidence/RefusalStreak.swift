internal import Mail

/// Consecutive refusals by one upstream that rules can explain, with no acceptance in between.
///
/// Rules guess from words. After a long streak across several recipient domains the guess is probably wrong: further
/// refusals need a second opinion, like unexplained ones.
struct RefusalStreak: Hashable, Sendable {
    var settings: RefutationWindow.Settings
    private var count = 0
    /// Distinct; at most as many as ``settings`` require.
    private var domains: [String] = []
    private var last = MonotonicInstant.longAgo
    /// The last message counted; a message counts once, whatever its recipients.
    private var message: QueueID?

    init(_ settings: RefutationWindow.Settings) {
        self.settings = settings
    }

    /// Whether explained refusals need a second opinion.
    func isLong(now: MonotonicInstant) -> Bool {
        settings.refutations > 0 && count >= settings.refutations && domains.count >= settings.domains
            && now - last <= settings.window
    }

    /// - Parameter domain: of the recipient.
    mutating func refused(_ message: QueueID, domain: some StringProtocol, now: MonotonicInstant) {
        if now - last > settings.window { clear() }
        last = now
        if message != self.message { count += 1 }
        self.message = message
        guard domains.count < settings.domains else { return }
        let domain = domain.lowercased()
        if !domains.contains(domain) { domains.append(domain) }
    }

    /// The upstream has accepted mail, or another has confirmed a refusal.
    mutating func clear() {
        guard count > 0 else { return }
        count = 0
        domains = []
        message = nil
    }
}
