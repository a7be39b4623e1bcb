package import Mail
internal import Synchronization

/// All suppressions of the relay in memory, for the question at RCPT.
///
/// Split into parts that are locked for themselves: a question waits for no import, and a part that grows holds up the
/// questions of that part only, for less than a millisecond. Without suppressions a question costs one load.
package final class SuppressionIndex: Sendable {
    private static let partCount = 64

    private final class Part: Sendable {
        let table = Mutex(SuppressionTable())
    }

    private let parts: [Part] = (0..<partCount).map { _ in Part() }
    private let total = Atomic<Int>(0)
    private let domains = Atomic<Int>(0)
    private let subdomains = Atomic<Int>(0)
    private let localParts = Atomic<Int>(0)
    private let routed = Atomic<Int>(0)
    private let origins: Origins

    /// Shared with an index that is to replace it.
    private final class Origins: Sendable {
        let list = Mutex(SuppressionOrigins())
    }

    package init() { origins = Origins() }

    private init(_ origins: Origins) { self.origins = origins }

    /// Puts other suppressions in the place of these. Meanwhile a question is answered by the old or the new ones.
    ///
    /// - Parameter fill: sets them in an index of their own; if it throws, everything stays.
    package func replaceAll<Failure>(
        _ fill: (SuppressionIndex) throws(Failure) -> Void
    ) throws(Failure) {
        let other = SuppressionIndex(origins)
        try fill(other)
        // What counts as none at all is not looked for, so the counts are never too low.
        forEachCount(of: other) { $0.wrappingAdd($1.load(ordering: .relaxed), ordering: .relaxed) }
        for (part, new) in zip(parts, other.parts) {
            let table = new.table.withLock(\.self)
            part.table.withLock { $0 = table }
        }
        forEachCount(of: other) { $0.store($1.load(ordering: .relaxed), ordering: .relaxed) }
    }

    private func forEachCount(
        of other: SuppressionIndex, _ body: (borrowing Atomic<Int>, borrowing Atomic<Int>) -> Void
    ) {
        body(total, other.total)
        body(domains, other.domains)
        body(subdomains, other.subdomains)
        body(localParts, other.localParts)
        body(routed, other.routed)
    }

    package var count: Int { total.load(ordering: .relaxed) }

    /// Octets of memory taken.
    package var octets: Int { parts.reduce(0) { sum, part in sum + part.table.withLock { $0.octets } } }

    // MARK: Questions

    /// The suppression that keeps mail from an address; nil if none does.
    ///
    /// - Parameter route: that of the recipient.
    package func match(_ address: String, route: String, at now: Timestamp) -> SuppressionMatch? {
        guard count > 0 else { return nil }
        let route = routed.load(ordering: .relaxed) > 0 ? route : nil
        return NormalAddress.with(address) { octets, at in
            var match: SuppressionMatch?
            forEachPattern(of: octets, at: at) { pattern in
                match = self.match(pattern, nil, at: now) ?? route.flatMap { self.match(pattern, $0, at: now) }
                return match != nil
            }
            return match
        }
    }

    private func match(
        _ pattern: UnsafeBufferPointer<UInt8>, _ route: String?, at now: Timestamp
    ) -> SuppressionMatch? {
        guard let record = record(of: pattern, route), Self.isValid(record, at: now) else { return nil }
        let text = String(decoding: pattern, as: UTF8.self)
        return match(record, SuppressionKey(SuppressionPattern(stored: text), route: route))
    }

    private static func isValid(_ record: SuppressionTable.Record, at now: Timestamp) -> Bool {
        record.expiresAt == 0 || Int64(record.expiresAt) * 1000 > now.milliseconds
    }

    private func match(_ record: SuppressionTable.Record, _ key: SuppressionKey) -> SuppressionMatch {
        let origin = origins.list.withLock { $0[record.origin] }
        return SuppressionMatch(
            key: key, source: origin.source, addedBy: origin.addedBy,
            addedAt: Timestamp(milliseconds: Int64(record.addedAt) * 1000))
    }

    /// The patterns that an address fits, the narrowest first, until `body` returns true.
    private func forEachPattern(
        of address: UnsafeBufferPointer<UInt8>, at: Int?, _ body: (UnsafeBufferPointer<UInt8>) -> Bool
    ) {
        if body(address) { return }
        guard let at else { return }
        if localParts.load(ordering: .relaxed) > 0, Self.joined(address[..<at], "@*", body) { return }
        let domain = UnsafeBufferPointer(rebasing: address[at...])
        if domains.load(ordering: .relaxed) > 0, body(domain) { return }
        guard subdomains.load(ordering: .relaxed) > 0 else { return }
        var rest = domain[...]
        while let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
            if Self.joined("@*", domain[dot...], body) { return }
            rest = domain[(dot + 1)...]
        }
    }

    private static func joined(
        _ octets: Slice<UnsafeBufferPointer<UInt8>>, _ end: StaticString, _ body: (UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: octets.count + end.utf8CodeUnitCount) { copy in
            let middle = copy.update(fromContentsOf: octets)
            end.withUTF8Buffer { _ = copy[middle...].update(fromContentsOf: $0) }
            return body(UnsafeBufferPointer(copy))
        }
    }

    private static func joined(
        _ start: StaticString, _ octets: Slice<UnsafeBufferPointer<UInt8>>, _ body: (UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: octets.count + start.utf8CodeUnitCount) { copy in
            let middle = start.withUTF8Buffer { copy.update(fromContentsOf: $0) }
            _ = copy[middle...].update(fromContentsOf: octets)
            return body(UnsafeBufferPointer(copy))
        }
    }

    private func record(of pattern: UnsafeBufferPointer<UInt8>, _ route: String?) -> SuppressionTable.Record? {
        Self.withKey(pattern, route) { key in
            let hash = Self.hash(UnsafeRawBufferPointer(key))
            return part(of: hash).table.withLock { $0.record(of: key, hash: Self.slotHash(hash)) }
        }
    }

    // MARK: Changes

    /// Adds or replaces a suppression.
    package func set(_ entry: SuppressionEntry) {
        let number = origins.list.withLock { $0.number(of: .init(source: entry.source, addedBy: entry.addedBy)) }
        let record = SuppressionTable.Record(
            addedAt: Self.seconds(entry.addedAt), expiresAt: entry.expiresAt.map { max(1, Self.seconds($0)) } ?? 0,
            origin: number)
        let isNew = change(entry.key) { table, key, hash in
            table.set(key, hash: hash, to: record) { Self.slotHash(Self.hash($0)) }
        }
        if isNew { count(entry.key, 1) }
    }

    /// Removes a suppression, if there is one.
    package func remove(_ key: SuppressionKey) {
        let wasThere = change(key) { table, key, hash in
            table.remove(key, hash: hash) { Self.slotHash(Self.hash($0)) }
        }
        if wasThere { count(key, -1) }
    }

    private func change(
        _ key: SuppressionKey,
        _ body: (inout SuppressionTable, UnsafeBufferPointer<UInt8>, Int) -> Bool
    ) -> Bool {
        var text = key.pattern.text
        return text.withUTF8 { pattern in
            Self.withKey(pattern, key.route) { octets in
                let hash = Self.hash(UnsafeRawBufferPointer(octets))
                return part(of: hash).table.withLock { body(&$0, octets, Self.slotHash(hash)) }
            }
        }
    }

    private func count(_ key: SuppressionKey, _ step: Int) {
        switch key.pattern.kind {
        case .address: break
        case .domain: domains.wrappingAdd(step, ordering: .relaxed)
        case .subdomains: subdomains.wrappingAdd(step, ordering: .relaxed)
        case .localPart: localParts.wrappingAdd(step, ordering: .relaxed)
        }
        if key.route != nil { routed.wrappingAdd(step, ordering: .relaxed) }
        total.wrappingAdd(step, ordering: .relaxed)
    }

    /// Seconds since 1970, from 1970 to 2106.
    private static func seconds(_ moment: Timestamp) -> UInt32 { UInt32(clamping: moment.milliseconds / 1000) }

    // MARK: Keys

    /// The octets of a pattern, followed by NUL and the route if there is one.
    private static func withKey<Result>(
        _ pattern: UnsafeBufferPointer<UInt8>, _ route: String?, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        guard let route else { return body(pattern) }
        return (Array(pattern) + [0] + Array(route.utf8)).withUnsafeBufferPointer(body)
    }

    /// Seeded for each process, so that nobody can choose keys that collide.
    private static func hash(_ key: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: key)
        return hasher.finalize()
    }

    private func part(of hash: Int) -> Part { parts[hash & (Self.partCount - 1)] }
    private static func slotHash(_ hash: Int) -> Int { Int(bitPattern: UInt(bitPattern: hash) / UInt(partCount)) }
}

/// The few different words about who added suppressions, numbered.
struct SuppressionOrigins: Sendable {
    struct Origin: Hashable {
        let source: SuppressionSource
        let addedBy: String?
    }

    private var list: [Origin] = []
    private var numbers: [Origin: UInt16] = [:]

    subscript(number: UInt16) -> Origin { list[Int(number)] }

    /// Once the numbers are used up, the same source without a name.
    mutating func number(of origin: Origin) -> UInt16 {
        if let number = numbers[origin] { return number }
        let reserved = SuppressionSource.allCases.count
        guard list.count < Int(UInt16.max) - reserved || origin.addedBy == nil else {
            return number(of: Origin(source: origin.source, addedBy: nil))
        }
        let number = UInt16(list.count)
        list.append(origin)
        numbers[origin] = number
        return number
    }
}
