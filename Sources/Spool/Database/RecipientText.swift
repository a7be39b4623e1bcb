internal import Glibc
internal import Mail

/// The `recipients` column: one line per recipient, `state attempts next_attempt_at upstream address last_reply`,
/// separated by tabs; then, as needed, the parameters of RCPT, an operator's resolution of a doubt, `count since last` of
/// an impasse, the class of a failure, the reason of a hold, and `warned`. An empty field is nil; a reply of `"` is that of the recipient before, so that what a server has
/// said to a thousand is stored once. Readable with the `sqlite3` tool, and fast to write and parse.
package enum RecipientText {
    package static func encode(_ recipients: [Recipient], into bytes: inout [UInt8]) {
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
        guard hasRareFields(recipient) else { return }
        // Nothing is written after the last field that is not empty.
        var gap = 0
        for field in rareFields(of: recipient) {
            gap += 1
            guard !field.isEmpty else { continue }
            for _ in 0..<gap { bytes.append(tab) }
            append(field, to: &bytes)
            gap = 0
        }
    }

    private static func hasRareFields(_ recipient: Recipient) -> Bool {
        recipient.options != .none || recipient.resolution != nil || recipient.impasse != nil
            || recipient.failureClass != nil || recipient.holdReason != nil || recipient.wasWarned
    }

    private static func rareFields(of recipient: Recipient) -> [String] {
        [
            recipient.options.parameters, recipient.resolution?.rawValue ?? "",
            recipient.impasse.map { "\($0.count) \($0.since.milliseconds) \($0.last.milliseconds)" } ?? "",
            recipient.failureClass?.rawValue ?? "", recipient.holdReason?.rawValue ?? "",
            recipient.wasWarned ? warned : "",
        ]
    }

    private static let warned = "warned"

    /// Nil for text that ``encode(_:into:)`` cannot have written.
    package static func decode(_ bytes: UnsafeRawBufferPointer) -> [Recipient]? {
        var recipients: [Recipient] = []
        var isValid = true
        let isWhole = forEachLine(bytes) { line in
            guard let recipient = decode(line) else {
                isValid = false
                return false
            }
            recipients.append(recipient)
            return true
        }
        return isWhole && isValid ? recipients : nil
    }

    /// The address of the first recipient, without reading the others; empty if there is none.
    package static func firstAddress(of bytes: UnsafeRawBufferPointer) -> String {
        var address = ""
        forEachLine(bytes) { line in
            address = String(decoding: line.address, as: UTF8.self)
            return false
        }
        return address
    }

    /// `0,2,3`.
    package static func encode(indexes: [Int]) -> String {
        indexes.count == 1 ? String(indexes[0]) : indexes.map(String.init).joined(separator: ",")
    }

    package static func decode(indexes: String) -> [Int] {
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

    /// One recipient's fields, undecoded.
    package struct Line {
        package let state, attempts, next, upstream, address: UnsafeRawBufferPointer
        /// Of the recipient before, if it is the same; empty for none.
        package let reply: UnsafeRawBufferPointer
        /// Fields that few recipients have.
        package let rare: UnsafeRawBufferPointer
    }

    /// Calls `body` with each line until it returns false.
    ///
    /// - Returns: false for text that ``encode(_:into:)`` cannot have written, once that is noticed.
    @discardableResult
    package static func forEachLine(_ bytes: UnsafeRawBufferPointer, _ body: (Line) -> Bool) -> Bool {
        var rest = bytes[...]
        var last = UnsafeRawBufferPointer(start: nil, count: 0)
        while let text = takeField(&rest, newline) {
            guard let line = line(text, &last) else { return false }
            guard body(line) else { return true }
        }
        return rest.isEmpty
    }

    /// - Parameter last: the last reply that was written out.
    private static func line(_ text: Slice<UnsafeRawBufferPointer>, _ last: inout UnsafeRawBufferPointer) -> Line? {
        var rest = text
        guard let state = takeField(&rest, tab), let attempts = takeField(&rest, tab),
            let next = takeField(&rest, tab), let upstream = takeField(&rest, tab), let address = takeField(&rest, tab)
        else { return nil }
        // The last field of a line is not followed by a tab.
        let reply = takeField(&rest, tab) ?? takeAll(&rest)
        if !isDitto(reply), !reply.isEmpty { last = UnsafeRawBufferPointer(rebasing: reply) }
        return Line(
            state: UnsafeRawBufferPointer(rebasing: state), attempts: UnsafeRawBufferPointer(rebasing: attempts),
            next: UnsafeRawBufferPointer(rebasing: next), upstream: UnsafeRawBufferPointer(rebasing: upstream),
            address: UnsafeRawBufferPointer(rebasing: address),
            reply: reply.isEmpty ? UnsafeRawBufferPointer(rebasing: reply) : last,
            rare: UnsafeRawBufferPointer(rebasing: rest))
    }

    /// Nil for fields that ``encode(_:into:)`` cannot have written.
    package static func decode(_ line: Line) -> Recipient? {
        var rest = line.rare[...]
        guard let state = state(line.state), let attempts = Int(String(decoding: line.attempts, as: UTF8.self)) else {
            return nil
        }
        let moment = line.next.isEmpty ? nil : Int64(String(decoding: line.next, as: UTF8.self))
        guard line.next.isEmpty || moment != nil, let rare = RareFields(&rest) else { return nil }
        return Recipient(
            address: Address(unchecked: String(decoding: line.address, as: UTF8.self)), options: rare.options,
            state: state, attempts: attempts, nextAttemptAt: moment.map(Timestamp.init(milliseconds:)),
            upstream: text(line.upstream[...]), lastReply: text(line.reply[...]), resolution: rare.resolution,
            impasse: rare.impasse, failureClass: rare.failureClass, holdReason: rare.holdReason(of: state),
            wasWarned: rare.wasWarned)
    }

    private static let states = Recipient.State.allCases.map { (Array($0.rawValue.utf8), $0) }

    package static func state(_ field: UnsafeRawBufferPointer) -> Recipient.State? {
        states.first { $0.0.elementsEqual(field) }?.1
    }

    /// A number that ``append(_:to:)`` wrote; 0 for anything else.
    package static func number(_ field: UnsafeRawBufferPointer) -> Int {
        guard field.count == 1, let digit = field.first, digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else {
            return Int(String(decoding: field, as: UTF8.self)) ?? 0
        }
        return Int(digit - UInt8(ascii: "0"))
    }

    private static func isDitto(_ field: Slice<UnsafeRawBufferPointer>) -> Bool {
        field.count == 1 && field.first == ditto
    }

    /// Fields that few recipients have.
    private struct RareFields {
        var options = RecipientOptions.none
        var resolution: Recipient.Resolution?
        var impasse: Impasse?
        var failureClass: FailureClass?
        private var holdReason: Recipient.HoldReason?
        var wasWarned = false

        /// Older releases held only what was damaged, and wrote no reason.
        func holdReason(of state: Recipient.State) -> Recipient.HoldReason? {
            state == .held ? holdReason ?? .damaged : nil
        }

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
            guard readLater(&rest) else { return nil }
            guard rest.isEmpty else { return nil }
        }

        /// Fields added by schema 5.
        private mutating func readLater(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Bool {
            if let word = text(nextField(&rest)) {
                failureClass = FailureClass(rawValue: word)
                if failureClass == nil { return false }
            }
            if let word = text(nextField(&rest)) {
                holdReason = Recipient.HoldReason(rawValue: word)
                if holdReason == nil { return false }
            }
            guard let word = text(nextField(&rest)) else { return true }
            wasWarned = word == warned
            return wasWarned
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
