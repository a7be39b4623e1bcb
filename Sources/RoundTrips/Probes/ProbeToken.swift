package import Mail

/// What shows that a message is a probe of this relay, and which: a word in its header, signed with the relay's key.
///
/// The word is `p1.` and the Base64 for URLs (RFC 4648 section 5, without padding) of the fields and 16 octets of
/// HMAC-SHA-256. It stands in the field ``fieldName`` and, because upstreams may take away fields they do not know, in
/// front of the `@` of the Message-ID, where it is a `dot-atom` (RFC 5322 section 3.2.3).
package struct ProbeToken: Hashable, Sendable {
    package static let fieldName = "X-Posthorse-Probe"
    /// What every token begins with; to be searched for.
    package static let prefix = "p1."
    /// Most octets of the name of a round trip or of an upstream.
    package static let nameLimit = 64
    /// Most octets of an address (RFC 5321 section 4.5.3.1.3).
    package static let addressLimit = 254
    /// No token is longer, in characters.
    package static let lengthLimit = 640

    package let path: TripPath
    /// By the system's clock.
    package let sentAt: Timestamp
    /// Never the same for two probes of a relay.
    package let number: UInt64

    /// - Returns: nil if a name is empty or too long, or the time is before 1970.
    package init?(_ path: TripPath, sentAt: Timestamp, number: UInt64) {
        let names = [path.trip, path.upstream ?? path.trip]
        guard names.allSatisfy({ 1...Self.nameLimit ~= $0.utf8.count }),
            1...Self.addressLimit ~= path.mailbox.utf8.count, sentAt.milliseconds >= 0
        else { return nil }
        self.path = path
        self.sentAt = sentAt
        self.number = number
    }

    /// The word; nil if the key cannot be used.
    package func text(_ key: ProbeKey) -> String? {
        let fields = fields
        guard let mark = key.mark(of: fields) else { return nil }
        return Self.prefix + Self.webBase64(fields + mark)
    }

    private var fields: [UInt8] {
        var writer = TripRecordWriter()
        writer.put(number)
        writer.put(UInt64(sentAt.milliseconds))
        writer.put(path.trip)
        writer.put(optional: path.upstream)
        writer.put(path.mailbox)
        return writer.octets
    }
}

// MARK: - Reading

extension ProbeToken {
    /// Reads exactly what ``text(_:)`` has written with this key; nil for anything else.
    package init?(_ text: some Collection<UInt8>, _ key: ProbeKey) {
        guard text.count <= Self.lengthLimit, text.starts(with: Self.prefix.utf8),
            let octets = Self.webOctets(text.dropFirst(Self.prefix.utf8.count)), octets.count > ProbeKey.markLength
        else { return nil }
        let fields = Array(octets.dropLast(ProbeKey.markLength))
        // Before anything of what a stranger may have written is looked at.
        guard key.verifies(octets.suffix(ProbeKey.markLength), of: fields), let token = try? Self.read(fields) else {
            return nil
        }
        self = token
    }

    /// Reads the value of the field ``fieldName``, which a server may have folded.
    package init?(fieldValue: some Collection<UInt8>, _ key: ProbeKey) {
        guard fieldValue.count <= 2 * Self.lengthLimit else { return nil }
        self.init(fieldValue.filter { ![0x20, 0x09, 0x0D, 0x0A].contains($0) }, key)
    }

    /// Reads a Message-ID, `<token@host>`.
    package init?(messageID: some Collection<UInt8>, _ key: ProbeKey) {
        guard messageID.count <= 2 * Self.lengthLimit else { return nil }
        let words = messageID.filter { ![0x20, 0x09, 0x0D, 0x0A].contains($0) }
        guard words.first == UInt8(ascii: "<"), words.last == UInt8(ascii: ">"),
            let at = words.firstIndex(of: UInt8(ascii: "@"))
        else { return nil }
        self.init(words[1..<at], key)
    }

    private static func read(_ fields: [UInt8]) throws(TripRecordFault) -> ProbeToken {
        var reader = TripRecordReader(fields[...])
        let number = try reader.number()
        let time = try reader.count()
        let trip = try reader.text(upTo: nameLimit)
        let upstream = try reader.optionalText(upTo: nameLimit)
        let mailbox = try reader.text(upTo: addressLimit)
        let path = TripPath(trip: trip, upstream: upstream, mailbox: mailbox)
        guard reader.isAtEnd,
            let token = ProbeToken(path, sentAt: Timestamp(milliseconds: Int64(time)), number: number)
        else { throw TripRecordFault() }
        return token
    }

    private static func webBase64(_ octets: [UInt8]) -> String {
        let digits = Base64.encode(octets).utf8.compactMap { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: digit
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func webOctets(_ text: some Collection<UInt8>) -> [UInt8]? {
        var digits: [UInt8] = []
        for digit in text {
            switch digit {
            case UInt8(ascii: "-"): digits.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): digits.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: digits.append(digit)
            }
        }
        while !digits.count.isMultiple(of: 4) { digits.append(UInt8(ascii: "=")) }
        return Base64.decode(digits)
    }
}
