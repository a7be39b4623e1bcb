package import Mail

/// Takes one event field by field; passed by ``EventLog/log(_:_:_:)`` to its closure.
///
/// What it gets is copied into a record, as it is: the lines that people and programs read are made of it elsewhere
/// (``LogRenderer``), so that whoever reports an event pays for no quotes, escapes or digits.
///
/// A record begins with its size (4 octets), the level (4), the time in milliseconds (8), and the place
/// (8) and the length (2) of the event's name, which the program has for as long as it runs. Then come the fields: a
/// ``Tag`` (1), the place (8) and the length (1) of the name, and the value.
package struct LogLine: ~Copyable, Sendable {
    /// What a value is, and how it follows.
    enum Tag: UInt8 {
        /// The length (2), its highest bit set if the rest of a longer text was left out, and the octets.
        case text
        /// The same; in the text format in angle brackets.
        case sender
        /// 8 octets.
        case number
        /// Its number, 8 octets.
        case id
        /// In milliseconds, 8 octets.
        case time
        /// In attoseconds, 16 octets.
        case duration
        /// Their number (2), then each as a text.
        case addresses
        /// A text, with a name that is known only at run time: its length (1) and its octets are in place of the name's
        /// place and length.
        case named
    }

    /// Octets before the first field.
    static let head = 26
    /// Octets of a value; of longer ones, whole characters up to there are kept.
    static let valueLimit = 1024
    /// Marks the length of a text that was longer.
    static let cut: UInt16 = 0x8000

    var buffer = LogBuffer()
    /// Where the present record begins.
    private var start = 0

    /// Adds a text.
    package mutating func field(_ name: StaticString, _ value: String) {
        begin(.text, name)
        text(value)
    }

    /// Adds a text, if any.
    package mutating func field(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        field(name, value)
    }

    package mutating func field(_ name: StaticString, _ value: Int) {
        begin(.number, name)
        buffer.append(octetsOf: Int64(value))
    }

    /// Adds a sender: `from=<a@b>`, `from=<>`; without the brackets in JSON.
    package mutating func field(_ name: StaticString, _ value: ReversePath) {
        begin(.sender, name)
        text(value.description)
    }

    package mutating func field(_ name: StaticString, _ value: QueueID) {
        begin(.id, name)
        buffer.append(octetsOf: value.rawValue)
    }

    package mutating func field(_ name: StaticString, _ value: Timestamp) {
        begin(.time, name)
        buffer.append(octetsOf: value.milliseconds)
    }

    /// Adds a duration, which is shown in milliseconds: `took=12ms`, or `"took_ms":12`; with one decimal below ten.
    package mutating func field(_ name: StaticString, _ value: Duration) {
        begin(.duration, name)
        buffer.append(octetsOf: value.attoseconds)
    }

    /// Adds addresses: `to=<a@b>,<c@d>`, or an array of strings.
    package mutating func field(_ name: StaticString, _ value: ArraySlice<Address>) {
        begin(.addresses, name)
        buffer.append(octetsOf: UInt16(value.count))
        for address in value { text(address.text) }
    }

    /// Adds a text under a name known only at run time.
    mutating func field(named name: String, _ value: String) {
        buffer.append(Tag.named.rawValue)
        let octets = name.utf8.prefix(64)
        buffer.append(UInt8(octets.count))
        for octet in octets { buffer.append(octet) }
        text(value)
    }

    /// Begins a record.
    mutating func begin(_ level: LogLevel, _ event: StaticString, at now: Timestamp) {
        start = buffer.count
        buffer.append(octetsOf: UInt32(0))
        buffer.append(octetsOf: UInt32(level.rawValue))
        buffer.append(octetsOf: now.milliseconds)
        buffer.append(octetsOf: UInt(bitPattern: event.utf8Start))
        buffer.append(octetsOf: UInt16(event.utf8CodeUnitCount))
    }

    /// Ends the record: it says now how long it is.
    mutating func end() {
        buffer.store(UInt32(buffer.count - start), at: start)
    }

    /// Calls `body` with the present record, or the last one.
    borrowing func withRecord<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        buffer.withBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    /// Takes the last record back.
    mutating func takeBack() {
        buffer.truncate(to: start)
    }

    private mutating func begin(_ tag: Tag, _ name: StaticString) {
        buffer.append(tag.rawValue)
        buffer.append(octetsOf: UInt(bitPattern: name.utf8Start))
        buffer.append(UInt8(name.utf8CodeUnitCount))
    }

    private mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { octets in
            let kept = Self.kept(of: octets)
            buffer.append(octetsOf: UInt16(kept) | (kept < octets.count ? Self.cut : 0))
            buffer.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(octets)[..<kept]))
        }
    }

    /// Number of octets to keep, in whole UTF-8 characters.
    private static func kept(of octets: UnsafeBufferPointer<UInt8>) -> Int {
        guard octets.count > valueLimit else { return octets.count }
        var end = valueLimit
        while end > 0, octets[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }
}
