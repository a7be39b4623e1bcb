internal import Delivery
internal import Ingress

/// All settings of a relay.conf, for comparison with a later reading: files with the same meaning are equal, however
/// they are written.
package struct ConfigurationSnapshot: Hashable, Sendable {
    /// Keys and values by table, such as `retry` or `upstream ses`; the keys before the first table are under "".
    private var tables: [String: [String: String]] = [:]
    /// Names of the upstreams and routes, because their order matters.
    private var orders: [String: [String]] = [:]

    package init(_ configuration: RelayConfiguration) {
        let draft = ConfigurationDraft(configuration)
        for section in [Schema.root] + Schema.tables { tables[section.name] = section.texts(draft) }
        add(Schema.listener, draft.listeners) { "\($0.address)" }
        add(Schema.user, draft.users, name: \.name)
        add(Schema.upstream, draft.upstreams, name: \.name)
        add(Schema.route, draft.routes, name: \.name)
        orders[Schema.upstream.name] = draft.upstreams.map(\.name)
        orders[Schema.route.name] = draft.routes.map(\.name)
    }

    private mutating func add<Root>(_ section: Section<Root>, _ list: [Root], name: (Root) -> String) {
        for element in list { tables["\(section.name) \(name(element))"] = section.texts(element) }
    }

    /// The differences in a later reading, such as `retry.max`, `upstream ses: address, tls`, `upstream mg: added`.
    package func changes(in other: ConfigurationSnapshot) -> [String] {
        let names = Set(tables.keys).union(other.tables.keys).sorted()
        return names.flatMap { changes(of: $0, in: other) }
            + orders.keys.sorted().filter { isReordered($0, in: other) }
            .map { "\($0): order" }
    }

    private func changes(of table: String, in other: ConfigurationSnapshot) -> [String] {
        guard let before = tables[table] else { return ["\(table): added"] }
        guard let after = other.tables[table] else { return ["\(table): removed"] }
        let keys = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
        guard !keys.isEmpty, table.contains(" ") else { return keys.map { table.isEmpty ? $0 : "\(table).\($0)" } }
        return ["\(table): \(keys.joined(separator: ", "))"]
    }

    /// Whether the elements in both are in a different order.
    private func isReordered(_ section: String, in other: ConfigurationSnapshot) -> Bool {
        let (before, after) = (orders[section] ?? [], other.orders[section] ?? [])
        return before.filter(after.contains) != after.filter(before.contains)
    }
}

extension ConfigurationDraft {
    /// The settings that a configuration was built from, with every default filled in.
    fileprivate init(_ configuration: RelayConfiguration) {
        hostname = configuration.hostname
        threads = configuration.threads
        stopGrace = configuration.stopGrace
        spool = configuration.spool
        usersFile = configuration.usersFile
        listeners = configuration.ingress.listeners
        users = configuration.ingress.users
        login = configuration.ingress.login
        limits = configuration.ingress.limits
        upstreams = configuration.delivery.upstreams
        routes = configuration.delivery.routes
        circuit = configuration.delivery.circuit
        recovery = configuration.delivery.recovery
        health = configuration.delivery.health
        retry = configuration.delivery.retry
        notices = configuration.delivery.notices
        noticeTemplateFile = configuration.noticeTemplateFile
        adminSocket = configuration.adminSocket
        adminGroup = configuration.adminGroup
        log = configuration.log
    }
}
