/// A bare value, without quotes or brackets: a number or a boolean, if valid.
struct ScalarToken: Hashable, Sendable {
    let text: String

    /// The octets from where a value should begin to where it may end.
    init(_ bytes: ArraySlice<UInt8>) {
        let end = bytes.lastIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }.map { $0 + 1 } ?? bytes.startIndex
        text = String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// The error; nil for numbers and booleans.
    var mistake: InvalidValue? {
        guard !text.isEmpty else { return InvalidValue("there is no value", "write one, or remove the key") }
        guard !isBoolean, !isNumber else { return nil }
        let shown = text.count > 40 ? text.prefix(40) + "…" : text[...]
        if isDate { return InvalidValue("\(shown) is a date or a time, and no key takes one", "remove it") }
        return InvalidValue("\(shown) is not a value", "put text in quotes: \(RawValue.quote(String(shown)))")
    }

    private var isBoolean: Bool { text == "true" || text == "false" }

    /// Starts like a date: digits, then `-` or `:`.
    private var isDate: Bool {
        var rest = text.utf8[...]
        return Self.skipDigits(&rest, base: 10) && (rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: ":"))
    }

    /// A TOML 1.0 number of any base, with or without a fraction.
    private var isNumber: Bool {
        for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
            var rest = text.utf8.dropFirst(2)
            return Self.skipDigits(&rest, base: base) && rest.isEmpty
        }
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        if rest.elementsEqual("inf".utf8) || rest.elementsEqual("nan".utf8) { return true }
        let whole = rest
        guard Self.skipDigits(&rest, base: 10) else { return false }
        guard whole.first != UInt8(ascii: "0") || whole.count == rest.count + 1 else { return false }
        return Self.skipFraction(&rest) && Self.skipExponent(&rest) && rest.isEmpty
    }

    private static func skipFraction(_ rest: inout Substring.UTF8View) -> Bool {
        guard rest.first == UInt8(ascii: ".") else { return true }
        rest = rest.dropFirst()
        return skipDigits(&rest, base: 10)
    }

    private static func skipExponent(_ rest: inout Substring.UTF8View) -> Bool {
        guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else { return true }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        return skipDigits(&rest, base: 10)
    }

    /// Digits with single underscores between them; at least one.
    private static func skipDigits(_ rest: inout Substring.UTF8View, base: Int) -> Bool {
        guard let first = rest.first, isDigit(first, base: base) else { return false }
        rest = rest.dropFirst()
        while let next = rest.first {
            if next == UInt8(ascii: "_") {
                let after = rest.dropFirst()
                guard let digit = after.first, isDigit(digit, base: base) else { return true }
                rest = after
            } else if !isDigit(next, base: base) {
                return true
            }
            rest = rest.dropFirst()
        }
        return true
    }

    private static func isDigit(_ byte: UInt8, base: Int) -> Bool {
        Character(UnicodeScalar(byte)).hexDigitValue.map { $0 < base } ?? false
    }
}
