/// An enhanced mail system status code such as `4.3.1` (RFC 3463).
public struct EnhancedStatusCode: Hashable, Sendable, CustomStringConvertible {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    public let category: UInt8
    public let subject: UInt16
    public let detail: UInt16

    public init(_ category: UInt8, _ subject: UInt16, _ detail: UInt16) {
        self.category = category
        self.subject = subject
        self.detail = detail
    }

    /// Parses `5.1.1`; nil for anything else, such as a four-digit number or a class other than 2, 4 and 5.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } }),
            let category = UInt8(parts[0]), [2, 4, 5].contains(category), parts[0].count == 1,
            let subject = UInt16(parts[1]), subject < 1000,
            let detail = UInt16(parts[2]), detail < 1000
        else { return nil }
        self.init(category, subject, detail)
    }

    public var description: String { "\(category).\(subject).\(detail)" }
}
