/// What determines a message's route besides its envelope and its user; stored with the message, whose content may not
/// be at hand when it is routed.
public struct RoutingFacts: Hashable, Sendable {
    /// The route named in the settings of the message's user; nil if none.
    public var route: String?
    /// Values of the header fields that routes or upstreams use, by name in lower case; only the first field of a name,
    /// unfolded, at most 256 octets.
    public var headers: [String: String]

    /// Host names, in lower case, of the Posthorse relays that have carried the message, most recent first; it is not
    /// handed back to them.
    public var relays: [String]

    /// Names, in lower case, of the fields that have been looked for because relay.conf adds them (``AddedField``): such a
    /// field that is not among ``headers`` is not in the message.
    public var sought: [String]

    /// What the message itself says it belongs to, else the settings of its user; nil if neither does (``StreamName``).
    public var stream: String?

    /// nil unless it is a probe.
    public var probe: ProbeMark?

    public static let none = RoutingFacts()

    public init(
        route: String? = nil, headers: [String: String] = [:], relays: [String] = [], sought: [String] = [],
        stream: String? = nil, probe: ProbeMark? = nil
    ) {
        self.route = route
        self.headers = headers
        self.relays = relays
        self.sought = sought
        self.stream = stream
        self.probe = probe
    }
}
