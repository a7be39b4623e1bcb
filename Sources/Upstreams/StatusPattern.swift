internal import Mail

/// An enhanced status code (RFC 3463) with parts left open: `x.7.8`, `4.7.x`, `5.2.251`.
package struct StatusPattern: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    private let category: UInt8?
    private let subject: UInt16?
    private let detail: UInt16?

    package init(stringLiteral text: String) {
        let parts = text.split(separator: ".").map(String.init)
        precondition(
            parts.count == 3 && parts.allSatisfy { $0 == "x" || UInt16($0) != nil }, "\(text) is no pattern of a status"
        )
        category = UInt8(parts[0])
        subject = UInt16(parts[1])
        detail = UInt16(parts[2])
    }

    func fits(_ code: EnhancedStatusCode) -> Bool {
        category ?? code.category == code.category && subject ?? code.subject == code.subject
            && detail ?? code.detail == code.detail
    }

    package var description: String {
        [category.map(UInt16.init), subject, detail].map { $0.map(String.init) ?? "x" }.joined(separator: ".")
    }
}
