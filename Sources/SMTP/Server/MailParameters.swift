internal import Mail

/// The ESMTP parameters of MAIL that are offered: `SIZE` (RFC 1870) and `BODY` (RFC 6152).
struct MailParameters {
    private(set) var size: Int?
    private(set) var body: BodyType?

    /// Reads `SP keyword [= value]` until the end of the line; RFC 5321 section 4.1.1.11.
    init(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(CommandError) {
        var index = start
        while index < bytes.count {
            while index < bytes.count, bytes[index] == 0x20 { index += 1 }
            let end = bytes.position(of: 0x20, in: index..<bytes.count) ?? bytes.count
            try take(UnsafeRawBufferPointer(rebasing: bytes[index..<end]))
            index = end
        }
    }

    private mutating func take(_ parameter: UnsafeRawBufferPointer) throws(CommandError) {
        let equals = parameter.position(of: UInt8(ascii: "="), in: 0..<parameter.count)
        let keyword = UnsafeRawBufferPointer(rebasing: parameter[..<(equals ?? parameter.count)])
        let value = UnsafeRawBufferPointer(rebasing: parameter[(equals.map { $0 + 1 } ?? parameter.count)...])
        guard isKeyword(keyword), value.allSatisfy(\.isParameterValue), equals == nil || !value.isEmpty else {
            throw CommandError(.parameterSyntax)
        }
        if keyword.equalsIgnoringCase("size") {
            try takeSize(value)
        } else if keyword.equalsIgnoringCase("body") {
            try takeBody(value)
        } else {
            throw CommandError(.unknownParameter)
        }
    }

    private func isKeyword(_ word: UnsafeRawBufferPointer) -> Bool {
        guard let first = word.first, first.isLetterOrDigit else { return false }
        return word.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
    }

    /// One to twenty digits; what does not fit into 63 bits is larger than any limit all the same.
    private mutating func takeSize(_ value: UnsafeRawBufferPointer) throws(CommandError) {
        guard size == nil, (1...20).contains(value.count), value.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw CommandError(.parameterSyntax)
        }
        var sum = 0
        for digit in value {
            let (tens, overflow) = sum.multipliedReportingOverflow(by: 10)
            let (next, carry) = tens.addingReportingOverflow(Int(digit - 0x30))
            sum = overflow || carry || sum == .max ? .max : next
        }
        size = sum
    }

    private mutating func takeBody(_ value: UnsafeRawBufferPointer) throws(CommandError) {
        guard body == nil else { throw CommandError(.parameterSyntax) }
        if value.equalsIgnoringCase("8bitmime") {
            body = .eightBitMIME
        } else if value.equalsIgnoringCase("7bit") {
            body = .sevenBit
        } else {
            throw CommandError(.parameterSyntax)
        }
    }
}
