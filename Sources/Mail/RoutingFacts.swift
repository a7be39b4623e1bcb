/// What decides a message's route beside its envelope and its user; kept with the message, since its content may be far
/// when a route is looked for.
public struct RoutingFacts: Hashable, Sendable {
    /// The route that the settings of the message's user name; nil where they name none.
    public var route: String?
    /// Values of those header fields that routes or upstreams look at, by name in lower case; the first field of a name
    /// counts, unfolded, at most 256 octets.
    public var headers: [String: String]

    /// Host names, in lower case, of the relays of our own kind that have carried the message, the last one first; it is not
    /// handed back to them.
    public var relays: [String]

    public static let none = RoutingFacts()

    public init(route: String? = nil, headers: [String: String] = [:], relays: [String] = []) {
        self.route = route
        self.headers = headers
        self.relays = relays
    }
}
