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

    public static let none = RoutingFacts()

    public init(route: String? = nil, headers: [String: String] = [:], relays: [String] = []) {
        self.route = route
        self.headers = headers
        self.relays = relays
    }
}
