extension SinkFault {
    /// Parses `PHASE ACTION [KEY=VALUE ...][: TEXT]`, such as `mail reply rate=0.2 for=3s: 554 5.7.1 No`.
    ///
    /// - Throws: `SinkFaultError`.
    package init(_ text: String) throws(SinkFaultError) {
        let colon = text.firstRange(of: ": ")
        let head = colon.map { text[..<$0.lowerBound] } ?? text[...]
        let words = head.split(separator: " ")
        guard words.count >= 2, let phase = SinkPhase(rawValue: String(words[0])) else {
            throw SinkFaultError("\"\(text)\" does not begin with a phase and an action")
        }
        var values = try Self.values(of: words.dropFirst(2))
        let kind = try Self.kind(words[1], phase, &values, colon.map { text[$0.upperBound...] })
        self.init(kind, at: phase)
        try set(&values)
        guard values.isEmpty else { throw SinkFaultError("unknown key \(values.keys.sorted()[0])") }
        try check()
    }

    private static func values(of words: ArraySlice<Substring>) throws(SinkFaultError) -> [Substring: Substring] {
        var values: [Substring: Substring] = [:]
        for word in words {
            guard let equals = word.firstIndex(of: "=") else { throw SinkFaultError("\(word) has no value") }
            values[word[..<equals]] = word[word.index(after: equals)...]
        }
        return values
    }

    private static func kind(
        _ word: Substring, _ phase: SinkPhase, _ values: inout [Substring: Substring], _ text: Substring?
    ) throws(SinkFaultError) -> Kind {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? parts[1] : nil
        guard (value != nil) == ["delay", "slow"].contains(parts[0]) else { throw SinkFaultError("no action \(word)") }
        let needsText = ["raw", "take-and-say"].contains(parts[0])
        guard (text != nil) == needsText || ["reply", "take-and-close"].contains(parts[0]) else {
            throw SinkFaultError(text == nil ? "\(parts[0]) needs a text" : "\(parts[0]) has no text")
        }
        switch parts[0] {
        case "reply": return try text.map { text throws(SinkFaultError) in .say(try reply(text)) } ?? .fail
        case "raw": return .say(try octets(text ?? ""))
        case "twice": return .twice
        case "endless": return .endless
        case "hang": return .hang
        case "drop": return .drop
        case "discard": return .discard
        case "junk": return .junk
        case "deaf": return .deaf
        case "take-and-drop": return .takeAndDrop
        case "take-and-say": return .takeAndSay(try octets(text ?? ""))
        case "take-and-close":
            return .takeAndClose(try text.map { text throws(SinkFaultError) in try reply(text) } ?? [])
        case "delay":
            return .delay(try time(value), growth: try values.removeValue(forKey: "grow").map(time) ?? .zero)
        case "slow": return .slow(bytesPerSecond: try number(value))
        case "refuse": return .refuse
        case "down": return .down
        case "cut": return .cut
        default: throw SinkFaultError("no action \(word)")
        }
    }

    private mutating func set(_ values: inout [Substring: Substring]) throws(SinkFaultError) {
        if let value = values.removeValue(forKey: "after") { after = try Self.number(value) }
        if let value = values.removeValue(forKey: "from") { window.start = try Self.time(value) }
        if let value = values.removeValue(forKey: "for") { window.length = try Self.time(value) }
        if let value = values.removeValue(forKey: "every") { window.period = try Self.time(value) }
        if let value = values.removeValue(forKey: "above") { above = try Self.number(value) }
        if let value = values.removeValue(forKey: "limit") { limit = try Self.number(value) }
        if let value = values.removeValue(forKey: "behind") { behind = try Self.number(value) }
        if let value = values.removeValue(forKey: "quota") { quota = try Self.number(value) }
        if let value = values.removeValue(forKey: "messages") { messages = try Self.number(value) }
        if let value = values.removeValue(forKey: "mechanism") { mechanism = value.uppercased() }
        if let value = values.removeValue(forKey: "rcpt") { recipient = String(value) }
        if let value = values.removeValue(forKey: "rate") {
            guard let number = Double(value), (0...1).contains(number) else {
                throw SinkFaultError("rate must be between 0 and 1")
            }
            rate = number
        }
    }

