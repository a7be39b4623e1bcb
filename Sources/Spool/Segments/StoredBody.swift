internal import Mail

/// The column `body`: what the client declared of the content, and what the content needs in fact.
///
/// Releases that only knew 0 to 2 kept what was declared, and take other numbers for 0, which is right of 3 and 4.
struct StoredBody: Equatable {
    let declared: BodyType
    let contained: BodyType

    /// By number.
    private static let pairs: [StoredBody] = [
        StoredBody(.sevenBit, .sevenBit), StoredBody(.eightBitMIME, .eightBitMIME),
        StoredBody(.binaryMIME, .binaryMIME), StoredBody(.eightBitMIME, .sevenBit),
        StoredBody(.binaryMIME, .sevenBit), StoredBody(.sevenBit, .eightBitMIME),
        StoredBody(.binaryMIME, .eightBitMIME),
    ]

    private init(_ declared: BodyType, _ contained: BodyType) {
        self.declared = declared
        self.contained = contained
    }

    init(_ message: SpooledMessage) {
        self.init(message.body, message.contained)
    }

    init(column: Int) {
        self = Self.pairs[Self.pairs.indices.contains(column) ? column : 0]
    }

    /// Only content that was declared BINARYMIME can be found to need that; for any other pair what was declared counts.
    var column: Int {
        Self.pairs.firstIndex(of: self) ?? Self.pairs.firstIndex(of: StoredBody(declared, declared)) ?? 0
    }
}
