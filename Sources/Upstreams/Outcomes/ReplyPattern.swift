internal import Mail

/// A pattern for replies; every given part must match.
///
/// The built-in rules use these patterns rather than regular expressions: matching takes time proportional to the
/// number of texts times the length examined, whatever a server sends.
package struct ReplyPattern: Hashable, Sendable {
    /// Any of these; empty for any code.
    package let codes: [UInt16]
    /// First digit; nil for any.
    package let digit: UInt16?
    /// Any of these; empty for any enhanced status code, or none.
    package let statuses: [StatusPattern]
    /// Any of these must occur; `*` stands for any octets. In lower case.
    package let texts: [String]
    /// If not empty, any of these must occur as well.
    package let companions: [String]
    /// None of these statuses and texts may occur.
    package let exceptions: Exceptions
    /// Any of these; empty for any phase.
    package let phases: [OutcomePhase]
    /// If not empty, any of these must occur as well at RCPT: words that show the server is talking about us, not the
    /// recipient.
    package let recipientWords: [String]
    /// Whether the transaction must already have a recipient.
    package let followsRecipient: Bool
    /// Any of these; empty for any.
    package let sessions: [SessionStanding]
    private let globs: [Glob]
    private let companionGlobs: [Glob]
    private let recipientGlobs: [Glob]

    /// What a reply must not contain.
    package struct Exceptions: Hashable, Sendable {
        package let statuses: [StatusPattern]
        package let texts: [String]
        fileprivate let globs: [Glob]

        package init(statuses: [StatusPattern] = [], texts: [String] = []) {
            self.statuses = statuses
            self.texts = texts
            self.globs = texts.map { Glob(anywhere: $0) }
        }

        static func + (left: Exceptions, right: Exceptions) -> Exceptions {
            Exceptions(statuses: left.statuses + right.statuses, texts: left.texts + right.texts)
        }

        fileprivate func fit(_ reply: ReplySubject) -> Bool {
            if let code = reply.status, statuses.contains(where: { $0.fits(code) }) { return true }
            return globs.contains { $0.matches(reply.text) }
        }
    }

    package init(
        _ texts: String..., with companions: [String] = [], codes: [UInt16] = [], digit: UInt16? = nil,
        statuses: [StatusPattern] = [], phases: [OutcomePhase] = [], atRecipient recipientWords: [String] = [],
        followsRecipient: Bool = false, sessions: [SessionStanding] = [],
        except exceptions: Exceptions = Exceptions()
    ) {
        self.init(
            texts: texts, with: companions, codes: codes, digit: digit, statuses: statuses, phases: phases,
            atRecipient: recipientWords,
            followsRecipient: followsRecipient, sessions: sessions, except: exceptions)
    }

    package init(
        texts: [String], with companions: [String] = [], codes: [UInt16] = [], digit: UInt16? = nil,
        statuses: [StatusPattern] = [], phases: [OutcomePhase] = [], atRecipient recipientWords: [String] = [],
        followsRecipient: Bool = false, sessions: [SessionStanding] = [],
        except exceptions: Exceptions = Exceptions()
    ) {
        self.texts = texts
        self.companions = companions
        self.followsRecipient = followsRecipient
        self.sessions = sessions
        self.codes = codes
        self.digit = digit
        self.statuses = statuses
        self.phases = phases
        self.exceptions = exceptions
        self.recipientWords = recipientWords
        self.globs = texts.map { Glob(anywhere: $0) }
        self.companionGlobs = companions.map { Glob(anywhere: $0) }
        self.recipientGlobs = recipientWords.map { Glob(anywhere: $0) }
    }

    func fits(_ reply: ReplySubject) -> Bool {
        guard phases.isEmpty || phases.contains(reply.phase), codes.isEmpty || codes.contains(reply.code),
            digit.map({ $0 == reply.code / 100 }) ?? true, !followsRecipient || reply.hasRecipients,
            sessions.isEmpty || sessions.contains(reply.session)
        else { return false }
        guard statuses.isEmpty || reply.status.map({ code in statuses.contains { $0.fits(code) } }) ?? false
        else { return false }
        return Self.isAny(of: globs, in: reply) && Self.isAny(of: companionGlobs, in: reply) && isAboutUs(reply)
            && !exceptions.fit(reply)
    }

    /// The decisive parts of a matching reply: its code or first digit, its enhanced status code, and one word of each
    /// group.
    func matched(in reply: ReplySubject) -> Matched {
        var codes = digit.map { ["\($0)yz"] } ?? []
        if !self.codes.isEmpty { codes.append("\(reply.code)") }
        if !statuses.isEmpty, let status = reply.status { codes.append("\(status)") }
        var words = [zip(texts, globs), zip(companions, companionGlobs)]
        if reply.phase == .rcpt { words.append(zip(recipientWords, recipientGlobs)) }
        return Matched(
            codes: codes, words: words.compactMap { $0.first { $0.1.matches(reply.text) }?.0 })
    }

    /// The parts of a pattern that a reply matches.
    package struct Matched: Hashable, Sendable {
        package let codes: [String]
        package let words: [String]

        /// Codes, then words.
        package var all: [String] { codes + words }
    }

    private static func isAny(of globs: [Glob], in reply: ReplySubject) -> Bool {
        globs.isEmpty || globs.contains { $0.matches(reply.text) }
    }

    private func isAboutUs(_ reply: ReplySubject) -> Bool {
        reply.phase != .rcpt || Self.isAny(of: recipientGlobs, in: reply)
    }
}
