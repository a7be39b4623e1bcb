import Foundation

/// A mail derived from its tag, so that what arrives can be compared without storing it.
struct TestMail: Hashable, Sendable {
    /// Unique within a scenario; also the local part of the recipient.
    let tag: String
    /// Approximate octets of the body.
    var size = 300

    var recipient: String { "\(tag)@example.net" }

    /// Before dot stuffing; its header is complete, so that the relay adds only two fields.
    var content: [UInt8] {
        var bytes = Array(
            "Message-ID: <\(tag)@client.example>\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nSubject: \(tag)\r\n\r\n"
                .utf8)
        let line = Array("\(tag) .the quick brown fox, 0123456789 0123456789 0123456789\r\n".utf8)
        bytes.reserveCapacity(size + 200)
        while bytes.count < size { bytes += line }
        return bytes + Array(".\(tag)\r\n".utf8)
    }

    /// In wire form, with the final dot.
    var wire: [UInt8] {
        Self.stuffed(content) + Array(".\r\n".utf8)
    }

    static func stuffed(_ content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count + 16)
        var start = 0
        while start < content.count {
            let end = lineEnd(content, from: start)
            if content[start] == UInt8(ascii: ".") { result.append(UInt8(ascii: ".")) }
            result += content[start..<end]
            start = end
        }
        return result
    }

    private static func lineEnd(_ content: [UInt8], from start: Int) -> Int {
        content.withUnsafeBytes { bytes in
            memchr(bytes.baseAddress! + start, 10, bytes.count - start)
                .map { bytes.baseAddress!.distance(to: UnsafeRawPointer($0)) + 1 } ?? bytes.count
        }
    }

    /// The envelope commands, for one write.
    var envelope: String {
        "MAIL FROM:<sender@example.com>\r\nRCPT TO:<\(recipient)>\r\nDATA\r\n"
    }

    /// `count` mails with tags that begin with `prefix`.
    static func series(_ prefix: String, _ count: Int, sizes: [Int] = [300]) -> [TestMail] {
        (0..<count).map { TestMail(tag: "\(prefix)-\($0)", size: sizes[$0 % sizes.count]) }
    }
}
