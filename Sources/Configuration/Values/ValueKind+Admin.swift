internal import Access
internal import Mail

extension ValueKind<TokenHash> {
    /// The hash that `posthorse token create` prints. Anything else written there may be a token, so no problem shows it.
    static let tokenHash = ValueKind(name: "token hash", bounds: "") { (raw) throws(InvalidValue) in
        let remedy = "run \"posthorse token create\" and copy what follows \"hash\" here"
        guard case .string(let text) = raw else { throw InvalidValue("is not a string", remedy).discreet }
        guard let hash = TokenHash(text: text) else {
            throw InvalidValue("is not the hash of a token", remedy).discreet
        }
        return hash
    } write: {
        RawValue.quote($0.text, limit: .max)
    }
}

extension ValueKind<[HostAndPort]> {
    /// One listening address or several, all different.
    static let sources = ValueKind(name: "address:port, or list of them", bounds: "port 0 to 65535") {
        (raw) throws(InvalidValue) in
        let one = ValueKind<HostAndPort>.source
        guard case .list(let elements) = raw else { return [try one.read(raw)] }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            let address = try one.read(element)
            guard address.port == 0 || !before.contains(address) else {
                throw InvalidValue("is a duplicate", "remove one")
            }
            return address
        }
    } write: { addresses in
        let texts = addresses.map { RawValue.quote($0.description) }
        return texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
    }
}

extension ValueKind<[String]> {
    /// Names or addresses of this relay, without ports, in lower case.
    static let hostNames = ValueKind(name: "list of names", bounds: "") { (raw) throws(InvalidValue) in
        let remedy = "write for example [\"relay.example.com\", \"192.0.2.7\"], without ports"
        guard case .list(let elements) = raw else { throw InvalidValue("is not a list of names", remedy) }
        return try elements.readEach { (element, _) throws(InvalidValue) in
            guard case .string(let text) = element, DomainName.isValid(text) || IPAddress(text) != nil else {
                throw InvalidValue("is not a host name or IP address", remedy)
            }
            return IPAddress(text)?.description ?? text.lowercased()
        }
    } write: { names in
        "[" + names.map { RawValue.quote($0) }.joined(separator: ", ") + "]"
    }
}
