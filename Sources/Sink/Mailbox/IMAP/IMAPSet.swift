/// UIDs or sequence numbers in a command, such as `1,5:*` (RFC 9051 section 9, `sequence-set`).
struct IMAPSet: Equatable {
    /// `*` is `UInt32.max`.
    private let ranges: [ClosedRange<UInt32>]

    init?(_ text: String) {
        var ranges: [ClosedRange<UInt32>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: ":", omittingEmptySubsequences: false).map(Self.number)
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
            ranges.append(min(first, last)...max(first, last))
        }
        self.ranges = ranges
    }

    private static func number(_ text: Substring) -> UInt32? {
        if text == "*" { return .max }
        return UInt32(text).flatMap { $0 > 0 ? $0 : nil }
    }

    /// - Parameter last: the number that `*` stands for.
    func contains(_ number: UInt32, last: UInt32) -> Bool {
        ranges.contains { min($0.lowerBound, last) <= number && number <= $0.upperBound }
    }
}
