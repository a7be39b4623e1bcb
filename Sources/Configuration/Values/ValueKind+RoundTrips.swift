internal import Mail
internal import Probing
internal import RoundTrips

extension ValueKind<RoundTripSettings.Upstreams> {
    private static let all = "*"

    /// Names of upstreams, or `"*"` for all; perhaps none.
    static let tripUpstreams = ValueKind(name: "list of names, or \"*\"", bounds: "") { (raw) throws(InvalidValue) in
        if raw == .string(all) { return .all }
        guard case .list(let elements) = raw else {
            throw InvalidValue("is not a list of names", "write for example [\"primary\"], or \"*\" for all")
        }
        if elements.contains(.string(all)) {
            guard elements.count == 1 else {
                throw InvalidValue("has \"*\" and names", "keep either \"*\" or the names")
            }
            return .all
        }
        return .named(try ValueKind<[String]>.labelsOrNone.read(raw))
    } write: { upstreams in
        switch upstreams {
        case .all: "[\"*\"]"
        case .named(let names): ValueKind<[String]>.labelsOrNone.write(names)
        }
    }
}

extension ValueKind<[String]> {
    /// Unique names of folders, perhaps none.
    static let folders = ValueKind(name: "list of names", bounds: "at most 20, of 1 to 255 octets") {
        (raw) throws(InvalidValue) in
        let remedy = "write for example [\"INBOX\", \"Junk\"]"
        guard case .list(let elements) = raw else { throw InvalidValue("is not a list of folders", remedy) }
        guard elements.count <= 20 else { throw InvalidValue("has \(elements.count) folders", "keep at most 20") }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            guard case .string(let name) = element, (1...255).contains(name.utf8.count),
                name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { throw InvalidValue("is not the name of a folder", remedy) }
            guard !before.contains(name) else { throw InvalidValue("is a duplicate", "remove one") }
            return name
        }
    } write: { names in
        "[" + names.map { RawValue.quote($0, limit: .max) }.joined(separator: ", ") + "]"
    }
}

extension ValueKind<Address> {
    /// An address in ASCII, as the header of a probe can have it.
    static let plainAddress = ValueKind(name: "address", bounds: "in ASCII") { (raw) throws(InvalidValue) in
        let address = try ValueKind.address.read(raw)
        guard HeaderMailbox.isPlain(address) else {
            throw InvalidValue("is not an address in ASCII", "write for example \"probe@example.com\"")
        }
        return address
    } write: {
        ValueKind.address.write($0)
    }
}
