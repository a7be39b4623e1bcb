internal import Upstreams

extension ValueKind<[Quota]> {
    private static let most = 4

    /// Volumes, each of another period.
    static let quotas = ValueKind(
        name: "list of quotas", bounds: "`N/d`, `N/month` or a window such as `N/24h`, 1h to 31d; at most \(most)"
    ) { (raw) throws(InvalidValue) in
        let remedy = "write for example [\"50000/d\", \"1000000/month\"]"
        guard case .list(let elements) = raw else { throw InvalidValue("is not a list of quotas", remedy) }
        guard elements.count <= most else {
            throw InvalidValue("has \(elements.count) quotas", "write at most \(most)")
        }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            guard case .string(let text) = element, let quota = Quota(text) else {
                throw InvalidValue("is not a quota", "write for example \"50000/d\" or \"50000/24h\"")
            }
            guard !before.contains(where: { $0.period == quota.period }) else {
                throw InvalidValue("is about the same period as one before it", "keep the smaller one")
            }
            return quota
        }
    } write: { quotas in
        "[" + quotas.map { RawValue.quote($0.text) }.joined(separator: ", ") + "]"
    }
}

extension ValueKind<TimeZoneRules> {
    private static let directory = "/usr/share/zoneinfo"
    /// Larger than any file there.
    private static let largest = 1 << 16

    /// A time zone that this machine has a file of.
    static let timeZone = ValueKind(name: "time zone", bounds: "`UTC`, `Europe/Berlin`") {
        (raw) throws(InvalidValue) in
        guard case .string(let name) = raw else {
            throw InvalidValue("is not a time zone", "write for example \"UTC\" or \"Europe/Berlin\"")
        }
        guard name != TimeZoneRules.utc.name else { return .utc }
        guard isName(name), let octets = try? RegularFile.read("\(directory)/\(name)", limit: largest),
            let rules = TimeZoneRules(name: name, octets)
        else {
            throw InvalidValue(
                "is no time zone of this machine",
                "write the name of a file in \(directory), such as \"Europe/Berlin\" (package tzdata), or \"UTC\"")
        }
        return rules
    } write: {
        RawValue.quote($0.name)
    }

    /// Nothing that leads out of the directory.
    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
                part.first?.isLetter == true
                    && part.utf8.allSatisfy { octet in
                        (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet & 0xDF)
                            || "_+-".utf8.contains(octet)
                    }
            }
    }
}
