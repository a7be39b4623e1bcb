package import Mail

/// Formats a line field by field, straight into the buffer; passed by ``EventLog/log(_:_:_:)`` to its closure.
package struct LogLine: ~Copyable, Sendable {
    let format: LogFormat
    var buffer = LogBuffer()
    private var clock = LogClock()

    init(format: LogFormat) {
        self.format = format
    }

    /// Appends a text; in the text format, anything but a plain word is quoted.
    package mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        quotedIfNeeded(value)
    }

    /// Appends a text, if any.
    package mutating func field(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        field(name, value)
    }

    package mutating func field(_ name: StaticString, _ value: Int) {
        key(name)
        buffer.append(value)
    }

    /// Appends a sender: `from=<a@b>`, `from=<>`; without the brackets in JSON.
    package mutating func field(_ name: StaticString, _ value: ReversePath) {
        switch format {
        case .text:
            key(name)
            bracketed(value.description)
        case .json:
            field(name, value.description)
        }
    }

    package mutating func field(_ name: StaticString, _ value: QueueID) {
        field(name, value.description)
    }

    package mutating func field(_ name: StaticString, _ value: Timestamp) {
        field(name, value.rfc3339)
    }

    /// Appends a duration in milliseconds: `took=12ms`, or `"took_ms":12`; with one decimal below ten.
    package mutating func field(_ name: StaticString, _ value: Duration) {
        switch format {
        case .text:
            key(name)
            milliseconds(value)
            buffer.append("ms")
        case .json:
            buffer.append(",\"")
            buffer.append(name)
            buffer.append("_ms\":")
            milliseconds(value)
        }
    }

    /// Appends addresses: `to=<a@b>,<c@d>`, or an array of strings.
    package mutating func field(_ name: StaticString, _ value: ArraySlice<Address>) {
        key(name)
        switch format {
        case .text:
            for index in value.indices {
                if index > value.startIndex { buffer.append(UInt8(ascii: ",")) }
                bracketed(value[index].text)
            }
        case .json:
            var separator = UInt8(ascii: "[")
            if value.isEmpty { buffer.append(separator) }
            for address in value {
                buffer.append(separator)
                quoted(address.text)
                separator = UInt8(ascii: ",")
            }
            buffer.append(UInt8(ascii: "]"))
        }
    }

    /// Appends a text under a name known only at run time; anything but letters, digits, `.`, `-` and `_` in the name
    /// becomes `_`.
    mutating func field(named name: String, _ value: String) {
        buffer.append(format == .json ? ",\"" : " ")
        for byte in name.utf8.prefix(64) { buffer.append(Self.isNameByte(byte) ? byte : UInt8(ascii: "_")) }
        buffer.append(format == .json ? "\":" : "=")
        quotedIfNeeded(value)
    }

    mutating func begin(_ level: LogLevel, _ event: StaticString, at now: Timestamp) {
        buffer.append(format == .json ? "{\"time\":\"" : "")
        clock.append(now, to: &buffer)
        buffer.append(format == .json ? "\",\"level\":\"" : " ")
        buffer.append(level.name)
        buffer.append(format == .json ? "\",\"event\":\"" : " ")
        buffer.append(event)
        buffer.append(format == .json ? "\"" : "")
    }

    mutating func end() {
        buffer.append(format == .json ? "}\n" : "\n")
    }

    private mutating func key(_ name: StaticString) {
        buffer.append(format == .json ? ",\"" : " ")
        buffer.append(name)
        buffer.append(format == .json ? "\":" : "=")
    }

    private mutating func quotedIfNeeded(_ value: String) {
        if format == .text, Self.isWord(value) {
            buffer.appendEscaped(value)
        } else {
            quoted(value)
        }
    }

    /// `<a@b>`; in quotes unless the address is a plain word.
    private mutating func bracketed(_ address: String) {
        let isPlain = address.isEmpty || Self.isWord(address)
        if !isPlain { buffer.append(UInt8(ascii: "\"")) }
        buffer.append(UInt8(ascii: "<"))
        buffer.appendEscaped(address)
        buffer.append(UInt8(ascii: ">"))
        if !isPlain { buffer.append(UInt8(ascii: "\"")) }
    }

    private mutating func quoted(_ value: String) {
        buffer.append(UInt8(ascii: "\""))
        buffer.appendEscaped(value)
        buffer.append(UInt8(ascii: "\""))
    }

    private mutating func milliseconds(_ value: Duration) {
        let milliseconds = value.wholeMilliseconds
        buffer.append(Int(milliseconds))
        guard (0..<10).contains(milliseconds), value > .zero else { return }
        let tenths = Int(value.components.attoseconds / 100_000_000_000_000)
        guard tenths % 10 != 0 else { return }
        buffer.append(UInt8(ascii: "."))
        buffer.append(tenths % 10)
    }

    /// Whether a value needs no quotes in the text format.
    private static func isWord(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { !$0.isEmpty && $0.allSatisfy(isWordByte) }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C && byte != 0x3D
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
