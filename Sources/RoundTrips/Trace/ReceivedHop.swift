package import Mail

/// One `Received` field (RFC 5321 section 4.4), as far as it can be understood. Its words are a stranger's.
package struct ReceivedHop: Hashable, Sendable {
    /// Names, without the comments behind them; nil where the clause is missing.
    package var from: String?
    package var by: String?
    package var protocolName: String?
    package var id: String?
    /// Address of the client, from the comment behind its name, or its name.
    package var address: IPAddress?
    /// The time it gives; nil if that cannot be read.
    package var stampedAt: Timestamp?
    /// How much later than ``stampedAt`` it may have been: servers leave away fractions of a second.
    package var resolution: Duration

    package init(
        from: String? = nil, by: String? = nil, protocolName: String? = nil, id: String? = nil,
        address: IPAddress? = nil, stampedAt: Timestamp? = nil, resolution: Duration = .milliseconds(999)
    ) {
        self.from = from
        self.by = by
        self.protocolName = protocolName
        self.id = id
        self.address = address
        self.stampedAt = stampedAt
        self.resolution = resolution
    }
}

extension ReceivedHop {
    /// Semicolons, from the last one, that are looked behind for the date.
    private static let dateTries = 4
    /// Words that are looked at for clauses.
    private static let wordLimit = 64

    /// - Parameter body: unfolded.
    init(parsing body: [UInt8]) {
        self.init()
        let map = CommentMap(body)
        var end = map.plain.count
        for _ in 0..<Self.dateTries {
            guard let semicolon = map.plain[..<end].lastIndex(of: UInt8(ascii: ";")) else { break }
            end = semicolon
            guard let date = HopDate.read(map.plain[(semicolon + 1)...]) else { continue }
            stampedAt = date.moment
            resolution = date.hasFraction ? .zero : .milliseconds(999)
            break
        }
        readClauses(map, upTo: end)
    }

    private mutating func readClauses(_ map: CommentMap, upTo end: Int) {
        let words = map.plain[..<end].split(maxSplits: Self.wordLimit, whereSeparator: { $0 == 0x20 || $0 == 0x09 })
        for (name, value) in zip(words, words.dropFirst()) {
            switch name.prefix(4).lowercasedText {
            case "from" where name.count == 4 && from == nil && by == nil:
                from = value.visibleText()
                readAddress(value, map)
            case "by" where by == nil: by = value.visibleText()
            case "with" where name.count == 4 && protocolName == nil: protocolName = value.visibleText(upTo: 64)
            case "id" where id == nil: id = value.visibleText()
            default: break
            }
        }
    }

    /// The address in brackets of the comment behind the name, or the bare one; else the name, if it is one.
    private mutating func readAddress(_ name: ArraySlice<UInt8>, _ map: CommentMap) {
        let comment = map.comments.first { $0.place >= name.endIndex }?.text.prefix(512) ?? []
        let words = comment.split { [0x20, 0x09, UInt8(ascii: "["), UInt8(ascii: "]")].contains($0) }
        address = ([name] + words.reversed().prefix(8)).lazy.compactMap(Self.address).first
    }

    private static func address(_ word: ArraySlice<UInt8>) -> IPAddress? {
        var text = String(decoding: word.prefix(64), as: UTF8.self)[...]
        if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
        if text.lowercased().hasPrefix("ipv6:") { text = text.dropFirst(5) }
        return IPAddress(text)
    }
}
