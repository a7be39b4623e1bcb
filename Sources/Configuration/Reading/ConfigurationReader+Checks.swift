internal import Alerts
internal import Mail
internal import Delivery
internal import History
internal import Ingress
internal import Probing
internal import Spool

/// Checks across keys: values that contradict each other or are probably not intended.
extension ConfigurationReader {
    /// Capacity of `UpstreamSet` in Delivery.
    private static let upstreamLimit = 64
    /// `min_free_space` below this gets a warning.
    private static let littleFreeSpace = 64 << 20

    mutating func check(_ draft: ConfigurationDraft) {
        checkUpstreams(draft)
        checkListeners(draft.listeners)
        check(draft.users)
        checkRewrites(draft.rewrites)
        checkRoutes(draft)
        checkPaces(draft.paces)
        checkStreams(draft.streams)
        checkSecurity(draft)
        checkAdmin(draft)
        checkAlerts(draft)
        checkCluster(draft.cluster)
        for (index, listener) in draft.listeners.enumerated() {
            checkAccess(listener, at: ConfigurationPath.root.key("listener").index(index))
            checkProxies(listener, at: ConfigurationPath.root.key("listener").index(index).key("proxy_protocol"))
        }
        checkOrder(
            "circuit", "open_duration", draft.circuit.openDuration, "max_open_duration", draft.circuit.maxOpenDuration)
        checkRetries(draft.retry)
        checkWeights(draft.priority)
        checkHistory(draft.history)
        checkWebhooks(draft)
        checkRoundTrips(draft)
        checkRefreshTokens(draft)
        if draft.hostname == nil, !failures.contains(.root.key("hostname")), !Machine.name.contains(".") {
            report(
                .warning, at: .root.key("hostname"), "the machine's name \"\(Machine.name)\" is not fully qualified",
                "set hostname, because some upstreams refuse an EHLO name without a dot")
        }
    }

    /// Checks that need the defaults in place.
    mutating func check(_ configuration: RelayConfiguration) {
        checkCertificates(configuration.ingress.listeners)
        checkAdminCertificate(configuration.http)
        checkRoom(configuration.spool)
        checkFiles(of: configuration.alerts.sinks)
        if let cluster = configuration.cluster { checkFiles(of: cluster) }
        for (index, upstream) in configuration.delivery.upstreams.enumerated() {
            checkFiles(of: upstream, at: ConfigurationPath.root.key("upstream").index(index))
            checkSource(of: upstream, at: ConfigurationPath.root.key("upstream").index(index))
        }
        for (index, webhook) in configuration.webhooks.enumerated() {
            checkFiles(of: webhook, at: ConfigurationPath.root.key("webhook").index(index))
        }
        for (index, trip) in configuration.roundTrips.enumerated() {
            checkFiles(of: trip.mailbox, at: ConfigurationPath.root.key("round_trip").index(index).key("mailbox"))
        }
        let octets = configuration.adminSocket.utf8.count
        guard octets > 107 else { return }
        report(
            at: .root.key("admin").key("socket"), "the path has \(octets) octets; a socket path may have 107",
            "shorten it, for example to \"/run/posthorse/admin.sock\"")
    }

    private mutating func checkHistory(_ history: HistorySettings) {
        guard history.content, history.addresses == .hashed else { return }
        report(
            .warning, at: .root.key("history").key("content"),
            "the content names the addresses that addresses = \"hashed\" hides", "keep the one or the other")
    }

    private mutating func checkRetries(_ retry: RetrySettings) {
        checkOrder("retry", "initial", retry.initial, "max", retry.max)
        checkOrder("retry", "initial", retry.initial, "expire_after", retry.expireAfter)
        checkWarning(retry, at: .root.key("retry"))
        for priority in [Priority.high, .bulk] {
            let (own, path) = (retry.settings(for: priority), ConfigurationPath.root.key("retry").key(priority.name))
            if own.warnAfter != retry.warnAfter || own.expireAfter != retry.expireAfter { checkWarning(own, at: path) }
            guard own.initial > own.max || own.initial > own.expireAfter,
                retry.initial <= retry.max, retry.initial <= retry.expireAfter
            else { continue }
            report(
                at: path, "initial = \"\(DurationText.format(own.initial))\" is longer than max or expire_after",
                "what the table leaves out is as in [retry]: set all three")
        }
    }

    private mutating func checkWeights(_ weights: ClassWeights) {
        let classes = [("high", weights.high), ("normal", weights.normal), ("bulk", weights.bulk)]
        let path = ConfigurationPath.root.key("priority")
        for ((upper, more), (lower, less)) in zip(classes, classes.dropFirst())
        where more < less && failures.isDisjoint(with: [path.key(upper), path.key(lower)]) {
            report(
                at: path.key(upper), "\(more) is less than \(lower) (\(less))",
                "increase this one or decrease the other")
        }
    }

