internal import Mail

/// An enhanced status code (RFC 3463) with wildcards, or a range in the last position: `x.7.8`, `4.7.x`, `x.7.606-649`.
package struct StatusPattern: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    private let category: ClosedRange<UInt16>?
    private let subject: ClosedRange<UInt16>?
    private let detail: ClosedRange<UInt16>?

    package init(stringLiteral text: String) {
        let parts = text.split(separator: ".").map { Self.range(of: $0) }
        precondition(
            parts.count == 3 && zip(parts, text.split(separator: ".")).allSatisfy { $0 != nil || $1 == "x" },
            "\(text) is not a status pattern")
        category = parts[0]
        subject = parts[1]
        detail = parts[2]
    }

    private static func range(of text: Substring) -> ClosedRange<UInt16>? {
        let bounds = text.split(separator: "-").compactMap { UInt16($0) }
        guard let low = bounds.first, let high = bounds.last, low <= high else { return nil }
        return low...high
    }

    func fits(_ code: EnhancedStatusCode) -> Bool {
        category?.contains(UInt16(code.category)) ?? true && subject?.contains(code.subject) ?? true
            && detail?.contains(code.detail) ?? true
    }

    package var description: String {
        [category, subject, detail].map { $0.map(Self.text) ?? "x" }.joined(separator: ".")
    }

    private static func text(of range: ClosedRange<UInt16>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
}
