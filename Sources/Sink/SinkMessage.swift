/// A message accepted by a sink.
package struct SinkMessage: Sendable {
    /// Starts at 1, in the order of the final dots.
    package var number: Int
    /// Wall clock in microseconds since 1970.
    package var takenAt: Int64
    package var sender: String
    package var recipients: [String]
    /// Octets, unstuffed.
    package var size: Int
    /// The first value of `X-Posthorse-ID:`.
    package var queueID: String?
    /// The first value of `Message-ID:`, with its brackets.
    package var messageID: String?
    /// Whether a 250 was to be sent; false if the connection was dropped on purpose.
    package var replied: Bool
    /// As received; empty if none.
    package var mailParameters = ""
    /// The same for each recipient; empty if no recipient has any.
    package var recipientParameters: [String] = []
    /// The IP address that the client came from.
    package var client: String?
    /// The logged-in user.
    package var user: String?
    /// Version and cipher; nil in clear text.
    package var tls: String?
    package var isResumed = false
    /// Whether it came by BDAT rather than DATA.
    package var cameInChunks = false
    /// Name of its file in the store.
    package var file: String?

    /// The message as one line of JSON, without a line end.
    package var json: String {
        var line = JSONLine()
        line.add("number", number)
        line.add("taken_at_us", Int(takenAt))
        line.add("queue_id", queueID)
        line.add("message_id", messageID)
        line.add("sender", sender)
        line.add("recipients", recipients)
        line.add("size", size)
        line.add("replied", replied)
        line.add("body", cameInChunks ? "bdat" : "data")
        if !mailParameters.isEmpty { line.add("mail_parameters", mailParameters) }
        if !recipientParameters.isEmpty { line.add("rcpt_parameters", recipientParameters) }
        if let client { line.add("client", client) }
        if let user { line.add("user", user) }
        if let tls {
            line.add("tls", tls)
            line.add("resumed", isResumed)
        }
        if let file { line.add("file", file) }
        return line.text
    }

    /// The message as a readable line, without a line end; nothing in it can break the line.
    package var text: String {
        let recipients = recipients.map { "<\($0)>" }.joined(separator: ",")
        let line =
            "message \(number) from=<\(sender)> to=\(recipients) size=\(size)"
            + " id=\(queueID ?? "-") message-id=\(messageID ?? "-")"
        return String(String.UnicodeScalarView(line.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
    }

    /// Value of the first header field with this name, its first line only; nil if there is none.
    ///
    /// - Parameter name: in lower case, with the colon.
    static func field(_ name: StaticString, of content: [UInt8]) -> String? {
        var rest = content[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[..<end]
            if line.count <= 1 { return nil }
            if begins(line, with: name) {
                let value = line.dropFirst(name.utf8CodeUnitCount)
                let trimmed = value.drop { $0 == 32 || $0 == 9 }.prefix { $0 != 13 }
                return String(decoding: trimmed, as: UTF8.self)
            }
            rest = rest[(end + 1)...]
        }
        return nil
    }

    private static func begins(_ line: ArraySlice<UInt8>, with name: StaticString) -> Bool {
        guard line.count >= name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { name in
            zip(line, name).allSatisfy { octet, wanted in
                (octet >= 65 && octet <= 90 ? octet | 0x20 : octet) == wanted
            }
        }
    }
}