    private func check() throws(SinkFaultError) {
        if isOfListener {
            guard phase == .connect else { throw SinkFaultError("refuse, down and cut are for connect") }
            guard rate == 1, above == nil, limit == nil, quota == nil else {
                throw SinkFaultError("refuse, down and cut take neither rate nor above nor limit nor quota")
            }
        }
        if quota != nil, window.length != nil { throw SinkFaultError("quota takes every, not for") }
        try checkDelivery()
        if case .slow = kind, phase != .content { throw SinkFaultError("slow is for content") }
        if kind == .takeAndDrop, phase != .dot { throw SinkFaultError("take-and-drop is for dot") }
        if case .takeAndSay = kind, phase != .dot { throw SinkFaultError("take-and-say is for dot") }
        if kind == .deaf, [.connect, .banner, .tls, .content, .dot, .delivery].contains(phase) {
            throw SinkFaultError(
                "deaf is for phases that are commands, such as mail or data: not for \(phase.rawValue)")
        }
        if case .takeAndClose = kind, phase != .dot { throw SinkFaultError("take-and-close is for dot") }
        if phase == .content, [.fail, .twice, .endless].contains(kind) {
            throw SinkFaultError("no reply is possible within content; raw sends text all the same")
        }
        if recipient != nil, phase != .rcpt { throw SinkFaultError("rcpt=TEXT is for rcpt") }
        if mechanism != nil, phase != .auth { throw SinkFaultError("mechanism=NAME is for auth") }
        if behind != nil, phase != .rcpt { throw SinkFaultError("behind=N is for rcpt") }
        if let period = window.period, window.length.map({ $0 >= period }) ?? (kind != .cut && quota == nil) {
            throw SinkFaultError("every=TIME needs for=TIME, which is shorter")
        }
    }

    private func checkDelivery() throws(SinkFaultError) {
        switch kind {
        case .discard, .junk:
            guard phase == .delivery else { throw SinkFaultError("discard and junk are for delivery") }
        case .twice, .delay: break
        case .fail, .say, .endless, .hang, .drop, .takeAndDrop, .takeAndSay, .takeAndClose, .deaf, .slow, .refuse,
            .down, .cut:
            guard phase != .delivery else { throw SinkFaultError("delivery takes discard, junk, twice and delay") }
        }
    }

    private static func number(_ text: Substring?) throws(SinkFaultError) -> Int {
        guard let text, let number = Int(text), number > 0 else {
            throw SinkFaultError("\(text ?? "nothing") is not a number above 0")
        }
        return number
    }

    private static func time(_ text: Substring?) throws(SinkFaultError) -> Duration {
        guard let text, let time = SinkTime.duration(text) else {
            throw SinkFaultError("\(text ?? "nothing") is not a time such as 200ms or 1.5s")
        }
        return time
    }

    /// One line: any three digits, and a text.
    private static func reply(_ text: Substring) throws(SinkFaultError) -> [UInt8] {
        let code = text.prefix { $0 != " " && $0 != "-" }
        guard code.count == 3, code.allSatisfy({ "0"..."9" ~= $0 }), text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 })
        else { throw SinkFaultError("\"\(text)\" is not a reply; raw sends any text") }
        return Array("\(text)\r\n".utf8)
    }

    /// With the escapes `\r`, `\n`, `\\` and `\xHH`.
    private static func octets(_ text: Substring) throws(SinkFaultError) -> [UInt8] {
        var octets: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "\\") else {
                octets.append(octet)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): octets.append(13)
            case UInt8(ascii: "n"): octets.append(10)
            case UInt8(ascii: "\\"): octets.append(octet)
            case UInt8(ascii: "x"):
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { throw SinkFaultError("\\x takes two hexadecimal digits") }
                rest = rest.dropFirst(2)
                octets.append(value)
            case .some, .none: throw SinkFaultError("escapes are \\r, \\n, \\\\ and \\xHH")
            }
        }
        return octets
    }
}
