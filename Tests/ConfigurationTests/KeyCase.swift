import Testing

@testable import Configuration

/// What is expected of one key.
struct KeyCase: Sendable, CustomTestStringConvertible {
    static let all = general + listener + users + limits + upstream + policies

    /// `spool.path`.
    let path: String
    /// What the default is, as text.
    let fallback: String
    /// A value that is right, as TOML, and what arrives, as text.
    let good: (toml: String, value: String)
    /// A value of a wrong type, and what is said of it after `line: key: `.
    let wrongType: (toml: String, problem: String)
    /// Values of the right type that must be refused, and what is said of them.
    let outOfBounds: [(toml: String, problem: String)]
    let read: @Sendable (RelayConfiguration) -> String

    init(
        _ path: String, default fallback: String, good: (String, String), wrongType: (String, String),
        outOfBounds: [(String, String)], _ read: @escaping @Sendable (RelayConfiguration) -> String
    ) {
        self.path = path
        self.fallback = fallback
        self.good = good
        self.wrongType = wrongType
        self.outOfBounds = outOfBounds
        self.read = read
    }

    var testDescription: String { path }

    var section: String { path.contains(".") ? String(path.prefix { $0 != "." }) : "" }
    var key: String { String(path[(path.lastIndex(of: ".").map { path.index(after: $0) } ?? path.startIndex)...]) }

    /// A whole relay.conf in which the key has this value, nil for none; the key is in the line that is returned.
    func document(with value: String?) -> (text: String, line: Int) {
        let assignment = value.map { "\(key) = \($0)" }
        var lines: [String?] = key == "hostname" ? [] : ["hostname = \"relay.test\""]
        if section.isEmpty { lines.append(assignment) }
        lines += ["[[upstream]]", path == "upstream.name" ? nil : "name = \"primary\""]
        if path != "upstream.address" { lines.append("address = \"mx.test:25\"") }
        switch section {
        case "", "upstream": lines.append(section.isEmpty ? nil : assignment)
        case "user":
            lines += ["[[user]]", key == "name" ? nil : "name = \"app\""]
            lines += [key == "password_hash" ? nil : "password_hash = \"\(exampleHash)\"", assignment]
        case "listener": lines += ["[[listener]]", assignment]
        case _: lines += ["[\(section)]", assignment]
        }
        let present = lines.compactMap { $0 }
        let header = present.firstIndex(of: "[[\(section)]]")
        let line = assignment.flatMap { present.firstIndex(of: $0) } ?? header ?? 0
        return (present.joined(separator: "\n"), line + 1)
    }
}
