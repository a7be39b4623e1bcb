internal import Upstreams

/// What is different about an upstream in a new relay.conf.
struct UpstreamChange: OptionSet, Hashable {
    let rawValue: Int

    /// Something that a session is opened with: those that are open finish what they have, and new ones take their place.
    static let sessions = UpstreamChange(rawValue: 1 << 0)
    /// Its host or port: nothing is known of its addresses any more.
    static let address = UpstreamChange(rawValue: 1 << 1)
    /// Its address, TLS, account or source address: whether it works is to be found out anew.
    static let means = UpstreamChange(rawValue: 1 << 2)
}

/// How the upstreams of one relay.conf become those of the next. The same name is the same upstream, whatever else is
/// different.
struct UpstreamReload: Equatable {
    /// In order of priority.
    let added: [UpstreamSettings]
    /// Names, in their former order.
    let removed: [String]
    /// Those that are in both, by name; empty for one that is as it was.
    let kept: [String: UpstreamChange]

    init(from old: DeliverySettings, to new: DeliverySettings) {
        let before = Dictionary(old.upstreams.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let names = Set(new.upstreams.map(\.name))
        // Every session says the relay's name, and has its time for a final dot.
        let ofAll: UpstreamChange =
            old.hostname == new.hostname && old.circuit.latencyThreshold == new.circuit.latencyThreshold
            ? [] : .sessions
        added = new.upstreams.filter { before[$0.name] == nil }
        removed = old.upstreams.map(\.name).filter { !names.contains($0) }
        kept = Dictionary(
            new.upstreams.compactMap { next in
                before[next.name].map { (next.name, $0.change(to: next).union(ofAll)) }
            }, uniquingKeysWith: { first, _ in first })
    }
}

extension UpstreamSettings {
    /// What is different in its next settings.
    func change(to next: UpstreamSettings) -> UpstreamChange {
        var change: UpstreamChange = []
        if host != next.host || port != next.port { change.formUnion([.address, .means, .sessions]) }
        if access != next.access { change.formUnion([.means, .sessions]) }
        if opening != next.opening { change.formUnion(.sessions) }
        return change
    }

    /// Everything but what applies to open sessions, and to what is decided outside of them.
    private var opening: UpstreamSettings {
        let common = UpstreamSettings(name: name, host: host, port: port)
        var opening = self
        opening.maxConnections = common.maxConnections
        opening.autoMax = common.autoMax
        opening.maxMessagesPerConnection = common.maxMessagesPerConnection
        opening.maxRate = common.maxRate
        opening.quota = common.quota
        opening.quotaTimezone = common.quotaTimezone
        opening.quotaWarn = common.quotaWarn
        opening.weight = common.weight
        opening.canary = common.canary
        opening.rules = common.rules
        opening.inDoubt = common.inDoubt
        opening.inDoubtHold = common.inDoubtHold
        opening.pipelining = common.pipelining
        opening.headers = common.headers
        opening.sender = common.sender
        return opening
    }

    /// TLS, the account, and where it is reached from.
    private var access: UpstreamSettings {
        var access = UpstreamSettings(name: name, host: "", port: 0)
        access.tls = tls
        access.tlsVerify = tlsVerify
        access.caFile = caFile
        access.tlsName = tlsName
        access.username = username
        access.password = password
        access.passwordFile = passwordFile
        access.passwordCredential = passwordCredential
        access.tokenFile = tokenFile
        access.oauth = oauth
        access.authWithoutTLS = authWithoutTLS
        access.mechanism = mechanism
        access.sourceAddress = sourceAddress
        return access
    }
}
