internal import Alerts
internal import Delivery
internal import Mail
internal import Outbound

/// Checks of alerts, and of those who are told.
extension ConfigurationReader {
    /// Each is looked at every second.
    private static let alertLimit = 256
    private static let notifyLimit = 32

    mutating func checkAlerts(_ draft: ConfigurationDraft) {
        checkNames(draft.alerts)
        let known = draft.alerts.sinks.map(\.name)
        checkSinks(draft.alerts.defaultNotify, known, at: ConfigurationPath.root.key("alerts").key("notify"))
        for (index, rule) in draft.alerts.own.enumerated() {
            let path = ConfigurationPath.root.key("alert").index(index)
            checkSinks(rule.notify, known, at: path.key("notify"))
            checkThreshold(rule, at: path)
            checkPlaces(rule, draft, at: path)
        }
        for (index, sink) in draft.alerts.sinks.enumerated() {
            checkKeys(of: sink, at: ConfigurationPath.root.key("notify").index(index))
        }
    }

    private mutating func checkNames(_ alerts: AlertSettings) {
        let (alert, notify) = (ConfigurationPath.root.key("alert"), ConfigurationPath.root.key("notify"))
        checkCount(alerts.own.count, Self.alertLimit, at: alert)
        checkCount(alerts.sinks.count, Self.notifyLimit, at: notify)
        var names: [String: Int] = [:]
        for (index, rule) in alerts.own.enumerated() where !rule.name.isEmpty {
            checkUnique(rule.name, in: &names, at: alert.index(index).key("name"), .error, "give each a unique name")
        }
        names = [:]
        for (index, sink) in alerts.sinks.enumerated() where !sink.name.isEmpty {
            checkUnique(sink.name, in: &names, at: notify.index(index).key("name"), .error, "give each a unique name")
        }
    }

    private mutating func checkCount(_ count: Int, _ limit: Int, at path: ConfigurationPath) {
        guard count > limit else { return }
        report(at: path.index(limit), "has \(count) entries", "keep at most \(limit)")
    }

    private mutating func checkSinks(_ names: [String], _ known: [String], at path: ConfigurationPath) {
        // A missing name is already a problem, and may be the one meant here.
        guard !failures.contains(path), !known.contains("") else { return }
        for (index, name) in names.enumerated() where !known.contains(name) {
            let nearest = Spelling.nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
            report(
                at: path.index(index), "there is no [[notify]] \"\(name)\"",
                nearest ?? "add a [[notify]] with this name, or remove it")
        }
    }

    private mutating func checkThreshold(_ rule: AlertRule, at path: ConfigurationPath) {
        let place = path.key("above")
        guard let above = rule.above, failures.isDisjoint(with: [place, path.key("when")]) else { return }
        let units = rule.kind.units
        guard !units.contains(above.unit) else { return }
        guard !units.isEmpty else {
            return report(at: place, "\(rule.kind.rawValue) compares nothing", "remove it")
        }
        let examples = units.map(\.example).joined(separator: " or ")
        report(at: place, "does not suit \(rule.kind.rawValue)", "write for example \(examples)")
    }

    private mutating func checkPlaces(
        _ rule: AlertRule, _ draft: ConfigurationDraft, at path: ConfigurationPath
    ) {
        guard !failures.contains(path.key("when")) else { return }
        let upstreams = draft.upstreams.map(\.name)
        let routes = draft.routes.map(\.name) + ["default"]
        check(rule.upstream, rule.kind.isAboutUpstreams, rule, "upstream", among: upstreams, at: path)
        check(rule.route, rule.kind.isAboutRoutes, rule, "route", among: routes, at: path)
        checkStream(rule, at: path.key("stream"))
    }

    private mutating func checkStream(_ rule: AlertRule, at place: ConfigurationPath) {
        guard rule.stream != nil, !failures.contains(place) else { return }
        guard rule.kind.isAboutStreams else {
            return report(at: place, "\(rule.kind.rawValue) is not about streams", "remove it")
        }
        guard rule.upstream != nil || rule.route != nil else { return }
        report(at: place, "an alert about an upstream or a route is about no stream", "write two alerts")
    }

    private mutating func check(
        _ name: String?, _ isFitting: Bool, _ rule: AlertRule, _ noun: String, among known: [String],
        at path: ConfigurationPath
    ) {
        let place = path.key(noun)
        guard let name, !failures.contains(place), !known.contains("") else { return }
        guard isFitting else {
            return report(at: place, "\(rule.kind.rawValue) is about the whole relay", "remove it")
        }
        guard !known.contains(name) else { return }
        let nearest = Spelling.nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
        report(
            at: place, "there is no \(noun) \"\(name)\"",
            nearest ?? "known names: " + known.prefix(8).joined(separator: ", "))
    }

