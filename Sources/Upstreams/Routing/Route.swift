/// An ordered list of upstreams, and which messages go there.
package struct Route: Hashable, Sendable {
    /// How one of the list is chosen.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// The first that works.
        case priority
        /// Those that work, in proportion to their weights.
        case weighted
        /// The one with the fewest messages under way, by weight.
        case leastConnections = "least_connections"
    }

    /// When mail goes on to the next upstream although this one works.
    package enum Overflow: String, Hashable, Sendable, CaseIterable {
        /// Never: it waits.
        case wait
        /// When this one's rate is used up: `max_rate`, or what it has slowed us down to.
        case rate
        /// Also while all its sessions are busy.
        case busy
    }

    /// What a message must be for this route, all of it; nil asks nothing. Patterns: a whole address, `@domain`, `@*.domain`, or
    /// `*` anywhere, without regard to the case of ASCII letters; `<>` for the empty sender. See ``Glob``.
    package struct Match: Hashable, Sendable {
        package var sender: String?
        package var recipient: String?
        /// The user who handed the message in; `*` for any, as long as there is one.
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
    /// Indexes of upstreams, in order of priority; without ``lastResort``.
    package var upstreams: [Int]
    package var mode = Mode.priority
    /// Whether a message whose content one upstream refuses is shown to another before it has failed.
    package var failoverOnReject = false
    /// Whether a recipient or message that one upstream refuses for an unknown reason is shown to another before it has
    /// failed.
    package var secondOpinion = true
    package var overflow = Overflow.rate
    /// The upstream that is used only while none of the list works.
    package var lastResort: Int?
    /// Instead of what the upstream says; nil where it decides.
    package var inDoubt: InDoubtPolicy?
    package var inDoubtHold: Duration?

    package init(name: String, upstreams: [Int]) {
        self.name = name
        self.upstreams = upstreams
    }

    /// The upstreams in order, the last resort at the end.
    package var candidates: [Int] {
        upstreams + (lastResort.map { upstreams.contains($0) ? [] : [$0] } ?? [])
    }
}
