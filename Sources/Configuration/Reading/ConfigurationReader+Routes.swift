internal import Delivery
internal import Ingress
internal import Upstreams

/// Checks across the keys of a route.
extension ConfigurationReader {
    /// Every recipient of every message is compared with each route.
    private static let routeLimit = 256
    /// Each name may cost 256 octets of the spool per message.
    private static let headerLimit = 32
    /// With those above, and those of providers, at most `FieldNames.limit`.
    private static let addedLimit = 16

    mutating func checkRoutes(_ draft: ConfigurationDraft) {
        let path = ConfigurationPath.root.key("route")
        if draft.routes.count > Self.routeLimit {
            report(
                at: path.index(Self.routeLimit), "has \(draft.routes.count) entries",
                "keep at most \(Self.routeLimit)")
        }
        var names: [String: Int] = [:]
        for (index, route) in draft.routes.enumerated() {
            let place = path.index(index)
            if !route.name.isEmpty {
                checkUnique(route.name, in: &names, at: place.key("name"), .error, "give each route a unique name")
                checkStream(ofNamed: route.name, route.stream, at: place.key("name"))
            }
            checkUpstreams(of: route, draft.upstreams, at: place)
            checkUser(of: route, draft, at: place.key("user"))
        }
        checkHeaders(draft.routes)
        checkAddedHeaders(draft)
        checkReach(draft.routes)
        checkUse(draft)
        checkRoutes(of: draft.users, known: draft.routes.map(\.name))
    }

    // MARK: - Names

    private mutating func checkUpstreams(
        of route: RouteSettings, _ upstreams: [UpstreamSettings], at path: ConfigurationPath
    ) {
        let known = upstreams.map(\.name)
        for (index, name) in route.upstreams.enumerated() {
            checkUpstream(name, among: known, at: path.key("upstreams").index(index))
        }
        guard let name = route.lastResort else { return }
        checkUpstream(name, among: known, at: path.key("last_resort"))
        guard route.upstreams.contains(name) else { return }
        report(
            .warning, at: path.key("last_resort"), "\"\(name)\" is already in upstreams",
            "remove it from one of them")
    }

    mutating func checkUpstream(_ name: String, among known: [String], at path: ConfigurationPath) {
        // A missing name is already a problem, and may be the one meant here.
        guard !known.contains(name), !known.contains("") else { return }
        let remedy = Spelling.nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
        report(
            at: path, "there is no upstream \"\(name)\"",
            remedy ?? "known names: " + known.prefix(8).joined(separator: ", "))
    }

    /// Users may also come from certificates and files, so a name can be wrong only if there are neither.
    private mutating func checkUser(
        of route: RouteSettings, _ draft: ConfigurationDraft, at path: ConfigurationPath
    ) {
        guard let user = route.match.user, draft.usersFile == nil, !failures.contains(path),
            draft.listeners.allSatisfy({ $0.clientCA == nil })
        else { return }
        let glob = Glob(user)
        guard !draft.users.contains(where: { glob.matches($0.name) || $0.name.isEmpty }) else { return }
        let nearest = Spelling.nearest(to: user, among: draft.users.map(\.name))
        report(
            .warning, at: path, "there is no user \"\(user)\"",
            nearest.map { "did you mean \"\($0)\"?" } ?? "add a [[user]] with this name")
    }

    /// Checks the routes named by users.
    mutating func checkRoutes(of users: [UserSettings], known: [String]) {
        let known = known + [RouteTable.defaultName]
        for (index, user) in users.enumerated() {
            guard let name = user.route, !known.contains(name), !known.contains("") else { continue }
            let nearest = Spelling.nearest(to: name, among: known)
            report(
                at: ConfigurationPath.root.key("user").index(index).key("route"), "there is no route \"\(name)\"",
                nearest.map { "did you mean \"\($0)\"?" } ?? "add a [[route]] with this name, or remove it")
        }
    }

