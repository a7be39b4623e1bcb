internal import Mail

/// Evidence against an upstream that refuses, for unknown reasons, what other upstreams accept.
///
/// Refutations become evidence when there are enough of them, when they come from several recipient domains and (if
/// several senders use the upstream) several senders, and when they outnumber the messages accepted meanwhile. To keep
/// one tenant from deciding for others, no sender and no domain counts for more than all others together plus one, and
/// a message counts once. Memory is bounded, however many senders and domains there are.
package struct RefutationWindow: Hashable, Sendable {
    package struct Settings: Hashable, Sendable {
        package var window = Duration.seconds(300)
        /// Refutations within the window that constitute evidence; 0 disables.
        package var refutations = 5
        /// Minimum number of recipient domains; 1 to ``most``.
        package var domains = 3
        /// Minimum number of senders, if more than one has used the upstream; 1 to ``most``.
        package var senders = 2

        /// Maximum number of senders and domains that are told apart.
        package static let most = Tally<String>.capacity

        package init() {}
    }

    /// Messages accepted before the first refutation that still count, as a multiple of the refutations needed.
    private static let memory = 2
    /// Number of recent messages remembered, so that none is counted twice.
    private static let messageLimit = 8

    private(set) var settings: Settings
    private var parts: WindowParts
    private var taken = WindowParts.Counts.zero
    private var seen: SeenSenders
    private var senders = Tally<String>()
    private var domains = Tally<String>()
    private var replies = Tally<ReplyFingerprint>()
    /// Recent messages, oldest first.
    private var messages: [QueueID] = []

    init(_ settings: Settings) {
        self.settings = settings
        self.parts = WindowParts(settings.window)
        self.seen = SeenSenders(settings.window)
    }

    /// The evidence so far counts under other settings from now on.
    mutating func replace(_ settings: Settings, now: MonotonicInstant) {
        if settings.window != self.settings.window {
            parts.resize(to: settings.window, now: now)
            seen.resize(to: settings.window, now: now)
        }
        self.settings = settings
    }

    /// Records an accepted message; it counts from a little before the oldest remembered refutation.
    ///
    /// - Parameter sender: as in ``Refutation/sender``.
    mutating func took(sender: String, now: MonotonicInstant) {
        guard settings.refutations > 0 else { return }
        move(to: now)
        seen.note(sender, now: now)
        // Only a little of what it accepted before its first refusal is remembered: a good hour must not hide that it
        // no longer accepts anything.
        if domains.keys > 0 || takenMeanwhile < Self.memory * settings.refutations { taken[parts.lane] += 1 }
    }

    /// Records that another upstream accepted what this one refused.
    ///
    /// - Returns: the cause, with figures, if the evidence suffices.
    mutating func refuted(_ refutation: Refutation, now: MonotonicInstant) -> String? {
        guard settings.refutations > 0, isNew(refutation) else { return nil }
        move(to: now)
        seen.note(refutation.sender, now: now)
        senders.add(refutation.sender, lane: parts.lane)
        domains.add(refutation.domain, lane: parts.lane)
        replies.add(refutation.fingerprint, lane: parts.lane)
        return weight >= settings.refutations && weight > takenMeanwhile ? cause : nil
    }

    /// Forgets all evidence, and what was accepted.
    mutating func clear() {
        taken = .zero
        senders.clear()
        domains.clear()
        replies.clear()
        messages.removeAll()
    }

    private var takenMeanwhile: Int { Int(taken.wrappedSum()) }

    /// Weight of the refutations; 0 if they come from too few.
    private var weight: Int {
        let isAboutSenders = settings.senders > 1 && seen.areSeveral
        guard domains.keys >= settings.domains, !isAboutSenders || senders.keys >= settings.senders else { return 0 }
        return min(
            settings.domains > 1 ? domains.balanced : domains.total,
            isAboutSenders ? senders.balanced : senders.total)
    }

    private var cause: String {
        let said = replies.most.map { ", most often \"\($0.key)\"" } ?? ""
        return
            "other upstreams accepted \(domains.total) messages in \(settings.window.inWords) that this one refused for "
            + "unknown reasons, and it accepted \(takenMeanwhile)" + said
    }

    private mutating func isNew(_ refutation: Refutation) -> Bool {
        guard !messages.contains(refutation.message) else { return false }
        if messages.count >= Self.messageLimit { messages.removeFirst() }
        messages.append(refutation.message)
        return true
    }

    private mutating func move(to now: MonotonicInstant) {
        guard let over = parts.move(to: now) else { return }
        taken.replace(with: 0, where: over)
        senders.clear(over)
        domains.clear(over)
        replies.clear(over)
    }
}
