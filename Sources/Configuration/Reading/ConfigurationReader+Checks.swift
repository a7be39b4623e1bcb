internal import Delivery
internal import Ingress

/// What no single key can tell: values that contradict each other or are probably not meant.
extension ConfigurationReader {
    /// `UpstreamSet` of the delivery holds so many.
    private static let upstreamLimit = 64

    mutating func check(_ draft: ConfigurationDraft) {
        checkUpstreams(draft)
        checkListeners(draft.listeners)
        check(draft.users)
        checkRoutes(draft)
        checkSecurity(draft)
        for (index, listener) in draft.listeners.enumerated() {
            checkAccess(listener, at: ConfigurationPath.root.key("listener").index(index))
            checkProxies(listener, at: ConfigurationPath.root.key("listener").index(index).key("proxy_protocol"))
        }
        checkOrder(
            "circuit", "open_duration", draft.circuit.openDuration, "max_open_duration", draft.circuit.maxOpenDuration)
        checkOrder("retry", "initial", draft.retry.initial, "max", draft.retry.max)
        checkOrder("retry", "initial", draft.retry.initial, "expire_after", draft.retry.expireAfter)
        if draft.hostname == nil, !failures.contains(.root.key("hostname")), !Machine.name.contains(".") {
            report(
                .warning, at: .root.key("hostname"), "the machine's name \"\(Machine.name)\" is no full domain name",
                "set hostname, since some upstreams refuse an EHLO without a dot")
        }
    }

    /// What can be judged only when the defaults are in place.
    mutating func check(_ configuration: RelayConfiguration) {
        checkCertificates(configuration.ingress.listeners)
        for (index, upstream) in configuration.delivery.upstreams.enumerated() {
            checkFiles(of: upstream, at: ConfigurationPath.root.key("upstream").index(index))
        }
        let octets = configuration.adminSocket.utf8.count
        guard octets > 107 else { return }
        report(
            at: .root.key("admin").key("socket"), "the path has \(octets) octets, a socket's may have 107",
            "write a shorter one, such as \"/run/posthorse/admin.sock\"")
    }

    private mutating func checkUpstreams(_ draft: ConfigurationDraft) {
        let path = ConfigurationPath.root.key("upstream")
        guard !draft.upstreams.isEmpty else {
            if !failures.contains(path) {
                report(at: path, "missing", "add [[upstream]] with a name and an address, since mail must go somewhere")
            }
            return
        }
        if draft.upstreams.count > Self.upstreamLimit {
            report(
                at: path.index(Self.upstreamLimit), "there are \(draft.upstreams.count) upstreams",
                "keep at most \(Self.upstreamLimit)")
        }
        var names: [String: Int] = [:]
        var addresses: [HostAndPort: Int] = [:]
        for (index, upstream) in draft.upstreams.enumerated() {
            let path = path.index(index)
            if !upstream.name.isEmpty {
                checkUnique(upstream.name, in: &names, at: path.key("name"), .error, "give each upstream its own name")
            }
            if upstream.port != 0 {
                checkUnique(
                    upstream.address, in: &addresses, at: path.key("address"), .warning,
                    "two upstreams in one place fail together")
                checkLoop(upstream, draft.listeners.isEmpty ? [ConfigurationDraft.listener] : draft.listeners, at: path)
            }
            checkPatience(upstream, at: path)
            checkTLS(upstream, at: path)
            checkAccount(upstream, at: path)
            checkRules(upstream.rules, at: path.key("rule"))
        }
    }

    /// Each name once, and none of those that are taken by relay.conf.
    mutating func check(_ users: [UserSettings], taken: Set<String> = []) {
        var names: [String: Int] = [:]
        for (index, user) in users.enumerated() where !user.name.isEmpty {
            let path = ConfigurationPath.root.key("user").index(index).key("name")
            if taken.contains(user.name) {
                report(at: path, "\"\(user.name)\" is a user of relay.conf", "remove one of the two")
            }
            checkUnique(user.name, in: &names, at: path, .error, "give each user a name of their own")
        }
    }

    mutating func checkUnique<Value: Hashable>(
        _ value: Value, in seen: inout [Value: Int], at path: ConfigurationPath,
        _ severity: ConfigurationProblem.Severity, _ remedy: String
    ) {
        let line = lines.line(of: path) ?? 0
        if let first = seen[value] {
            report(severity, at: path, "\"\(value)\" is already used in line \(first)", remedy)
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
            let hears = IPAddress(listener.host).map { $0.isAny || upstream.host == "localhost" && $0.isLoopback }
            return isHere && hears == true
        }
        guard isLoop else { return }
        report(
            at: path.key("address"), "\"\(upstream.address)\" is a listener of this relay",
            "write the address of another server, or mail would go in a circle")
    }

    private mutating func checkPatience(_ upstream: UpstreamSettings, at path: ConfigurationPath) {
        let places = [path.key("patience"), path.key("command_timeout")]
        guard upstream.patience > upstream.commandTimeout, failures.isDisjoint(with: places) else { return }
        report(
            .warning, at: places[0],
            "\(DurationText.format(upstream.patience)) is more than command_timeout "
                + "(\(DurationText.format(upstream.commandTimeout)))",
            "write less, since patience never ends an attempt as it is")
    }

    private mutating func checkListeners(_ listeners: [ListenerSettings]) {
        var addresses: [HostAndPort: Int] = [:]
        for (index, listener) in listeners.enumerated() where listener.port != 0 {
            let path = ConfigurationPath.root.key("listener").index(index).key("address")
            guard !failures.contains(path) else { continue }
            checkUnique(listener.address, in: &addresses, at: path, .error, "give each listener its own address")
        }
    }

    private mutating func checkAccess(_ listener: ListenerSettings, at path: ConfigurationPath) {
        let place = path.key("allow")
        guard listener.auth != .required, !failures.contains(place), !failures.contains(path.key("address")) else {
            return
        }
        let networks = listener.allow.compactMap { text in try? Network(text) }
        guard !networks.isEmpty || listener.auth != .off else {
            return report(.warning, at: place, "nobody may relay here", "add the networks of your applications")
        }
        guard let address = IPAddress(listener.host), !address.isLoopback else { return }
        if networks.contains(where: \.isEverything) {
            report(
                .warning, at: place, "everybody who reaches \(listener.address) may relay through it",
                "write the networks of your applications, since open relays are found and abused within hours")
        } else if listener.auth == .off, networks.allSatisfy(\.address.isLoopback) {
            report(
                .warning, at: place, "\(listener.address) can be reached from outside, but only this machine may relay",
                "add the networks of your applications")
        }
    }

    private mutating func checkProxies(_ listener: ListenerSettings, at path: ConfigurationPath) {
        guard listener.proxyProtocol.contains(where: { (try? Network($0))?.isEverything == true }) else { return }
        report(
            .warning, at: path, "everybody may name any client address",
            "write the addresses of your proxies, since allow and the limits believe what they say")
    }

    private mutating func checkOrder(
        _ table: String, _ lower: String, _ low: Duration, _ upper: String, _ high: Duration
    ) {
        let path = ConfigurationPath.root.key(table)
        guard low > high, failures.isDisjoint(with: [path.key(lower), path.key(upper)]) else { return }
        report(
            at: path.key(lower), "\(DurationText.format(low)) is more than \(upper) (\(DurationText.format(high)))",
            "write less here or more there")
    }
}