    private mutating func checkHeaders(_ routes: [RouteSettings]) {
        var names: Set<String> = []
        for (index, route) in routes.enumerated() {
            guard let name = route.match.headerName, names.insert(name).inserted, names.count == Self.headerLimit + 1
            else { continue }
            report(
                at: ConfigurationPath.root.key("route").index(index).key("header"),
                "routes use more than \(Self.headerLimit) distinct header fields",
                "use fewer fields")
        }
    }

    /// Each name is looked for in every message.
    private mutating func checkAddedHeaders(_ draft: ConfigurationDraft) {
        let names = draft.addedHeaders
        guard names.count > Self.addedLimit else { return }
        let place =
            draft.upstreams.firstIndex { !$0.headers.isEmpty }.map { ("upstream", $0) }
            ?? draft.routes.firstIndex { !$0.headers.isEmpty }.map { ("route", $0) }
        guard let (table, index) = place else { return }
        report(
            at: ConfigurationPath.root.key(table).index(index).key("headers"),
            "upstreams and routes add \(names.count) distinct header fields", "add at most \(Self.addedLimit)")
    }

    // MARK: - Reach

    /// Checks that earlier routes leave some mail for each route.
    private mutating func checkReach(_ routes: [RouteSettings]) {
        let path = ConfigurationPath.root.key("route")
        let isWhole = routes.indices.map { index in areConditionsRead(at: path.index(index)) }
        for (index, route) in routes.enumerated() where isWhole[index] {
            let isLast = index == routes.count - 1
            if route.name == RouteTable.defaultName, !isLast || !route.match.isEmpty {
                report(
                    at: path.index(index).key("name"), "\"default\" is the route for mail that no other route takes",
                    "move it to the end and remove its conditions, or rename it")
            } else if route.match.isEmpty, !isLast {
                report(
                    at: path.index(index), "the route has no conditions, so no mail reaches the routes after it",
                    "add sender, recipient, user or header, or move it to the end")
            } else if let first = routes[..<index].indices.first(where: { earlier in
                isWhole[earlier] && !routes[earlier].match.isEmpty
                    && RouteCoverage.covers(routes[earlier].match, route.match)
            }) {
                let line = lines.line(of: path.index(first)).map { " on line \($0)" } ?? ""
                report(
                    .warning, at: path.index(index), "an earlier route\(line) takes all of its mail",
                    "move this route before it, or change its conditions")
            }
        }
    }

    private func areConditionsRead(at path: ConfigurationPath) -> Bool {
        failures.isDisjoint(with: ["sender", "recipient", "user", "header"].map { path.key($0) })
    }

    // MARK: - Use

    /// Checks that each upstream gets mail, and that routes meant for named users take no other mail.
    private mutating func checkUse(_ draft: ConfigurationDraft) {
        guard let last = draft.routes.last, last.match.isEmpty,
            areConditionsRead(at: ConfigurationPath.root.key("route").index(draft.routes.count - 1))
        else { return }
        if last.name != RouteTable.defaultName, draft.users.contains(where: { $0.route == last.name }) {
            report(
                .warning, at: ConfigurationPath.root.key("route").index(draft.routes.count - 1),
                "the route has no conditions: it takes more mail than that of the users who name it",
                "add a condition, such as user, or name it \"default\" if intended")
        }
        let isDefaultNamed = draft.users.contains { $0.route == RouteTable.defaultName }
        guard last.name == RouteTable.defaultName || !isDefaultNamed, failures.isEmpty else { return }
        let used = Set(draft.routes.flatMap { $0.upstreams + ($0.lastResort.map { [$0] } ?? []) })
        for (index, upstream) in draft.upstreams.enumerated() where !used.contains(upstream.name) {
            report(
                .warning, at: ConfigurationPath.root.key("upstream").index(index).key("name"),
                "\"\(upstream.name)\" gets no mail: no route names it", "add it to the upstreams of a [[route]]")
        }
    }
}
