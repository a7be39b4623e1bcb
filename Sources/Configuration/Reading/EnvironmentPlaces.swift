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

    /// Whether the value there, or a part of it, comes from the environment.
    func contains(_ path: ConfigurationPath) -> Bool { paths.contains(path) }

    /// The value of a key is that of another configuration.
    mutating func take(_ path: ConfigurationPath, from other: EnvironmentPlaces) {
        if other.contains(path) { add(path) } else { paths.remove(path) }
    }
}