    private mutating func checkWarning(_ retry: RetrySettings, at path: ConfigurationPath) {
        guard retry.warnAfter > .zero, retry.warnAfter >= retry.expireAfter else { return }
        let (warn, expire) = (DurationText.format(retry.warnAfter), DurationText.format(retry.expireAfter))
        report(
            .warning, at: path.key("warn_after"),
            "nobody is ever told of a delay: mail expires after \(expire), before warn_after (\(warn))",
            "decrease warn_after, or write \"none\"")
    }

    private mutating func checkRoom(_ spool: SpoolSettings) {
        guard spool.minFreeSpace < Self.littleFreeSpace else { return }
        report(
            .warning, at: .root.key("spool").key("min_free_space"),
            "another program can take \(SizeText.format(spool.minFreeSpace)) before mail is refused",
            "write \"\(SizeText.format(Self.littleFreeSpace))\" or more, unless the disk is small")
    }

    private mutating func checkUpstreams(_ draft: ConfigurationDraft) {
        let path = ConfigurationPath.root.key("upstream")
        guard !draft.upstreams.isEmpty else {
            if !failures.contains(path) {
                report(at: path, "missing", "add an [[upstream]] with a name and an address")
            }
            return
        }
        if draft.upstreams.count > Self.upstreamLimit {
            report(
                at: path.index(Self.upstreamLimit), "has \(draft.upstreams.count) entries",
                "keep at most \(Self.upstreamLimit)")
        }
        var names: [String: Int] = [:]
        var addresses: [HostAndPort: Int] = [:]
        for (index, upstream) in draft.upstreams.enumerated() {
            let path = path.index(index)
            if !upstream.name.isEmpty {
                checkUnique(upstream.name, in: &names, at: path.key("name"), .error, "give each upstream a unique name")
            }
            if upstream.port != 0 {
                checkUnique(
                    upstream.address, in: &addresses, at: path.key("address"), .warning,
                    "upstreams at the same address fail together")
                checkLoop(upstream, draft.listeners.isEmpty ? [ConfigurationDraft.listener] : draft.listeners, at: path)
            }
            checkPatience(upstream, at: path)
            checkTLS(upstream, at: path)
            checkConnections(upstream, at: path)
            checkAccount(upstream, at: path)
            checkOAuth(upstream.oauth, at: path.key("oauth2"))
            checkRules(upstream.rules, at: path.key("rule"))
        }
    }

    /// Names must be unique and must not occur in relay.conf.
    mutating func check(_ users: [UserSettings], taken: Set<String> = []) {
        var names: [String: Int] = [:]
        for (index, user) in users.enumerated() where !user.name.isEmpty {
            let path = ConfigurationPath.root.key("user").index(index).key("name")
            if taken.contains(user.name) {
                report(at: path, "\"\(user.name)\" is already a user in relay.conf", "remove one of the two")
            }
            checkUnique(user.name, in: &names, at: path, .error, "give each user a unique name")
            checkStream(ofNamed: user.name, user.stream, at: path)
        }
    }

    mutating func checkUnique<Value: Hashable>(
        _ value: Value, in seen: inout [Value: Int], at path: ConfigurationPath,
        _ severity: ConfigurationProblem.Severity, _ remedy: String
    ) {
        let line = lines.line(of: path) ?? 0
        if let first = seen[value] {
            report(severity, at: path, "\"\(value)\" is already used on line \(first)", remedy)
        } else {
            seen[value] = line
        }
    }

    private mutating func checkLoop(
        _ upstream: UpstreamSettings, _ listeners: [ListenerSettings], at path: ConfigurationPath
    ) {
        let isLoop = listeners.contains { listener in
            guard listener.port == upstream.port else { return false }
            if listener.host == upstream.host { return true }
            let isHere = upstream.host == "localhost" || IPAddress(upstream.host)?.isLoopback == true
            guard isHere, let address = IPAddress(listener.host) else { return false }
            return address.isUnspecified || upstream.host == "localhost" && address.isLoopback
        }
        guard isLoop else { return }
        report(
            at: path.key("address"), "\"\(upstream.address)\" is a listener of this relay itself",
            "use the address of another server, or mail would loop")
    }

    private mutating func checkPatience(_ upstream: UpstreamSettings, at path: ConfigurationPath) {
        let places = [path.key("patience"), path.key("command_timeout")]
        guard upstream.patience > upstream.commandTimeout, failures.isDisjoint(with: places) else { return }
        report(
            .warning, at: places[0],
            "\(DurationText.format(upstream.patience)) is more than command_timeout "
                + "(\(DurationText.format(upstream.commandTimeout)))",
            "reduce it; as it stands, patience never ends an attempt")
    }

    private mutating func checkOrder(
        _ table: String, _ lower: String, _ low: Duration, _ upper: String, _ high: Duration
    ) {
        let path = ConfigurationPath.root.key(table)
        guard low > high, failures.isDisjoint(with: [path.key(lower), path.key(upper)]) else { return }
        report(
            at: path.key(lower), "\(DurationText.format(low)) is more than \(upper) (\(DurationText.format(high)))",
            "decrease this one or increase the other")
    }
}
