internal import Access
internal import Alerts
internal import Delivery
internal import Ingress
internal import Notices
internal import Upstreams
internal import Webhooks

/// All settings of a relay.conf, for comparison with a later reading: files with the same meaning are equal, however
/// they are written.
package struct ConfigurationSnapshot: Hashable, Sendable {
    /// A table, with the values of its keys in the order of the reference page.
    private struct Table: Hashable {
        let section: String
        /// nil for a table that occurs once.
        let name: String?
        let values: [KeyValue]
        /// The values that it has without being written.
        let defaults: [KeyValue]

        var id: String { "\(section) \(name ?? "")" }

        /// The keys that have other values than the defaults.
        var shown: String? {
            let text = zip(values, defaults).filter { $0.text != $1.text }.map(\.0).listed(\.shown)
            return text.isEmpty ? nil : text
        }

        func key(_ name: String) -> String { section.isEmpty ? name : "\(section).\(name)" }
    }

    private var tables: [Table] = []
    /// With the words of the file that relay.conf names.
    private let notices: NoticeSettings

    /// The order of these matters.
    private static let ordered = [
        Schema.listener.name, Schema.rewrite.name, Schema.upstream.name, Schema.route.name, Schema.pace.name,
        Schema.stream.name,
    ]

    package init(_ configuration: RelayConfiguration) {
        notices = configuration.delivery.notices
        let (draft, places) = (ConfigurationDraft(configuration), configuration.environmentPlaces)
        add(Schema.root, draft, places)
        add(Schema.spool, draft, places)
        add(Schema.listener, draft.listeners, places) { "\($0.address)" }
        add(Schema.user, draft.users, places, name: \.name)
        add(Schema.user, configuration.ingress.usersOfFile, configuration.usersFilePlaces, name: \.name)
        add(Schema.rewrite, draft.rewrites, places) { "\($0.field.rawValue) \($0.match)" }
        add(Schema.upstream, draft.upstreams, places, name: \.name)
        add(Schema.route, draft.routes, places, name: \.name)
        add(Schema.pace, draft.paces, places, name: \.name)
        add(Schema.stream, draft.streams, places, name: \.name)
        for section in Schema.tables where section.name != Schema.spool.name { add(section, draft, places) }
        add(Schema.webhook, draft.webhooks, places, name: \.name)
        add(Schema.roundTrip, draft.roundTrips, places, name: \.name)
        add(Schema.alert, draft.alerts.own, places, name: \.name)
        add(Schema.notify, draft.alerts.sinks, places, name: \.name)
        add(Schema.adminToken, draft.http.tokens, places, name: \.name)
    }

    private mutating func add(
        _ section: Section<ConfigurationDraft>, _ draft: ConfigurationDraft, _ places: EnvironmentPlaces
    ) {
        // Tokens are tables of their own.
        let values = section.values(draft).filter { section.name != Schema.admin.name || $0.key != "token" }
            .discreet(places, at: .root.keys(section.name))
        tables.append(Table(section: section.name, name: nil, values: values, defaults: []))
    }

    private mutating func add<Root>(
        _ section: Section<Root>, _ list: [Root], _ places: EnvironmentPlaces, name: (Root) -> String
    ) {
        let defaults = section.values(section.prototype)
        var seen: [String: Int] = [:]
        for (index, element) in list.enumerated() {
            // Only listeners at port 0 may have the same name.
            let count = seen[name(element), default: 0] + 1
            seen[name(element)] = count
            let unique = name(element) + (count > 1 ? " #\(count)" : "")
            let values = section.values(element).discreet(places, at: .root.keys(section.name).index(index))
            tables.append(Table(section: section.name, name: unique, values: values, defaults: defaults))
        }
    }

    private func names(of section: String) -> [String] {
        tables.compactMap { $0.section == section ? $0.name : nil }
    }

    // MARK: Comparison

    /// The differences in a later reading, in the order of the reference page.
    package func changes(in other: ConfigurationSnapshot) -> [ConfigurationChange] {
        let (before, after) = (Self.byID(tables), Self.byID(other.tables))
        let all = tables + other.tables.filter { before[$0.id] == nil }
        let changes = all.flatMap { Self.changes(from: before[$0.id], to: after[$0.id]) }
        return changes + noticeChange(in: other) + Self.ordered.compactMap { reordering(of: $0, in: other) }
    }

    private static func byID(_ tables: [Table]) -> [String: Table] {
        Dictionary(tables.map { ($0.id, $0) }) { first, _ in first }
    }

    private static func changes(from before: Table?, to after: Table?) -> [ConfigurationChange] {
        guard let before, let after else {
            guard let table = before ?? after else { return [] }
            return [
                ConfigurationChange(
                    table.section, of: table.name, before == nil ? .added : .removed, before: before?.shown,
                    after: after?.shown)
            ]
        }
        return zip(before.values, after.values).compactMap { former, latter in
            guard former.text != latter.text else { return nil }
            var change = ConfigurationChange(
                before.key(former.key), of: before.name, .changed, before: former.shown, after: latter.shown)
            change.needsRestart = former.needsRestart
            return change
        }
    }

    /// The words of notices, which are in a file of their own.
    private func noticeChange(in other: ConfigurationSnapshot) -> [ConfigurationChange] {
        let (before, after) = (notices.template, other.notices.template)
        let key = Schema.bounce.name + ".template_file"
        let path = tables.first { $0.section == Schema.bounce.name }?.values.first { $0.key == "template_file" }
        let latest = other.tables.first { $0.section == Schema.bounce.name }?.values.first { $0.key == path?.key }
        guard before != after, path?.text == latest?.text else { return [] }
        return [ConfigurationChange(key, .changed, before: path?.shown, after: path?.shown)]
    }

    /// The order of those that are in both.
    private func reordering(of section: String, in other: ConfigurationSnapshot) -> ConfigurationChange? {
        let (before, after) = (names(of: section), other.names(of: section))
        guard before.filter(after.contains) != after.filter(before.contains) else { return nil }
        return ConfigurationChange(
            section, .reordered, before: before.joined(separator: ", "), after: after.joined(separator: ", "))
    }
}

