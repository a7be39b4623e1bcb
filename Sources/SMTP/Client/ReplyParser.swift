package import Mail
package import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Input from a peer that is not an SMTP reply.
package struct ReplySyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

/// Splits a peer's octets into replies (RFC 5321 section 4.2.1, RFC 2034).
///
/// Tolerant where that is safe: a line may end in a bare LF, and the enhanced code may be missing or differ from line
/// to line (the first one counts). Bounded: RFC 5321 allows 512 octets per line, but providers send more, so up to
/// 4,096 per line and 64 KiB per reply are read.
package struct ReplyParser: Sendable {
    package static let maxLine = 4096
    package static let maxReply = 65536

    private var code: UInt16 = 0
    private var enhancedCode: EnhancedStatusCode?
    private var lines: [String] = []
    private var octets = 0

    package init() {}

    /// Takes the next complete reply from the front of the buffer; nil if more octets are needed.
    ///
    /// - Throws: ``ReplySyntaxError`` if the input is not a reply; nothing sensible can follow on this connection.
    package mutating func next(_ buffer: inout ByteBuffer) throws(ReplySyntaxError) -> Reply? {
        while let line = try nextLine(&buffer) {
            if let reply = try add(line) { return reply }
        }
        return nil
    }

    /// One line without its line end.
    private func nextLine(_ buffer: inout ByteBuffer) throws(ReplySyntaxError) -> ByteBuffer? {
        let length = buffer.withUnsafeReadableBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, let end = memchr(base, 0x0A, bytes.count) else { return nil }
            return UnsafeRawPointer(end) - base
        }
        guard let length, var line = buffer.readSlice(length: length) else {
            guard buffer.readableBytes <= Self.maxLine else { throw tooLong }
            return nil
        }
        buffer.moveReaderIndex(forwardBy: 1)
        guard length <= Self.maxLine else { throw tooLong }
        if let last = line.getInteger(at: line.writerIndex - 1, as: UInt8.self), last == 0x0D {
            line.moveWriterIndex(to: line.writerIndex - 1)
        }
        return line
    }

    private var tooLong: ReplySyntaxError {
        ReplySyntaxError(description: "a line of the reply is longer than \(Self.maxLine) octets")
    }

    private mutating func add(_ line: ByteBuffer) throws(ReplySyntaxError) -> Reply? {
        guard let parsed = line.withUnsafeReadableBytes({ Self.parse($0) }) else {
            let shown = Self.text(line.readableBytesView.prefix(60))
            throw ReplySyntaxError(description: "not an SMTP reply: \(shown)")
        }
        if lines.isEmpty {
            code = parsed.code
            enhancedCode = parsed.enhancedCode
        } else if parsed.code != code {
            throw ReplySyntaxError(description: "one reply has different codes, \(code) and \(parsed.code)")
        }
        octets += line.readableBytes
        guard octets <= Self.maxReply else {
            throw ReplySyntaxError(description: "the reply is longer than \(Self.maxReply) octets")
        }
        lines.append(parsed.text)
        guard parsed.isLast else { return nil }
        let reply = Reply(code, enhancedCode, lines: lines)
        lines.removeAll()
        octets = 0
        return reply
    }

    private struct Line {
        let code: UInt16
        let isLast: Bool
        let enhancedCode: EnhancedStatusCode?
        let text: String
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> Line? {
        guard bytes.count >= 3, (0x32...0x35).contains(bytes[0]), isDigit(bytes[1]), isDigit(bytes[2]) else {
            return nil
        }
        let code = UInt16(bytes[0] - 48) * 100 + UInt16(bytes[1] - 48) * 10 + UInt16(bytes[2] - 48)
        guard bytes.count > 3 else { return Line(code: code, isLast: true, enhancedCode: nil, text: "") }
        guard bytes[3] == 0x20 || bytes[3] == 0x2D else { return nil }
        var start = 4
        let enhancedCode = enhancedCode(in: bytes, at: &start, category: bytes[0] - 48)
        return Line(
            code: code, isLast: bytes[3] == 0x20, enhancedCode: enhancedCode, text: text(bytes[start...]))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    /// Reads `5.1.1 ` at the position and advances past it, if its class matches that of the reply (RFC 2034 section
    /// 4).
    private static func enhancedCode(
        in bytes: UnsafeRawBufferPointer, at position: inout Int, category: UInt8
    ) -> EnhancedStatusCode? {
        guard bytes.count > position + 4, bytes[position] == category + 48, bytes[position + 1] == 0x2E else {
            return nil
        }
        var index = position + 2
        guard let subject = number(in: bytes, at: &index), index < bytes.count, bytes[index] == 0x2E else { return nil }
        index += 1
        guard let detail = number(in: bytes, at: &index), index == bytes.count || bytes[index] == 0x20 else {
            return nil
        }
        position = min(index + 1, bytes.count)
        return EnhancedStatusCode(category, subject, detail)
    }

    private static func number(in bytes: UnsafeRawBufferPointer, at index: inout Int) -> UInt16? {
        let start = index
        var value: UInt16 = 0
        while index < bytes.count, index < start + 3, isDigit(bytes[index]) {
            value = value * 10 + UInt16(bytes[index] - 48)
            index += 1
        }
        return index > start ? value : nil
    }

    /// A peer's text with control characters replaced by blanks, safe for a log line.
    private static func text(_ bytes: some Collection<UInt8>) -> String {
        guard bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
    }
}
