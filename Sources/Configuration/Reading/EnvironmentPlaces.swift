/// The places of relay.conf, or of a users file, whose values come from the environment, at least in part. Such a value may
/// be a secret, and is shown to nobody.
package struct EnvironmentPlaces: Hashable, Sendable {
    private var paths: Set<ConfigurationPath> = []

    /// Adds a place, and whatever it is part of.
    mutating func add(_ path: ConfigurationPath) {
        var next: ConfigurationPath? = path
        while let path = next, paths.insert(path).inserted { next = path.parent }
    }

    /// The admin socket is in the data directory.
    mutating func addSocket() {
        if contains(.root.key("spool").key("path")) { add(.root.key("admin").key("socket")) }
    }

    /// The node has the relay's name.
    mutating func addNode() {
        if contains(.root.key("hostname")) { add(.root.key("cluster").key("node")) }
    }

    /// Addresses of round trips that are not written may be those of other keys.
    mutating func addAddresses(of trips: [RoundTripDraft]) {
        let root = ConfigurationPath.root
        let isAuthorHidden = contains(root.key("hostname")) || contains(root.key("bounce").key("from"))
        for (index, trip) in trips.enumerated() {
            let path = root.key("round_trip").index(index)
            if trip.sender == nil, isAuthorHidden { add(path.key("sender")) }
            if trip.recipient == nil, contains(path.key("mailbox").key("username")) { add(path.key("recipient")) }
        }
    }

    /// Whether the value there, or a part of it, comes from the environment.
    func contains(_ path: ConfigurationPath) -> Bool { paths.contains(path) }

    /// The value of a key is that of another configuration.
    mutating func take(_ path: ConfigurationPath, from other: EnvironmentPlaces) {
        if other.contains(path) { add(path) } else { paths.remove(path) }
    }
}