    // MARK: Who is told

    private mutating func checkKeys(of sink: NotifySettings, at path: ConfigurationPath) {
        guard !failures.contains(path.key("type")) else { return }
        let given = [
            ("url", sink.url != nil), ("secret_file", sink.secretFile != nil), ("url_file", sink.urlFile != nil),
            ("routing_key_file", sink.routingKeyFile != nil), ("to", !sink.to.isEmpty),
            ("command", !sink.command.isEmpty),
        ]
        let (needed, other) = sink.kind.keys
        for (key, isGiven) in given where !failures.contains(path.key(key)) {
            if key == needed, !isGiven {
                report(at: path.key(key), "missing", "type \"\(sink.kind.rawValue)\" needs it")
            }
            if key != needed, key != other, isGiven {
                report(at: path.key(key), "is not for type \"\(sink.kind.rawValue)\"", "remove it")
            }
        }
        checkAddress(of: sink, at: path.key("url"))
        if sink.kind == .webhook { checkSecrecy(of: sink.url, at: path.key("url")) }
    }

    /// Of most names nobody knows yet where they lead: that is looked at whenever somebody is told.
    private mutating func checkAddress(of sink: NotifySettings, at path: ConfigurationPath) {
        guard let url = sink.url.flatMap({ WebURL($0) }) else { return }
        guard let problem = url.problem(allowsPrivate: sink.allowsPrivate) else { return }
        report(at: path, "the value has \(problem)", "use another, or write private = true if you mean it")
    }

    private mutating func checkSecrecy(of text: String?, at path: ConfigurationPath) {
        guard let url = text.flatMap({ WebURL($0) }), url.scheme == .http else { return }
        guard !["localhost", "::1"].contains(url.host), !url.host.hasPrefix("127.") else { return }
        report(.warning, at: path, "alerts go to \(url.host) in clear text", "use https, if the receiver has it")
    }

    /// Files that are named, once paths are whole.
    mutating func checkFiles(of sinks: [NotifySettings]) {
        for (index, sink) in sinks.enumerated() {
            let path = ConfigurationPath.root.key("notify").index(index)
            let files = [
                ("secret_file", sink.secretFile), ("url_file", sink.urlFile),
                ("routing_key_file", sink.routingKeyFile),
            ]
            for case (let key, let file?) in files {
                checkSecret(file, at: path.key(key), loss: "nobody is told this way")
            }
            if let file = sink.secretFile { checkSecrets(in: file, at: path.key("secret_file")) }
            if let file = sink.urlFile { checkURL(in: file, at: path.key("url_file")) }
        }
    }

    private mutating func checkSecrets(in file: String, at path: ConfigurationPath) {
        guard Self.hasContent(file) else { return }
        do throws(WebError) {
            _ = try SecretFile.read(file)
        } catch {
            report(
                .warning, at: path, error.message,
                "write a secret to it, such as that of \"echo whsec_$(openssl rand -base64 32)\"; until then nobody is "
                    + "told this way")
        }
    }

    private mutating func checkURL(in file: String, at path: ConfigurationPath) {
        guard Self.hasContent(file) else { return }
        do throws(WebError) {
            _ = try WebURL(parsing: try SecretFile.line(file))
        } catch {
            let problem = error.message.hasPrefix(file) ? error.message : "the URL in \(file) \(error.message)"
            report(
                .warning, at: path, problem,
                "write the URL of the incoming webhook to it; until then nobody is told this way")
        }
    }

    /// What has none is a problem already.
    private static func hasContent(_ file: String) -> Bool {
        guard let octets = try? RegularFile.read(file, limit: 1 << 16) else { return false }
        return !SecretText.trimmed(octets).isEmpty
    }
}

extension AlertThreshold.Unit {
    /// As in relay.conf.
    fileprivate var example: String {
        switch self {
        case .duration: "\"15m\""
        case .count: "1000"
        case .percent: "\"10%\""
        case .octets: "\"5GiB\""
        }
    }
}

extension NotifySettings.Kind {
    /// The key that it needs, and one that it may have.
    fileprivate var keys: (needed: String, other: String?) {
        switch self {
        case .webhook: ("url", "secret_file")
        case .slack: ("url_file", nil)
        case .pagerduty: ("routing_key_file", "url")
        case .email: ("to", nil)
        case .command: ("command", nil)
        }
    }
}
