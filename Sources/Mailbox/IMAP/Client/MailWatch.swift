/// Waits for new messages in the open folder: by IDLE (RFC 2177), renewed in time, or by NOOP.
struct MailWatch: Sendable {
    /// | state | waits for | goes to |
    /// |---|---|---|
    /// | `starting` | `+` | `idling`; `polling` after a refusal |
    /// | `idling` | news, until it is time to renew | `stopping` |
    /// | `stopping` | the answer to IDLE, after DONE | `starting`, or the end |
    /// | `polling` | the time of the next NOOP | `asking` |
    /// | `asking` | the answer to NOOP | `polling`, or the end |
    private enum State {
        case starting
        case idling(until: Duration)
        case stopping
        case polling(until: Duration)
        case asking
    }

    /// How the answer to a command leaves the watch.
    enum Progress {
        case goesOn
        /// IDLE was refused, or the server has ended it by itself: it is not tried again.
        case polls
        /// NOOP was refused.
        case refused
    }

    private var state: State
    private let settings: IMAPSettings
    /// Whether the owner wants something else as soon as the server is ready for it.
    private(set) var isEnding = false
    /// Whether IDLE has begun once.
    private var hasBegun = false
    /// Whether `news` was reported for the messages that are there.
    private var hasToldNews = false

    private init(_ state: State, _ settings: IMAPSettings) {
        self.state = state
        self.settings = settings
    }

    static func start(
        idle: Bool, _ settings: IMAPSettings, now: Duration, _ writer: inout CommandWriter, into out: inout [UInt8]
    ) -> Self {
        guard idle else { return Self(.polling(until: now + settings.poll), settings) }
        writer.send(CommandText("IDLE", IMAPCapabilities()), into: &out)
        return Self(.starting, settings)
    }

    /// When the watch has something to do by itself; nil while it waits for an answer.
    var deadline: Duration? {
        switch state {
        case .idling(let until), .polling(let until): until
        case .starting, .stopping, .asking: nil
        }
    }

    /// Whether nothing is under way, so that the watch can simply be dropped.
    var isQuiet: Bool { if case .polling = state { true } else { false } }

    mutating func deadlineReached(now: Duration, _ writer: inout CommandWriter, into out: inout [UInt8]) {
        switch state {
        case .idling(let until) where now >= until: stop(into: &out)
        case .polling(let until) where now >= until:
            writer.send(CommandText("NOOP", IMAPCapabilities()), into: &out)
            state = .asking
        case .idling, .polling, .starting, .stopping, .asking: break
        }
    }

    private mutating func stop(into out: inout [UInt8]) {
        out += "DONE\r\n".utf8
        state = .stopping
    }

    /// The owner wants something else.
    mutating func end(into out: inout [UInt8]) {
        isEnding = true
        if case .idling = state { stop(into: &out) }
    }

    /// IDLE has begun.
    ///
    /// - Returns: whether for the first time.
    /// - Throws: ``MailboxError`` `unexpected` where no continuation is due.
    mutating func continued(
        now: Duration, _ text: ArraySlice<UInt8>, into out: inout [UInt8]
    ) throws(MailboxError) -> Bool {
        guard case .starting = state else {
            throw .unexpected("the server asks for more of a command that is complete", text)
        }
        state = .idling(until: now + min(settings.renewal, IMAPSettings.longestRenewal))
        if isEnding { stop(into: &out) }
        defer { hasBegun = true }
        return !hasBegun && !isEnding
    }

    /// The command is answered.
    mutating func completed(
        _ status: ResponseStatus, now: Duration, _ writer: inout CommandWriter, into out: inout [UInt8]
    ) -> Progress {
        switch state {
        case .stopping where status.kind == .ok && !isEnding:
            writer.send(CommandText("IDLE", IMAPCapabilities()), into: &out)
            state = .starting
            return .goesOn
        case .stopping where status.kind == .ok:
            state = .polling(until: now)
            return .goesOn
        case .starting, .idling, .stopping:
            state = .polling(until: now + settings.poll)
            return .polls
        case .asking, .polling:
            state = .polling(until: now + settings.poll)
            return status.kind == .ok ? .goesOn : .refused
        }
    }

    /// Whether `news` is to be reported now.
    mutating func tells(_ hasNews: Bool) -> Bool {
        defer { hasToldNews = hasNews }
        return hasNews && !hasToldNews
    }
}
