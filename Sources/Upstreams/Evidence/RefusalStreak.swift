internal import Mail

/// Mail that an upstream refuses for causes that rules know, one after the other, while it takes none.
///
/// Rules guess from words. A streak that is long and covers several recipient domains says that the guess is wrong, or that
/// the upstream takes nothing whatever it says: other upstreams are asked then, as for an unknown cause.
struct RefusalStreak: Hashable, Sendable {
    private let settings: RefutationWindow.Settings
    private var count = 0
    /// Distinct, no more than ``settings`` need.
    private var domains: [String] = []
    private var last = MonotonicInstant.longAgo
    /// However many recipients it has, a message counts once.
    private var message: QueueID?

    init(_ settings: RefutationWindow.Settings) {
        self.settings = settings
    }

    /// Whether the known causes are no longer believed.
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

    /// The upstream has taken mail, or another one has confirmed a refusal.
    mutating func clear() {
        guard count > 0 else { return }
        count = 0
        domains = []
        message = nil
    }
}
