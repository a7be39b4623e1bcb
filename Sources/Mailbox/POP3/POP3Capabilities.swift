/// What a server offers in its answer to CAPA (RFC 2449); nothing is known of one that refuses CAPA.
package struct POP3Capabilities: Hashable, Sendable {
    /// Whether the server has answered CAPA.
    package internal(set) var isKnown = false
    /// SASL mechanisms in upper case, in the server's order (RFC 5034).
    package private(set) var mechanisms: [String] = []
    /// The shortest time between two logins; nil if the server names none.
    package private(set) var loginDelay: Duration?
    private var names: Set<String> = []

    package func contains(_ name: String) -> Bool { names.contains(name) }

    package var stls: Bool { contains("STLS") }
    package var pipelining: Bool { contains("PIPELINING") }
    /// Whether USER and PASS may be sent: the server says so, or does not say what it offers.
    package var allowsPassword: Bool { contains("USER") || !isKnown }

    mutating func add(_ line: [UInt8], limit: Int) {
        let words = line.split(separator: 0x20).map { String(decoding: $0.prefix(64), as: UTF8.self).uppercased() }
        guard let name = words.first, names.count < limit else { return }
        names.insert(name)
        if name == "SASL" { mechanisms = Array(words.dropFirst().prefix(limit)) }
        if name == "LOGIN-DELAY", words.count > 1, let seconds = UInt32(words[1]) {
            loginDelay = .seconds(Int64(seconds))
        }
    }
}
