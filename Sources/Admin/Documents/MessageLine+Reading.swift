import Glibc
package import NIOCore

extension MessageDocument {
    /// Reads a line of a listing, without its end.
    ///
    /// What ``NIOCore/ByteBuffer/write(_:)`` writes is read as fast as it is written, since a table may have a million
    /// rows; every other line is JSON for Foundation.
    ///
    /// - Throws: `DecodingError` for anything but a message.
    package init(line: ByteBuffer) throws {
        self = try MessageDocument(asWritten: line) ?? AdminJSON.decode(MessageDocument.self, from: line)
    }

    /// - Returns: nil for any other line, and for one with escapes in it.
    package init?(asWritten line: ByteBuffer) {
        guard let message = try? line.withUnsafeReadableBytes({ try FixedLine($0).message() }) else { return nil }
        self = message
    }

    fileprivate init(_ line: inout FixedLine) throws(FixedLine.Deviation) {
        failureClass = try line.text(after: "{\"class\":")
        holdReason = try line.text(after: ",\"hold_reason\":")
        messageID = try line.someText(after: ",\"message_id\":")
        priority = try line.someText(after: ",\"priority\":")
        probe = try line.text(after: ",\"probe\":")
        queueID = try line.someText(after: ",\"queue_id\":")
        receivedAt = try line.someText(after: ",\"received_at\":")
        recipients = try line.recipients(after: ",\"recipients\":[")
        route = try line.someText(after: "],\"route\":")
        sender = try line.someText(after: ",\"sender\":")
        size = try line.number(after: ",\"size\":")
        state = try line.someText(after: ",\"state\":")
        stream = try line.someText(after: ",\"stream\":")
        user = try line.text(after: ",\"user\":")
        try line.skip("}")
    }
}

extension RecipientDocument {
    fileprivate init(_ line: inout FixedLine) throws(FixedLine.Deviation) {
        address = try line.someText(after: "{\"address\":")
        attempts = try line.number(after: ",\"attempts\":")
        failureClass = try line.text(after: ",\"class\":")
        holdReason = try line.text(after: ",\"hold_reason\":")
        lastReply = try line.text(after: ",\"last_reply\":")
        nextAttemptAt = try line.text(after: ",\"next_attempt_at\":")
        route = try line.someText(after: ",\"route\":")
        state = try line.someText(after: ",\"state\":")
        upstream = try line.text(after: ",\"upstream\":")
        waitsFor = try line.text(after: ",\"waits_for\":")
        try line.skip("}")
    }
}

/// A line whose names come in the order in which they are written, and whose strings have no escapes.
private struct FixedLine {
    /// It is written otherwise.
    struct Deviation: Error {}

    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes[...]
    }

    func message() throws(Deviation) -> MessageDocument {
        var line = self
        let message = try MessageDocument(&line)
        guard line.rest.isEmpty else { throw Deviation() }
        return message
    }

    mutating func recipients(after name: StaticString) throws(Deviation) -> [RecipientDocument] {
        try skip(name)
        guard rest.first != UInt8(ascii: "]") else { return [] }
        var recipients = [try RecipientDocument(&self)]
        while rest.first == UInt8(ascii: ",") {
            rest.removeFirst()
            recipients.append(try RecipientDocument(&self))
        }
        return recipients
    }

    mutating func skip(_ expected: StaticString) throws(Deviation) {
        let count = expected.utf8CodeUnitCount
        guard rest.count >= count, UnsafeRawBufferPointer(rebasing: rest.prefix(count)).starts(with: expected) else {
            throw Deviation()
        }
        rest.removeFirst(count)
    }

    mutating func someText(after name: StaticString) throws(Deviation) -> String {
        guard let text = try text(after: name) else { throw Deviation() }
        return text
    }

    mutating func text(after name: StaticString) throws(Deviation) -> String? {
        try skip(name)
        guard rest.first == UInt8(ascii: "\"") else {
            try skip("null")
            return nil
        }
        rest.removeFirst()
        guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }),
            rest[end] == UInt8(ascii: "\"")
        else { throw Deviation() }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: UnsafeRawBufferPointer(rebasing: rest[..<end]), as: UTF8.self)
    }

    mutating func number(after name: StaticString) throws(Deviation) -> Int {
        try skip(name)
        let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard let number = Int(String(decoding: digits, as: UTF8.self)) else { throw Deviation() }
        rest.removeFirst(digits.count)
        return number
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func starts(with text: StaticString) -> Bool {
        memcmp(baseAddress!, text.utf8Start, text.utf8CodeUnitCount) == 0
    }
}
