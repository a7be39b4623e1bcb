/// UIDs as ranges (RFC 9051 section 9, `sequence-set`); never expanded beyond a limit, since `1:4294967295` is short.
struct UIDSet: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []

    init() {}

    /// Reads `1:3,7`; nil for anything else, `*` included.
    init?(_ octets: ArraySlice<UInt8>) {
        for part in octets.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let ends = part.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            let numbers = ends.compactMap { UInt32(String(decoding: $0.prefix(11), as: UTF8.self)) }
            guard numbers.count == ends.count, numbers.count <= 2, let first = numbers.first, let last = numbers.last,
                first > 0, last > 0
            else { return nil }
            ranges.append(min(first, last)...max(first, last))
        }
    }

    /// The highest UIDs, in rising order; whether there are more.
    func newest(_ limit: Int) -> (uids: [UInt32], isCut: Bool) {
        var uids: [UInt32] = []
        for range in ranges.sorted(by: { $0.upperBound > $1.upperBound }) {
            for uid in range.reversed() {
                if uids.last.map({ uid >= $0 }) ?? false { continue }
                guard uids.count < limit else { return (uids.reversed(), true) }
                uids.append(uid)
            }
        }
        return (uids.reversed(), false)
    }

    /// Writes UIDs in rising order, neighbours as ranges.
    static func text(_ uids: [UInt32]) -> String {
        var ranges: [ClosedRange<UInt32>] = []
        for uid in uids {
            if let last = ranges.last, last.upperBound.addingReportingOverflow(1) == (uid, false) {
                ranges[ranges.count - 1] = last.lowerBound...uid
            } else {
                ranges.append(uid...uid)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound):\($0.upperBound)" }
            .joined(separator: ",")
    }
}
