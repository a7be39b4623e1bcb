package import Mail

/// One decision: by a person through the admin interface, or by the relay itself.
package struct AuditRecord: Hashable, Sendable {
    /// By the system's clock.
    package var at: Timestamp
    /// `uid:0`, with ` sudo:ann` where the client says so; ``relay`` for the relay itself.
    package var who: String
    /// Such as `upstream disable`, `queue drop`, `circuit`.
    package var what: String
    /// What it is about: the name of an upstream, queue IDs, or a filter.
    package var subject: String
    package var reason: String?
    /// The state of the subject before; nil if that is not one state.
    package var before: String?
    /// The state that was ordered, or has come about.
    package var after: String?

    /// Who decides what nobody has ordered.
    package static let relay = "relay"
    /// Longest text of a record, in octets; the rest is cut.
    package static let longest = 4096

    package init(
        at: Timestamp, who: String, what: String, subject: String, reason: String? = nil, before: String? = nil,
        after: String? = nil
    ) {
        self.at = at
        self.who = Self.cut(who)
        self.what = Self.cut(what)
        self.subject = Self.cut(subject)
        self.reason = reason.map(Self.cut)
        self.before = before.map(Self.cut)
        self.after = after.map(Self.cut)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > longest else { return text }
        // A character is cut off as a whole.
        let kept = (0..<4).lazy.compactMap { String(text.utf8.prefix(longest - 3 - $0)) }.first
        return (kept ?? "") + "…"
    }
}
