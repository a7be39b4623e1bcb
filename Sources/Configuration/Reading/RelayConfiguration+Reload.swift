internal import Access
internal import Spool

extension RelayConfiguration {
    /// What a running relay becomes when it reads `other`: the same, but for what only a restart changes.
    package func reloaded(_ other: RelayConfiguration) -> RelayConfiguration {
        var result = other
        result.threads = threads
        result.spool.path = spool.path
        result.adminSocket = adminSocket
        result.adminGroup = adminGroup
        result.cluster = cluster
        let admin = ConfigurationPath.root.key("admin")
        result.takePlaces([.root.key("spool").key("path"), admin.key("socket"), admin.key("socket_group")], from: self)
        let keys = ["database", "password_file", "node"]
        result.takePlaces(keys.map { .root.key("cluster").key($0) }, from: self)
        guard keepsCertificate(in: other) else { return result }
        result.http.addresses = http.addresses
        result.http.certificates = http.certificates
        result.http.privateKeys = http.privateKeys
        result.takePlaces(["http", "certificate", "private_key"].map { admin.key($0) }, from: self)
        return result
    }

    /// The values there are those of `other`.
    private mutating func takePlaces(_ paths: [ConfigurationPath], from other: RelayConfiguration) {
        for path in paths { environmentPlaces.take(path, from: other.environmentPlaces) }
    }

    /// The differences in a later reading, with those marked that only a restart brings into force.
    package func changes(in other: RelayConfiguration) -> [ConfigurationChange] {
        let changes = ConfigurationSnapshot(self).changes(in: ConfigurationSnapshot(other))
        guard keepsCertificate(in: other) else { return changes }
        return changes.map { change in
            var change = change
            if change.key == "admin.certificate" || change.key == "admin.private_key" { change.needsRestart = true }
            return change
        }
    }

    /// Whether the API stays as encrypted as it is: what relay.conf says about certificates is for its addresses.
    private func keepsCertificate(in other: RelayConfiguration) -> Bool {
        http.addresses != other.http.addresses || (http.tls == nil) != (other.http.tls == nil)
    }
}
