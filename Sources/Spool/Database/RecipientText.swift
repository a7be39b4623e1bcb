internal import Glibc
internal import Mail

/// The `recipients` column: one line per recipient, `state attempts next_attempt_at upstream address last_reply`,
/// separated by tabs; then, as needed, the parameters of RCPT, an operator's resolution of a doubt, and `count since
/// last` of an impasse. An empty field is nil; a reply of `"` is that of the recipient before, so that what a server has
/// said to a thousand is stored once. Readable with the `sqlite3` tool, and fast to write and parse.
enum RecipientText {
    static func encode(_ recipients: [Recipient], into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        var last: String?
        for recipient in recipients {
            bytes.append(contentsOf: recipient.state.rawValue.utf8)
            bytes.append(tab)
            append(recipient.attempts, to: &bytes)
            bytes.append(tab)
            if let next = recipient.nextAttemptAt { append(Int(next.milliseconds), to: &bytes) }
            bytes.append(tab)
            if let upstream = recipient.upstream { append(upstream, to: &bytes) }
            bytes.append(tab)
            append(recipient.address.text, to: &bytes)
            bytes.append(tab)
            if let reply = recipient.lastReply { append(reply, after: &last, to: &bytes) }
            appendRareFields(of: recipient, to: &bytes)
            bytes.append(newline)
        }
    }

    private static func append(_ reply: String, after last: inout String?, to bytes: inout [UInt8]) {
        guard reply != last else { return bytes.append(ditto) }
        append(reply, to: &bytes)
        last = reply
    }

    private static func appendRareFields(of recipient: Recipient, to bytes: inout [UInt8]) {
        let hasMore = recipient.resolution != nil || recipient.impasse != nil
        guard hasMore || recipient.options != .none else { return }
        bytes.append(tab)
        append(recipient.options.parameters, to: &bytes)
        guard hasMore else { return }
        bytes.append(tab)
        append(recipient.resolution?.rawValue ?? "", to: &bytes)
        guard let impasse = recipient.impasse else { return }
        bytes.append(tab)
        append("\(impasse.count) \(impasse.since.milliseconds) \(impasse.last.milliseconds)", to: &bytes)
    }

    /// Nil for text that ``encode(_:into:)`` cannot have written.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [Recipient]? {
        var recipients: [Recipient] = []
        var rest = bytes[...]
        var last: String?
        while let line = takeField(&rest, newline) {
            guard let recipient = recipient(line, &last) else { return nil }
            recipients.append(recipient)
        }
        return rest.isEmpty ? recipients : nil
    }

    /// `0,2,3`.
    static func encode(indexes: [Int]) -> String {
        indexes.count == 1 ? String(indexes[0]) : indexes.map(String.init).joined(separator: ",")
    }

    static func decode(indexes: String) -> [Int] {
        indexes.split(separator: ",").compactMap { Int($0) }
    }

    /// No reply and no error is a single quotation mark.
    private static let ditto = UInt8(ascii: "\"")
    private static let tab = UInt8(ascii: "\t")
    private static let newline = UInt8(ascii: "\n")

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            bytes.append(byte < 0x20 || byte == 0x7f ? UInt8(ascii: " ") : byte)
        }
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        if number >= 0 && number < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            bytes.append(contentsOf: String(number).utf8)
        }
    }

    /// - Parameter last: the last reply that was written out.
    private static func recipient(_ line: Slice<UnsafeRawBufferPointer>, _ last: inout String?) -> Recipient? {
        var rest = line
        guard let stateText = takeField(&rest, tab), let attemptsText = takeField(&rest, tab),
            let next = takeField(&rest, tab), let upstream = takeField(&rest, tab), let address = takeField(&rest, tab),
            let state = Recipient.State(rawValue: String(decoding: stateText, as: UTF8.self)),
            let attempts = Int(String(decoding: attemptsText, as: UTF8.self))
        else { return nil }
        let moment = next.isEmpty ? nil : Int64(String(decoding: next, as: UTF8.self))
        guard next.isEmpty || moment != nil else { return nil }
        // The last field of a line is not followed by a tab.
        let reply = takeField(&rest, tab) ?? takeAll(&rest)
        if !isDitto(reply), !reply.isEmpty { last = text(reply) }
        guard let rare = RareFields(&rest) else { return nil }
        return Recipient(
            address: Address(unchecked: String(decoding: address, as: UTF8.self)), options: rare.options, state: state,
            attempts: attempts, nextAttemptAt: moment.map(Timestamp.init(milliseconds:)), upstream: text(upstream),
            lastReply: reply.isEmpty ? nil : last, resolution: rare.resolution, impasse: rare.impasse)
    }

    private static func isDitto(_ field: Slice<UnsafeRawBufferPointer>) -> Bool {
        field.count == 1 && field.first == ditto
    }

    /// Fields that few recipients have.
    private struct RareFields {
        var options = RecipientOptions.none
        var resolution: Recipient.Resolution?
        var impasse: Impasse?

        /// Nil if invalid.
        init?(_ rest: inout Slice<UnsafeRawBufferPointer>) {
            guard let last = rest.last else { return }
            // Nothing is written after the last non-empty field.
            guard last != tab else { return nil }
            guard let options = RecipientOptions(parameters: text(nextField(&rest)) ?? "") else { return nil }
            self.options = options
            if let word = text(nextField(&rest)) {
                guard let resolution = Recipient.Resolution(rawValue: word) else { return nil }
                self.resolution = resolution
            }
            if let words = text(nextField(&rest)) {
                guard let impasse = Impasse(words) else { return nil }
                self.impasse = impasse
            }
            guard rest.isEmpty else { return nil }
        }
    }

    private static func nextField(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        takeField(&rest, tab) ?? takeAll(&rest)
    }

    private static func takeAll(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        let all = rest
        rest = rest.dropFirst(rest.count)
        return all
    }

    private static func text(_ field: Slice<UnsafeRawBufferPointer>) -> String? {
        field.isEmpty ? nil : String(decoding: field, as: UTF8.self)
    }

    /// Takes everything up to the next separator, and the separator; nil if there is none.
    private static func takeField(
        _ rest: inout Slice<UnsafeRawBufferPointer>, _ separator: UInt8
    ) -> Slice<UnsafeRawBufferPointer>? {
        let bytes = UnsafeRawBufferPointer(rebasing: rest)
        guard let start = bytes.baseAddress, let found = memchr(start, Int32(separator), bytes.count) else {
            return nil
        }
        let count = UnsafeRawPointer(found) - start
        let field = rest.prefix(count)
        rest = rest.dropFirst(count + 1)
        return field
    }
}

extension Impasse {
    fileprivate init?(_ words: String) {
        let numbers = words.split(separator: " ").compactMap { Int64($0) }
        guard numbers.count == 3, numbers[0] > 0, let count = Int(exactly: numbers[0]) else { return nil }
        self.init(
            count: count, since: Timestamp(milliseconds: numbers[1]), last: Timestamp(milliseconds: numbers[2]))
    }
}
