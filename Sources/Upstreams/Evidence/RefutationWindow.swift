internal import Mail

/// What speaks against an upstream that refuses, for reasons nobody knows, what others take.
///
/// Refutations are evidence of its trouble when there are enough of them, when they come from several recipient domains and,
/// where several senders use the upstream, from several senders, and when they outnumber what it took meanwhile. So that nobody
/// can tell a tale about it for others, no sender and no domain counts for more than all the others together and one, and a message
/// counts once. The memory is bounded, whatever senders and domains there are.
package struct RefutationWindow: Hashable, Sendable {
    package struct Settings: Hashable, Sendable {
        package var window = Duration.seconds(300)
        /// Refutations within the window that are evidence; 0 for never.
        package var refutations = 5
        /// Recipient domains that they must come from; 1 to ``most``.
        package var domains = 3
        /// Senders that they must come from, where more than one has used the upstream; 1 to ``most``.
        package var senders = 2

        /// As many senders and domains as are told apart.
        package static let most = Tally<String>.capacity

        package init() {}
    }

    /// Messages taken before the first refutation that count, as a multiple of the refutations that are evidence.
    private static let memory = 2
    /// Messages whose refutation has been counted.
    private static let messageLimit = 8

    let settings: Settings
    private var parts: WindowParts
    private var taken = WindowParts.Counts.zero
    private var seen: SeenSenders
    private var senders = Tally<String>()
    private var domains = Tally<String>()
    private var replies = Tally<ReplyFingerprint>()
    /// The last ones, oldest first.
    private var messages: [QueueID] = []

    init(_ settings: Settings) {
        self.settings = settings
        self.parts = WindowParts(settings.window)
        self.seen = SeenSenders(settings.window)
    }

    /// The upstream has taken a message; it counts from a little before the oldest refutation that is remembered.
    ///
    /// - Parameter sender: as in ``Refutation/sender``.
    mutating func took(sender: String, now: MonotonicInstant) {
        guard settings.refutations > 0 else { return }
        move(to: now)
        seen.note(sender, now: now)
        // Of what it took before it refused anything, a little is remembered: an hour that went well must not hide that it
        // takes nothing any more.
        if domains.keys > 0 || takenMeanwhile < Self.memory * settings.refutations { taken[parts.lane] += 1 }
    }

    /// Another upstream has taken what this one refused.
    ///
    /// - Returns: the cause, in words with numbers, when the evidence suffices.
    mutating func refuted(_ refutation: Refutation, now: MonotonicInstant) -> String? {
        guard settings.refutations > 0, isNew(refutation) else { return nil }
        move(to: now)
        seen.note(refutation.sender, now: now)
        senders.add(refutation.sender, lane: parts.lane)
        domains.add(refutation.domain, lane: parts.lane)
        replies.add(refutation.fingerprint, lane: parts.lane)
        return weight >= settings.refutations && weight > takenMeanwhile ? cause : nil
    }

    /// Forgets what spoke against the upstream, and what it took.
    mutating func clear() {
        taken = .zero
        senders.clear()
        domains.clear()
        replies.clear()
        messages.removeAll()
    }

    private var takenMeanwhile: Int { Int(taken.wrappedSum()) }

    /// What the refutations are worth; 0 where they come from too few.
    private var weight: Int {
        let isAboutSenders = settings.senders > 1 && seen.areSeveral
        guard domains.keys >= settings.domains, !isAboutSenders || senders.keys >= settings.senders else { return 0 }
        return min(
            settings.domains > 1 ? domains.balanced : domains.total,
            isAboutSenders ? senders.balanced : senders.total)
    }

    private var cause: String {
        let said = replies.most.map { ", most often \"\($0.key)\"" } ?? ""
        return "other upstreams took \(domains.total) messages in \(settings.window.inWords) that this one refused for "
            + "unknown reasons, and it took \(takenMeanwhile)" + said
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
