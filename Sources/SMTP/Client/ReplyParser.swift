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
/// Tolerant where the meaning is plain:
///
/// - A line may end in a bare LF. Empty lines are skipped, and blanks at the end of a line.
/// - The code may be followed by its text at once, or by a tab.
/// - If the lines of one reply have different codes, the last one counts. A line without a code belongs to the reply
///   around it.
/// - The first enhanced code that fits the code counts; it may be missing, or be all there is.
/// - RFC 5321 allows 512 octets per line, but providers send more: 4,096 are kept. A reply has at most 64 KiB.
package struct ReplyParser: Sendable {
    package static let maxLine = 4096
    package static let maxReply = 65536

    private var code: UInt16 = 0
    private var enhancedCode: EnhancedStatusCode?
    private var lines: [String] = []
    /// Octets read since the last reply.
    private var octets = 0

    package init() {}

    /// Takes the next complete reply from the front of the buffer; nil if more octets are needed.
    ///
    /// - Throws: ``ReplySyntaxError`` if the input is not a reply; nothing sensible can follow on this connection.
    package mutating func next(_ buffer: inout ByteBuffer) throws(ReplySyntaxError) -> Reply? {
        while let line = try nextLine(&buffer) {
            if try add(line) { return reply() }
        }
        return nil
    }

    /// The reply that the connection ended in the middle of, with the code it had; nil if it had none.
    ///
    /// A server that has replied 250 to a final dot has the message, whatever else it was about to say.
    package mutating func unfinished(_ buffer: inout ByteBuffer) -> Reply? {
        if let line = buffer.readSlice(length: min(buffer.readableBytes, Self.maxLine)) { _ = try? add(line) }
        return lines.isEmpty ? nil : reply()
    }

    /// Whether these octets are empty lines, which are no reply.
    package static func isBlank(_ buffer: ByteBuffer) -> Bool {
        buffer.readableBytes == 0 || buffer.readableBytesView.allSatisfy(isBlank)
    }

    /// One line without its line end.
    private mutating func nextLine(_ buffer: inout ByteBuffer) throws(ReplySyntaxError) -> ByteBuffer? {
        let length = buffer.withUnsafeReadableBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, let end = memchr(base, 0x0A, bytes.count) else { return nil }
            return UnsafeRawPointer(end) - base
        }
        guard octets + (length ?? buffer.readableBytes) <= Self.maxReply else {
            throw ReplySyntaxError(description: "the reply is longer than \(Self.maxReply) octets")
        }
        guard let length, let line = buffer.readSlice(length: length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 1)
        octets += length + 1
        return length <= Self.maxLine ? line : line.getSlice(at: line.readerIndex, length: Self.maxLine)
    }

    /// - Returns: whether the reply is complete.
    private mutating func add(_ line: ByteBuffer) throws(ReplySyntaxError) -> Bool {
        guard let parsed = line.withUnsafeReadableBytes({ Self.parse($0) }) else {
            try addUncoded(line)
            return false
        }
        if enhancedCode?.category != UInt8(parsed.code / 100) { enhancedCode = parsed.enhancedCode }
        code = parsed.code
        lines.append(parsed.text)
        return parsed.isLast
    }

    private mutating func addUncoded(_ line: ByteBuffer) throws(ReplySyntaxError) {
        guard !Self.isBlank(line) else { return }
        guard !lines.isEmpty else {
            let shown = Self.text(line.readableBytesView.prefix(60))
            throw ReplySyntaxError(description: "not an SMTP reply: \(shown)")
        }
        let octets = line.readableBytesView
        let end = octets.lastIndex { !Self.isBlank($0) } ?? octets.startIndex
        lines.append(Self.text(octets[...end]))
    }

    private mutating func reply() -> Reply {
        let reply = Reply(code, enhancedCode, lines: lines)
        lines.removeAll()
        enhancedCode = nil
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
        let hasMore = bytes[3] == 0x2D
        var (start, end) = (hasMore ? 4 : 3, bytes.count)
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        while start < end, isBlank(bytes[start]) { start += 1 }
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        let enhancedCode = enhancedCode(in: line, at: &start, category: bytes[0] - 48)
        // A number with more digits is no code.
        guard !isDigit(bytes[3]) || enhancedCode != nil else { return nil }
        return Line(code: code, isLast: !hasMore, enhancedCode: enhancedCode, text: text(line[start...]))
    }

    /// Blanks and control characters, line ends among them.
    private static func isBlank(_ byte: UInt8) -> Bool { byte <= 0x20 || byte == 0x7F }

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
        guard let detail = number(in: bytes, at: &index), index == bytes.count || isBlank(bytes[index]) else {
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
