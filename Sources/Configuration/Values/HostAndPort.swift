internal import Mail

/// `mail.example.com:587`, `192.0.2.1:25`, `[2001:db8::1]:25`.
struct HostAndPort: Hashable, Sendable, CustomStringConvertible {
    /// Without brackets.
    var host: String
    var port: Int

    var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Parameters:
    ///   - ports: the valid port numbers.
    ///   - exampleHost: placeholder for the host in suggestions to the operator.
    init(_ text: String, ports: ClosedRange<Int>, exampleHost: String) throws(InvalidValue) {
        if IPAddress(text) != nil { throw Self.portMissing(text) }
        guard let colon = text.lastIndex(of: ":") else {
            let host = DomainName.isValid(text) ? text : exampleHost
            throw InvalidValue("has no port", "write for example \"\(host):25\"")
        }
        host = try Self.host(text[..<colon], example: exampleHost, port: text[text.index(after: colon)...])
        port = try Self.port(text[text.index(after: colon)...], in: ports)
    }

    /// For an address without a port, or an IPv6 address that runs into its port: `::1:2525`.
    private static func portMissing(_ text: String) -> InvalidValue {
        let colon = text.lastIndex(of: ":") ?? text.startIndex
        guard isIPv6(text) else { return InvalidValue("has no port", "write for example \"\(text):25\"") }
        let isMeantWithPort = IPAddress(text[..<colon]) != nil
        let example = isMeantWithPort ? "[\(text[..<colon])]\(text[colon...])" : "[\(text)]:25"
        return InvalidValue("is an IPv6 address without brackets and port", "write for example \"\(example)\"")
    }

    private static func isIPv6(_ text: some StringProtocol) -> Bool {
        text.utf8.contains(UInt8(ascii: ":"))
    }

    private static func host(
        _ text: Substring, example: String, port: Substring
    ) throws(InvalidValue) -> String {
        if text.first == "[" && text.last == "]" {
            guard let address = IPAddress(text.dropFirst().dropLast()), isIPv6(text) else {
                throw InvalidValue("has no IPv6 address in brackets", "write for example \"[::1]:\(port)\"")
            }
            return address.description
        }
        if let address = IPAddress(text) {
            guard !isIPv6(text) else {
                throw InvalidValue("is an IPv6 address without brackets", "write \"[\(text)]:\(port)\"")
            }
            return address.description
        }
        guard text != "*" else {
            throw InvalidValue(
                "has no address",
                "write \"0.0.0.0:\(port)\" for all IPv4 addresses, \"[::]:\(port)\" for all IPv6 addresses")
        }
        guard DomainName.isValid(String(text)) else {
            throw InvalidValue("has no valid host before its port", "write for example \"\(example):\(port)\"")
        }
        return String(text)
    }

    private static func port(_ text: Substring, in range: ClosedRange<Int>) throws(InvalidValue) -> Int {
        let isDecimal = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isDecimal, let port = Int(text), range.contains(port) else {
            throw InvalidValue(
                "has a port that is not a number from \(range.lowerBound) to \(range.upperBound)",
                "write for example \":25\" at its end")
        }
        return port
    }
}
