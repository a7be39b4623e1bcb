internal import Mail

/// Reads who has carried a message before, as far as these were relays of our own kind: the fields that ``RelayHeader`` writes,
/// which each relay puts in front of all others (RFC 5321 section 4.4).
///
/// Only what stands at the very beginning counts, field by field in the exact form in which a relay writes it: another
/// server in between has put its own field on top, and then nothing is known. The content comes in parts cut anywhere; of one
/// that begins in any other way nothing is kept.
struct RelayTrace {
    /// Relays that are remembered, the last one first.
    static let relayLimit = 8
    /// Octets that are looked at.
    static let octetLimit = 8 << 10
    /// Octets of a host name (RFC 5321 section 4.5.3.1.2).
    private static let nameLimit = 255

    private static let identity: StaticString = "X-Posthorse-ID: "

    /// Octets of the first field's name that have come.
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

    /// Host names of the relays in lower case, that of the last one first.
    var relays: [String] {
        guard !collected.isEmpty else { return [] }
        var reader = Reader(rest: collected[...])
        var names: [String] = []
        while names.count < Self.relayLimit, let name = reader.nextRelay(isFirst: names.isEmpty) { names.append(name) }
        return names
    }

    /// Takes one thing after the other from what has come; each method says whether it was there.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        /// The host of the next relay, whose two fields are read.
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

        /// What is left of the line, without its end.
        private mutating func line() -> ArraySlice<UInt8>? {
            guard let end = rest.firstIndex(of: 0x0D), rest[end...].starts(with: [0x0D, 0x0A]) else { return nil }
            defer { rest = rest[(end + 2)...] }
            return rest[..<end]
        }

        /// What is before the next space, in this line.
        private mutating func word() -> ArraySlice<UInt8>? {
            guard let end = rest.firstIndex(where: { $0 <= 0x20 }), rest[end] == 0x20 else { return nil }
            defer { rest = rest[(end + 1)...] }
            return rest[..<end]
        }

        private func text(_ octets: ArraySlice<UInt8>) -> String { String(decoding: octets, as: UTF8.self) }
    }

    /// The name in lower case; nil for what no host is called.
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
