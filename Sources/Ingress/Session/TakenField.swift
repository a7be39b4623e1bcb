/// A header field meant for this relay only, which is removed from the header, and its value.
struct TakenField {
    /// Maximum octets of a value.
    static let limit = 256

    /// In lower case.
    let name: [UInt8]
    /// How often it has occurred.
    private(set) var count = 0
    private var octets: [UInt8] = []
    /// Whether more than white space has followed what ``octets`` has room for.
    private var isTooLong = false

    init(_ name: StaticString) {
        self.name = name.withUTF8Buffer { Array($0) }
    }

    /// - Parameter name: in lower case.
    init(name: [UInt8]) {
        self.name = name
    }

    /// Another field of this name begins.
    mutating func begin() { count += 1 }

    /// Takes the next part of its body, folded as it came.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        let rest = octets.isEmpty ? bytes.drop(while: Self.isSpace) : bytes[...]
        let part = rest.prefix(Self.limit - octets.count)
        octets.append(contentsOf: part)
        if !isTooLong { isTooLong = rest[part.endIndex...].contains { !Self.isSpace($0) } }
    }

    /// The value without white space around it; nil if there is none, more than one, or one that is empty or too long.
    var value: ArraySlice<UInt8>? {
        guard count == 1, !isTooLong, let last = octets.lastIndex(where: { !Self.isSpace($0) }) else { return nil }
        return octets[...last]
    }

    private static func isSpace(_ octet: UInt8) -> Bool {
        octet == 0x20 || octet == 0x09 || octet == 0x0D || octet == 0x0A
    }
}