extension [KeyValue] {
    /// Without what environment variables hold.
    ///
    /// - Parameter path: of their table.
    fileprivate func discreet(_ places: EnvironmentPlaces, at path: ConfigurationPath) -> [KeyValue] {
        map { places.contains(path.keys($0.key)) ? $0.fromEnvironment : $0 }
    }
}

extension ConfigurationPath {
    /// The place of `high.initial`, say, from here.
    fileprivate func keys(_ names: String) -> ConfigurationPath {
        names.split(separator: ".").reduce(self) { $0.key(String($1)) }
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
        rewrites = configuration.ingress.rewrites
        login = configuration.ingress.login
        limits = configuration.ingress.limits
        upstreams = configuration.delivery.upstreams
        routes = configuration.delivery.routes
        paces = configuration.delivery.paces
        streams = configuration.delivery.streams
        circuit = configuration.delivery.circuit
        recovery = configuration.delivery.recovery
        health = configuration.delivery.health
        retry = configuration.delivery.retry
        priority = configuration.delivery.priority
        suppression = configuration.delivery.suppression
        notices = configuration.delivery.notices
        noticeTemplateFile = configuration.noticeTemplateFile
        history = configuration.history
        webhooks = configuration.webhooks
        roundTrips = configuration.roundTrips.map(RoundTripDraft.init)
        adminSocket = configuration.adminSocket
        adminGroup = configuration.adminGroup
        http = configuration.http
        let addresses = http.addresses.map { HostAndPort(host: $0.host, port: $0.port) }
        httpAddresses = addresses.isEmpty ? nil : addresses
        reload = configuration.reload
        cluster.database = configuration.cluster?.database
        cluster.passwordFile = configuration.cluster?.passwordFile
        cluster.node = configuration.cluster?.node
        alerts = configuration.alerts
        log = configuration.log
    }
}
