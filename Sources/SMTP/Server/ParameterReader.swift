internal import Mail

/// One ESMTP parameter, `keyword` or `keyword=value` (RFC 5321 section 4.1.2).
struct Parameter {
    let keyword: UnsafeRawBufferPointer
    /// nil if there is no equals sign; never empty.
    let value: UnsafeRawBufferPointer?

    /// The value of a parameter that requires one.
    func requiredValue() throws(CommandError) -> UnsafeRawBufferPointer {
        guard let value else { throw CommandError(.parameterSyntax) }
        return value
    }

    /// Rejects a value.
    func requireNoValue() throws(CommandError) {
        guard value == nil else { throw CommandError(.parameterSyntax) }
    }
}

/// Reads `SP keyword [= value]` to the end of the line (RFC 5321 section 4.1.2).
struct ParameterReader {
    private let bytes: UnsafeRawBufferPointer
    private let allowsUTF8: Bool
    private var index: Int

    /// - Parameter allowsUTF8: whether values may contain octets beyond ASCII (RFC 6531 section 3.3).
    init(_ bytes: UnsafeRawBufferPointer, from start: Int, allowsUTF8: Bool) {
        self.bytes = bytes
        self.allowsUTF8 = allowsUTF8
        index = start
    }

    /// The next parameter; nil at the end of the line.
    mutating func next() throws(CommandError) -> Parameter? {
        while index < bytes.count, bytes[index] == 0x20 { index += 1 }
        guard index < bytes.count else { return nil }
        let end = bytes.position(of: 0x20, in: index..<bytes.count) ?? bytes.count
        defer { index = end }
        return try read(UnsafeRawBufferPointer(rebasing: bytes[index..<end]))
    }

    private func read(_ word: UnsafeRawBufferPointer) throws(CommandError) -> Parameter {
        let equals = word.position(of: UInt8(ascii: "="), in: 0..<word.count)
        let keyword = UnsafeRawBufferPointer(rebasing: word[..<(equals ?? word.count)])
        let value = equals.map { UnsafeRawBufferPointer(rebasing: word[($0 + 1)...]) }
        guard isKeyword(keyword), value.map(isValue) ?? true else { throw CommandError(.parameterSyntax) }
        return Parameter(keyword: keyword, value: value)
    }

    private func isKeyword(_ word: UnsafeRawBufferPointer) -> Bool {
        guard let first = word.first, first.isLetterOrDigit else { return false }
        return word.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
    }

    private func isValue(_ value: UnsafeRawBufferPointer) -> Bool {
        !value.isEmpty && value.allSatisfy { $0.isParameterValue || allowsUTF8 && $0 >= 0x80 }
    }
}
