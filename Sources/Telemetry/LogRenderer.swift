internal import Mail

/// Makes lines of records, in one of the log's formats.
struct LogRenderer: ~Copyable, Sendable {
    let format: LogFormat
    private(set) var buffer = LogBuffer()
    private var clock = LogClock()

    init(_ format: LogFormat) {
        self.format = format
    }

    /// Appends a record as a line, with its end.
    mutating func append(_ record: LogRecord) {
        begin(record)
        for field in record.fields { append(field) }
        buffer.append(format == .json ? "}\n" : "\n")
    }

    mutating func removeAll() { buffer.removeAll() }

    private mutating func begin(_ record: LogRecord) {
        buffer.append(format == .json ? "{\"time\":\"" : "")
        clock.append(record.time, to: &buffer)
        buffer.append(format == .json ? "\",\"level\":\"" : " ")
        buffer.append(record.level.name)
        buffer.append(format == .json ? "\",\"event\":\"" : " ")
        buffer.append(record.event)
        buffer.append(format == .json ? "\"" : "")
    }

    private mutating func append(_ field: LogRecord.Field) {
        key(field)
        switch field.value {
        case .text(let text): quotedIfNeeded(text)
        case .sender(let text): if format == .text { bracketed(text) } else { quoted(text) }
        case .number(let number): buffer.append(Int(number))
        case .id(let id): word(id.description)
        case .time(let time): word(time.rfc3339)
        case .duration(let duration): milliseconds(duration)
        case .addresses(let addresses): append(addresses)
        }
    }

    /// In the JSON format, the name of a duration says its unit.
    private mutating func key(_ field: LogRecord.Field) {
        buffer.append(format == .json ? ",\"" : " ")
        if field.isForeign { foreign(field.name) } else { buffer.append(field.name) }
        if case .duration = field.value, format == .json { buffer.append("_ms") }
        buffer.append(format == .json ? "\":" : "=")
    }

    /// A name from outside: anything but letters, digits, `.`, `-` and `_` becomes `_`.
    private mutating func foreign(_ name: UnsafeRawBufferPointer) {
        for octet in name { buffer.append(Self.isNameOctet(octet) ? octet : UInt8(ascii: "_")) }
    }

    private mutating func append(_ addresses: LogRecord.Addresses) {
        var separator = format == .json ? UInt8(ascii: "[") : nil
        for address in addresses {
            if let separator { buffer.append(separator) }
            if format == .json { quoted(address) } else { bracketed(address) }
            separator = UInt8(ascii: ",")
        }
        guard format == .json else { return }
        if addresses.count == 0 { buffer.append(UInt8(ascii: "[")) }
        buffer.append(UInt8(ascii: "]"))
    }

    // MARK: Texts

    /// A text of ours that needs no quotes in the text format.
    private mutating func word(_ text: String) {
        var text = text
        if format == .json { buffer.append(UInt8(ascii: "\"")) }
        text.withUTF8 { buffer.append(UnsafeRawBufferPointer($0)) }
        if format == .json { buffer.append(UInt8(ascii: "\"")) }
    }

    /// In the text format, anything but a plain word is quoted.
    private mutating func quotedIfNeeded(_ text: LogRecord.Text) {
        if format == .text, Self.isWord(text) { buffer.append(text.octets) } else { quoted(text) }
    }

    /// `<a@b>`; in quotes unless the address is a plain word.
    private mutating func bracketed(_ address: LogRecord.Text) {
        let isPlain = address.octets.isEmpty || Self.isWord(address)
        if !isPlain { buffer.append(UInt8(ascii: "\"")) }
        buffer.append(UInt8(ascii: "<"))
        escaped(address)
        buffer.append(UInt8(ascii: ">"))
        if !isPlain { buffer.append(UInt8(ascii: "\"")) }
    }

    private mutating func quoted(_ text: LogRecord.Text) {
        buffer.append(UInt8(ascii: "\""))
        escaped(text)
        buffer.append(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ text: LogRecord.Text) {
        buffer.appendEscaped(text.octets)
        if text.isCut { buffer.append("…") }
    }

    private mutating func milliseconds(_ value: Duration) {
        let milliseconds = value.wholeMilliseconds
        buffer.append(Int(milliseconds))
        if (0..<10).contains(milliseconds), value > .zero {
            let tenths = Int(value.components.attoseconds / 100_000_000_000_000)
            if tenths % 10 != 0 {
                buffer.append(UInt8(ascii: "."))
                buffer.append(tenths % 10)
            }
        }
        if format == .text { buffer.append("ms") }
    }

    /// Whether a value needs no quotes in the text format. What was cut ends with a letter that is no octet of a word.
    private static func isWord(_ text: LogRecord.Text) -> Bool {
        !text.octets.isEmpty && !text.isCut && OctetRun.isWord(text.octets)
    }

    private static func isNameOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
