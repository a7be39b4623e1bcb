import Testing

@testable import Configuration

/// Expectations for one key.
struct KeyCase: Sendable, CustomTestStringConvertible {
    static let all =
        general + listener + users + rewrites + limits + upstream + oauth2 + rules + routes + paces + streams + health
        + policies
        + retries + priorities + bounces + history + suppressions + webhooks + roundTrips
        + reload + alerts + admin + cluster

    /// `spool.path`.
    let path: String
    /// The default, as text.
    let fallback: String
    /// A valid value, as TOML, and the value read, as text.
    let good: (toml: String, value: String)
    /// A value of the wrong type, and the message after `line: key: `.
    let wrongType: (toml: String, problem: String)
    /// Values of the right type that must be refused, and the messages.
    let outOfBounds: [(toml: String, problem: String)]
    /// Further lines of the table that the good value needs.
    let companions: [String]
    let read: @Sendable (RelayConfiguration) -> String

    init(
        _ path: String, default fallback: String, good: (String, String), wrongType: (String, String),
        outOfBounds: [(String, String)], with companions: [String] = [],
        _ read: @escaping @Sendable (RelayConfiguration) -> String
    ) {
        self.path = path
        self.fallback = fallback
        self.good = good
        self.wrongType = wrongType
        self.outOfBounds = outOfBounds
        self.companions = companions
        self.read = read
    }

    var testDescription: String { path }

    var section: String { String(path[..<(path.lastIndex(of: ".") ?? path.startIndex)]) }
    var key: String { String(path[(path.lastIndex(of: ".").map { path.index(after: $0) } ?? path.startIndex)...]) }

    /// The key, with the other keys it depends on.
    private func listenerLines(_ assignment: String?) -> [String?] {
        switch key {
        case "tls": ["[[listener]]", assignment, "certificate = \"\(exampleCertificate)\""]
        case "auth":
            [
                "[[user]]", "name = \"app\"", "password_hash = \"\(exampleHash)\"", "[[listener]]", assignment,
                "auth_without_tls = true",
            ]
        case _: ["[[listener]]", assignment]
        }
    }

    private var alertKeys: [(key: String, value: String)] {
        let kinds = ["upstream": "failed_over", "route": "failed_over", "stream": "bounce_rate"]
        let kind = kinds[key] ?? "queue_age"
        return [("name", "\"one\""), ("when", "\"\(kind)\"")]
    }

    /// A type that takes the key, or one that can do without it.
    private func notifyKeys(isGiven: Bool) -> [(key: String, value: String)] {
        let name = (key: "name", value: "\"one\"")
        let command = [name, ("type", "\"command\""), ("command", "[\"true\"]")]
        let webhook = [name, ("type", "\"webhook\""), ("url", "\"https://a.test/\"")]
        switch key {
        case "url", "secret_file": return isGiven || key == "secret_file" ? webhook : command
        case "url_file": return isGiven ? [name, ("type", "\"slack\"")] : command
        case "routing_key_file": return isGiven ? [name, ("type", "\"pagerduty\"")] : command
        case "to": return isGiven ? [name, ("type", "\"email\"")] : command
        case "command": return isGiven ? [name, ("type", "\"command\"")] : webhook
        case "type": return [name]
        case _: return command
        }
    }

    /// A table with its required keys, in which this case's key has the given value.
    private func table(_ required: [(key: String, value: String)], _ assignment: String?) -> [String?] {
        ["[[\(section)]]"] + required.map { $0.key == key ? nil : "\($0.key) = \($0.value)" } + [assignment]
            + (assignment == "\(key) = \(good.toml)" ? companions : [])
    }

    /// A whole relay.conf in which the key has this value (nil: absent), and the line of the key.
    func document(with value: String?) -> (text: String, line: Int) {
        let assignment = value.map { "\(key) = \($0)" }
        var lines: [String?] = key == "hostname" ? [] : ["hostname = \"relay.test\""]
        if section.isEmpty { lines.append(assignment) }
        lines += ["[[upstream]]", path == "upstream.name" ? nil : "name = \"primary\""]
        if path != "upstream.address" { lines.append("address = \"mx.test:25\"") }
        switch section {
        case "": break
        case "upstream": lines += [assignment] + (value == good.toml ? companions : [])
        case "user":
            lines += ["[[user]]", key == "name" ? nil : "name = \"app\""]
            lines += [key == "password_hash" ? nil : "password_hash = \"\(exampleHash)\"", assignment]
        case "upstream.oauth2":
            let keys = Self.oauth2Keys(beside: key).filter { $0.key != key }.map { "\($0.key) = \($0.value)" }
            lines += ["tls = \"starttls\"", "username = \"relay\"", "[upstream.oauth2]"] + keys + [assignment]
        case "upstream.rule":
            lines += table(
                [("match", "\"^554 \""), ("scope", "\"account\""), ("action", "\"failover\"")], assignment)
        case "route": lines += table([("name", "\"one\""), ("upstreams", "[\"primary\"]")], assignment)
        case "pace": lines += table([("domain", "\"a.test\"")], assignment)
        case "stream": lines += table([("name", "\"news\"")], assignment)
        case "webhook": lines += table([("name", "\"app\""), ("url", "\"https://app.test/in\"")], assignment)
        case "rewrite":
            lines += table([("field", "\"From\""), ("match", "\"@a.test\""), ("to", "\"@b.test\"")], assignment)
        case "listener": lines += listenerLines(assignment)
        case "alert": lines += table(alertKeys, assignment)
        case "notify": lines += table(notifyKeys(isGiven: value != nil), assignment)
        case "round_trip", "round_trip.mailbox", "round_trip.mailbox.oauth2":
            lines += tripTables(assignment) + (value == good.toml ? companions : [])
        case "cluster":
            let database = ["database = \"dbname=posthorse\""]
            lines += ["[cluster]"] + (key == "database" ? [] : database) + [assignment]
        case "admin.token": lines += table([("name", "\"ops\""), ("hash", "\"\(exampleTokenHash)\"")], assignment)
        case _: lines += ["[\(section)]", assignment] + (value == good.toml ? companions : [])
        }
        let present = lines.compactMap { $0 }
        let header = present.firstIndex(of: "[[\(section)]]") ?? present.firstIndex(of: "[\(section)]")
        let line = assignment.flatMap { present.firstIndex(of: $0) } ?? header ?? 0
        return (present.joined(separator: "\n"), line + 1)
    }
}
