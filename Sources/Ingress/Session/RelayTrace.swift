internal import Mail

/// Determines which Posthorse relays have carried a message, from the fields that ``RelayHeader`` writes and each relay
/// prepends (RFC 5321 section 4.4).
///
/// Only an unbroken sequence at the very beginning counts, field by field in the exact form that a relay writes:
/// another server in between has put its own field on top, and then nothing is known. Content may be split anywhere;
/// nothing is kept of content that begins differently.
struct RelayTrace {
    /// Maximum number of relays remembered, most recent first.
    static let relayLimit = 8
    /// Maximum octets examined.
    static let octetLimit = 8 << 10
    /// Maximum octets of a host name (RFC 5321 section 4.5.3.1.2).
    private static let nameLimit = 255

    private static let identity: StaticString = "X-Posthorse-ID: "

    /// Octets of the first field's name matched so far.
    private var matched = 0
    private var collected: [UInt8] = []
    private var isOver = false

    mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        guard !isOver else { return }
        var rest = bytes[...]
        Self.identity.withUTF8Buffer { name in
            while matched < name.count, let octet = rest.first, !isOver {
                isOver = octet != name[matched]
                matched += 1
                rest = rest.dropFirst()
            }
        }
        guard !isOver else { return }
        collected.append(contentsOf: rest.prefix(Self.octetLimit - collected.count))
        isOver = collected.count == Self.octetLimit
    }

    /// Host names of the relays in lower case, most recent first.
    var relays: [String] {
        guard !collected.isEmpty else { return [] }
        var reader = Reader(rest: collected[...])
        var names: [String] = []
        while names.count < Self.relayLimit, let name = reader.nextRelay(isFirst: names.isEmpty) { names.append(name) }
        return names
    }

    /// Consumes the text piece by piece; each method says whether the piece was there.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        /// The host of the next relay, after reading its two fields.
        ///
        /// - Parameter isFirst: whether the name of the first field has been read.
        mutating func nextRelay(isFirst: Bool) -> String? {
            guard isFirst || take(RelayTrace.identity), let id = line(), QueueID(text(id)) != nil else { return nil }
            guard take("Received: from "), let client = line(), client.ends(with: "])") else { return nil }
            guard take("\tby "), let name = word(), take("with "), word() != nil, take("id ") else { return nil }
            guard line() == id + [UInt8(ascii: ";")], take("\t"), line() != nil else { return nil }
            return RelayTrace.hostName(name)
        }

        private mutating func take(_ literal: StaticString) -> Bool {
            let isThere = literal.withUTF8Buffer { rest.starts(with: $0) }
            if isThere { rest = rest.dropFirst(literal.utf8CodeUnitCount) }
            return isThere
        }

        /// The rest of the line, without its end.
        private mutating func line() -> ArraySlice<UInt8>? {
            guard let end = rest.firstIndex(of: 0x0D), rest[end...].starts(with: [0x0D, 0x0A]) else { return nil }
            defer { rest = rest[(end + 2)...] }
            return rest[..<end]
        }

        /// The text up to the next space in this line.
        private mutating func word() -> ArraySlice<UInt8>? {
            guard let end = rest.firstIndex(where: { $0 <= 0x20 }), rest[end] == 0x20 else { return nil }
            defer { rest = rest[(end + 1)...] }
            return rest[..<end]
        }

        private func text(_ octets: ArraySlice<UInt8>) -> String { String(decoding: octets, as: UTF8.self) }
    }

    /// The name in lower case; nil if it is not a valid host name.
    private static func hostName(_ octets: ArraySlice<UInt8>) -> String? {
        guard (1...nameLimit).contains(octets.count), octets.allSatisfy(isInName) else { return nil }
        return String(decoding: octets.map(\.asciiLowercased), as: UTF8.self)
    }

    private static func isInName(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with text: StaticString) -> Bool {
        text.withUTF8Buffer { suffix($0.count).elementsEqual($0) }
    }
}
