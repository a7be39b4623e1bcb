/// How far one time zone is from UTC, and when: a file of the IANA database (TZif, RFC 9636).
package struct TimeZoneRules: Hashable, Sendable {
    /// As in the database: `Europe/Berlin`.
    package let name: String
    /// Seconds since 1970 at which offsets begin, ascending.
    private let begins: [Int64]
    /// Seconds east of UTC: one before the first of these, and one from each.
    private let offsets: [Int64]
    /// What applies after the last of them.
    private let rule: ZoneRule?

    package static let utc = TimeZoneRules(name: "UTC", begins: [], offsets: [0], rule: nil)

    private init(name: String, begins: [Int64], offsets: [Int64], rule: ZoneRule?) {
        self.name = name
        self.begins = begins
        self.offsets = offsets
        self.rule = rule
    }

    /// - Parameter octets: of a file of version 2 or later.
    /// - Returns: nil if they are no such file.
    package init?(name: String, _ octets: [UInt8]) {
        var reader = ZoneFileReader(octets)
        guard let old = reader.takeHeader(), reader.skip(old.length(timeSize: 4)), let counts = reader.takeHeader()
        else { return nil }
        guard let times = reader.takeTimes(counts.times), let kinds = reader.take(counts.times),
            let types = reader.takeOffsets(counts.types), let first = types.first,
            reader.skip(counts.letters + counts.leaps * 12 + counts.standards + counts.universals),
            kinds.allSatisfy({ Int($0) < types.count }), zip(times, times.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        self.init(
            name: name, begins: times, offsets: [first] + kinds.map { types[Int($0)] },
            rule: reader.footer.flatMap { ZoneRule($0) })
    }

    /// Seconds east of UTC.
    ///
    /// - Parameter seconds: since 1970.
    package func offset(at seconds: Int64) -> Int64 {
        if let rule, seconds >= begins.last ?? .min { return rule.offset(at: seconds) }
        var (low, high) = (0, begins.count)
        while low < high {
            let middle = (low + high) / 2
            if begins[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return offsets[low]
    }

    /// Days from 1970-01-01 to the date that it is there.
    func day(at seconds: Int64) -> Int64 { CivilDate.floor(seconds + offset(at: seconds), 86_400) }
}

/// Reads numbers of a file of time zones, which are big-endian.
private struct ZoneFileReader {
    struct Counts {
        let universals: Int
        let standards: Int
        let leaps: Int
        let times: Int
        let types: Int
        let letters: Int

        /// Octets of the data behind the header.
        func length(timeSize: Int) -> Int {
            times * (timeSize + 1) + types * 6 + letters + leaps * (timeSize + 4) + standards + universals
        }
    }

    /// More than any file has.
    private static let limit = 1 << 16
    private var rest: ArraySlice<UInt8>

    init(_ octets: [UInt8]) { rest = octets[...] }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    mutating func takeHeader() -> Counts? {
        guard let start = take(20), start.prefix(4).elementsEqual("TZif".utf8), start[start.startIndex + 4] >= 0x32,
            let counts = takeCounts()
        else { return nil }
        return Counts(
            universals: counts[0], standards: counts[1], leaps: counts[2], times: counts[3], types: counts[4],
            letters: counts[5])
    }

    private mutating func takeCounts() -> [Int]? {
        guard let octets = take(24) else { return nil }
        let counts = (0..<6).map { Int(Self.number(octets.dropFirst($0 * 4).prefix(4))) }
        return counts.allSatisfy { (0...Self.limit).contains($0) } ? counts : nil
    }

    mutating func takeTimes(_ count: Int) -> [Int64]? {
        take(count * 8).map { octets in (0..<count).map { Self.number(octets.dropFirst($0 * 8).prefix(8)) } }
    }

    /// Of each type: the offset, and two octets that nobody needs.
    mutating func takeOffsets(_ count: Int) -> [Int64]? {
        take(count * 6).map { octets in
            (0..<count).map { Int64(Int32(truncatingIfNeeded: Self.number(octets.dropFirst($0 * 6).prefix(4)))) }
        }
    }

    /// The line behind the data.
    var footer: ArraySlice<UInt8>? {
        guard rest.first == UInt8(ascii: "\n") else { return nil }
        let line = rest.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
        return line.isEmpty ? nil : line
    }

    private static func number(_ octets: ArraySlice<UInt8>) -> Int64 {
        Int64(bitPattern: octets.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
