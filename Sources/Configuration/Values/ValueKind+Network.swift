internal import Mail

extension ValueKind<HostAndPort> {
    /// Destination: a host name or an address, and a port.
    static let destination = ValueKind(name: "host:port", bounds: "port 1 to 65535") { (raw) throws(InvalidValue) in
        try HostAndPort(
            text(of: raw, example: "smtp.example.com:25"), ports: 1...65535, exampleHost: "smtp.example.com")
    } write: {
        RawValue.quote($0.description)
    }

    /// Listening address: an address of this machine and a port; port 0 picks a free one.
    static let source = ValueKind(name: "address:port", bounds: "port 0 to 65535") { (raw) throws(InvalidValue) in
        let address = try HostAndPort(
            text(of: raw, example: "127.0.0.1:2525"), ports: 0...65535, exampleHost: "127.0.0.1")
        guard IPAddress(address.host) != nil else {
            let local = address.host == "localhost" ? "127.0.0.1" : "0.0.0.0"
            throw InvalidValue(
                "needs an IP address, not a name", "write for example \"\(local):\(address.port)\"")
        }
        return address
    } write: {
        RawValue.quote($0.description)
    }

    private static func text(of raw: RawValue, example: String) throws(InvalidValue) -> String {
        guard case .string(let text) = raw else {
            throw InvalidValue("is not an address", "write for example \"\(example)\"")
        }
        return text
    }
}

extension ValueKind<[String]> {
    /// Networks in canonical form.
    static let networks = ValueKind(name: "list of networks", bounds: "") { (raw) throws(InvalidValue) in
        guard case .list(let elements) = raw else {
            throw InvalidValue("is not a list of networks", "write for example [\"10.0.0.0/8\", \"192.0.2.7\"]")
        }
        return try elements.readEach { (element, _) throws(InvalidValue) in
            guard case .string(let text) = element else {
                throw InvalidValue("is not a network", "write for example \"10.0.0.0/8\"")
            }
            return try IPNetwork(configured: text).description
        }
    } write: { networks in
        "[" + networks.map { RawValue.quote($0) }.joined(separator: ", ") + "]"
    }
}
