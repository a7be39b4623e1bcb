package import Mail

/// The column `body`: the declared body type of the content, and the one it actually needs.
///
/// Releases that only knew 0 to 2 stored the declared type, and take other numbers for 0, which is right for 3 and 4.
package struct StoredBody: Equatable {
    package let declared: BodyType
    package let contained: BodyType

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

    package init(_ message: SpooledMessage) {
        self.init(message.body, message.contained)
    }

    package init(column: Int) {
        self = Self.pairs[Self.pairs.indices.contains(column) ? column : 0]
    }

    /// Only content declared BINARYMIME can be found to need it; for any other pair the declared type counts.
    package var column: Int {
        Self.pairs.firstIndex(of: self) ?? Self.pairs.firstIndex(of: StoredBody(declared, declared)) ?? 0
    }
}
