/// A connection string of libpq, as far as settings are checked: keywords with values, or a URL (PostgreSQL, section
/// 34.1.1). libpq itself reads it anew.
struct ConnectionString: Hashable, Sendable {
    /// Keywords and values, percent signs of a URL decoded.
    private(set) var options: [String: String] = [:]

    /// Where it could not be understood; in words that hold no value, as any may be a password.
    struct Problem: Error, Hashable {
        let description: String
    }

    /// What libpq takes from the environment where the string has nothing.
    private static let variables = [
        "PGHOST": "host", "PGHOSTADDR": "hostaddr", "PGSSLMODE": "sslmode", "PGSERVICE": "service",
    ]

    private static let secrets = [
        "password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret",
    ]

    init(_ text: String) throws(Problem) {
        let schemes = ["postgresql://", "postgres://"]
        if let scheme = schemes.first(where: { text.hasPrefix($0) }) {
            try readURL(text.dropFirst(scheme.count))
        } else {
            try readKeywords(text)
        }
    }

    /// The same with what libpq adds from the environment.
    func completed(by environment: [String: String]) -> ConnectionString {
        var string = self
        for (variable, name) in Self.variables where options[name] == nil {
            string.options[name] = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        }
        return string
    }

    /// Where connections go, in order: addresses, or names; empty for the local socket.
    var hosts: [String] {
        let names = options["hostaddr"] ?? options["host"] ?? ""
        return names.split(separator: ",", omittingEmptySubsequences: true).map(String.init)
    }

    /// The keyword of a secret that it holds, if any.
    var secret: String? { Self.secrets.first { options[$0] != nil } }

    /// Whether a host is not this machine: neither a socket's directory nor a loopback name. A service file may name any.
    var isRemote: Bool {
        options["service"] != nil
            || hosts.contains { host in
                let isLocal = host.hasPrefix("/") || host.hasPrefix("@") || host.hasPrefix("127.") || host == "::1"
                return !isLocal && host != "localhost"
            }
    }

    /// Whether the server has to prove who it is.
    var isVerified: Bool { options["sslmode"] == "verify-full" }

    // MARK: - Keywords and values

    private mutating func readKeywords(_ text: String) throws(Problem) {
        var (rest, last) = (text[...], String?.none)
        while true {
            rest = rest.drop(while: \.isWhitespace)
            guard !rest.isEmpty else { return }
            let name = String(rest.prefix { $0 != "=" && !$0.isWhitespace })
            rest = rest.dropFirst(name.count).drop(while: \.isWhitespace)
            guard rest.first == "=", !name.isEmpty else {
                let place = last.map { "what follows the value of \($0)" } ?? "its first word"
                throw Problem(description: "\(place) is no keyword with \"=\" and a value")
            }
            rest = rest.dropFirst().drop(while: \.isWhitespace)
            options[name] = try Self.readValue(&rest, of: name)
            last = name
        }
    }

    private static func readValue(_ rest: inout Substring, of name: String) throws(Problem) -> String {
        var value = ""
        let isQuoted = rest.first == "'"
        if isQuoted { rest = rest.dropFirst() }
        while let character = rest.first {
            if isQuoted ? character == "'" : character.isWhitespace { break }
            rest = rest.dropFirst()
            guard character == "\\", let escaped = rest.popFirst() else {
                value.append(character)
                continue
            }
            value.append(escaped)
        }
        guard isQuoted else { return value }
        guard rest.popFirst() == "'" else { throw Problem(description: "the quotation of \(name) does not end") }
        return value
    }

    // MARK: - URLs

    private mutating func readURL(_ text: Substring) throws(Problem) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var authority = parts[0]
        if let slash = authority.firstIndex(of: "/") {
            options["dbname"] = try Self.decode(authority[authority.index(after: slash)...])
            authority = authority[..<slash]
        }
        if let at = authority.lastIndex(of: "@") {
            let user = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            options["user"] = try Self.decode(user[0])
            if user.count > 1 { options["password"] = try Self.decode(user[1]) }
            authority = authority[authority.index(after: at)...]
        }
        if !authority.isEmpty { options["host"] = try Self.hosts(of: authority) }
        for pair in parts.dropFirst().joined().split(separator: "&") {
            let words = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2 else { throw Problem(description: "a parameter of the URL has no value") }
            let (name, value) = (try Self.decode(words[0]), try Self.decode(words[1]))
            // As JDBC has it.
            if name == "ssl", value == "true" { options["sslmode"] = "require" } else { options[name] = value }
        }
    }

    private static func hosts(of authority: Substring) throws(Problem) -> String {
        var hosts: [String] = []
        for entry in authority.split(separator: ",", omittingEmptySubsequences: false) {
            if entry.hasPrefix("[") {
                hosts.append(String(entry.dropFirst().prefix { $0 != "]" }))
            } else {
                hosts.append(try decode(entry.prefix { $0 != ":" }))
            }
        }
        return hosts.joined(separator: ",")
    }

    private static func decode(_ text: Substring) throws(Problem) -> String {
        var (octets, rest) = ([UInt8](), text.utf8[...])
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "%") else {
                octets.append(octet)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else {
                throw Problem(description: "a % is not followed by two hexadecimal digits")
            }
            octets.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
