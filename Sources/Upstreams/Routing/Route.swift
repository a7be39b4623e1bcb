package import Mail

/// An ordered list of upstreams, and the messages that go there.
package struct Route: Hashable, Sendable {
    /// How an upstream is chosen from the list.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// The first that works.
        case priority
        /// Working upstreams in proportion to their weights.
        case weighted
        /// The one with the fewest messages in flight relative to its weight.
        case leastConnections = "least_connections"
    }

    /// When mail goes to the next upstream although this one works.
    package enum Overflow: String, Hashable, Sendable, CaseIterable {
        /// Never: it waits.
        case wait
        /// When this one's rate is used up: `max_rate`, or the reduced rate it has asked for.
        case rate
        /// Also while all its sessions are busy.
        case busy
    }

    /// Conditions a message must meet; nil means no condition. Patterns: a whole address, `@domain`, `@*.domain`, or
    /// `*` anywhere, ignoring the case of ASCII letters; `<>` for the empty sender. See ``Glob``.
    package struct Match: Hashable, Sendable {
        package var sender: String?
        package var recipient: String?
        /// The user who submitted the message; `*` for any authenticated user.
        package var user: String?
        /// `Name: pattern`; the first field of that name counts, and there must be one.
        package var header: String?

        package init(sender: String? = nil, recipient: String? = nil, user: String? = nil, header: String? = nil) {
            self.sender = sender
            self.recipient = recipient
            self.user = user
            self.header = header
        }
    }

    package var name: String
    package var match = Match()
    /// Indexes of upstreams in order of priority, without ``lastResort``.
    package var upstreams: [Int]
    package var mode = Mode.priority
    /// Whether a message whose content one upstream refuses is tried on another before it fails.
    package var failoverOnReject = false
    /// Whether a recipient or message refused for an unknown reason is tried on another upstream before it fails.
    package var secondOpinion = true
    package var overflow = Overflow.rate
    /// Upstream used only while none of the list works.
    package var lastResort: Int?
    /// Overrides the upstream's setting; nil to keep it.
    package var inDoubt: InDoubtPolicy?
    package var inDoubtHold: Duration?
    /// Whether suppressions apply to its mail.
    package var suppression = true
    /// The stream of its mail that names none; nil for that of its user, else the name of the route.
    package var stream: String?
    /// Class of its mail; nil if the mail itself decides.
    package var priority: Priority?
    /// Header fields put in front of its mail at hand-over.
    package var headers: [AddedField] = []

    package init(name: String, upstreams: [Int]) {
        self.name = name
        self.upstreams = upstreams
    }

    /// The upstreams in order, followed by the last resort.
    package var candidates: [Int] {
        upstreams + (lastResort.map { upstreams.contains($0) ? [] : [$0] } ?? [])
    }
}
