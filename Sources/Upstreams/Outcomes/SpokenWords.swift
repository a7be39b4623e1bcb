/// What of a reply's text are the server's own words, and not those of whoever wrote an address or named a host.
enum SpokenWords {
    /// What stands between angle brackets, words with an at sign, quoted local parts and names of hosts are left out, and
    /// runs of spaces become one; an IP address becomes ``address``. A space comes first, so that a pattern may begin with
    /// one.
    static func withoutAddresses(_ octets: [UInt8]) -> [UInt8] {
        var kept = [UInt8(ascii: " ")]
        kept.reserveCapacity(octets.count + 2)
        for word in withoutBrackets(withoutQuotes(octets)).split(separator: UInt8(ascii: " "))
        where !word.contains(UInt8(ascii: "@")) {
            guard let said = isAddress(word) ? address : withoutHost(word) else { continue }
            kept.append(contentsOf: said)
            kept.append(UInt8(ascii: " "))
        }
        return kept
    }

    /// What stands for an IP address.
    static let address = Array("(ip)".utf8)[...]

    /// Whether a word is an IP address, perhaps in brackets and behind a name: `[192.0.2.7]:25`, `mx.example.net[2001:db8::7]`.
    private static func isAddress(_ word: ArraySlice<UInt8>) -> Bool {
        if let open = word.firstIndex(of: UInt8(ascii: "[")),
            let close = word[open...].firstIndex(of: UInt8(ascii: "]"))
        {
            return isNumber(word[(open + 1)..<close])
        }
        let isMark: (UInt8) -> Bool = { !isLetterOrDigit($0) && $0 != UInt8(ascii: ":") }
        let start = word.firstIndex { !isMark($0) } ?? word.endIndex
        let end = word.lastIndex { isLetterOrDigit($0) }.map { $0 + 1 } ?? word.startIndex
        return start < end && isNumber(word[start..<end])
    }

    /// Four numbers and three dots, or hexadecimal digits and two colons at least.
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        let dots = text.count { $0 == UInt8(ascii: ".") }
        let colons = text.count { $0 == UInt8(ascii: ":") }
        guard dots == 3 || colons >= 2 else { return false }
        return text.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): true
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: ":"): colons > 1
            default: false
            }
        }
    }

    /// Without the `"any words"` of `"any words"@example.org`: everything from the first quote to the last that an at sign
    /// follows. No pairs are sought, since a server may repeat an address with its backslashes or without.
    static func withoutQuotes(_ octets: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        guard let first = octets.firstIndex(of: quote) else { return octets }
        let last = octets.indices.dropLast().last { octets[$0] == quote && octets[$0 + 1] == UInt8(ascii: "@") }
        if let last { return Array(octets[..<first] + octets[(last + 1)...]) }
        // What began like such an address and was cut off.
        return first > 0 && octets[first - 1] == UInt8(ascii: "<") ? Array(octets[..<first]) : octets
    }

    /// What no bracket closes ends at a space: quoted local parts, which may have one, are gone.
    ///
    /// - Parameter mark: what stands in its place.
    static func withoutBrackets(_ octets: [UInt8], mark: [UInt8] = []) -> [UInt8] {
        var kept: [UInt8] = []
        var rest = octets[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
            kept.append(contentsOf: rest[..<open])
            kept.append(contentsOf: mark)
            let end = rest[open...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 }
            rest = rest[(end ?? rest[open...].firstIndex(of: UInt8(ascii: " ")) ?? rest.endIndex)...]
        }
        return kept + rest
    }

    /// Words with dots that are Microsoft's and no names of hosts; longer ones of these follow a name with a colon.
    private static let dotted = ["resolver.adr", "resolver.rst", "storedrv.submission", "storedrv.clientsubmit"]
        .map { Array($0.utf8) }
    private static let exception = Array("storedrv.submission.exception:".utf8)

    /// Nil for a word with a dot between letters or digits, such as `overdue.example:`, which the client may have said.
    private static func withoutHost(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard isName(word), !word.starts(with: exception) else { return word }
        return dotted.first { word.starts(with: $0) }?[...]
    }

    /// Whether a dot stands between letters or digits.
    static func isName(_ word: ArraySlice<UInt8>) -> Bool {
        word.indices.dropFirst().dropLast().contains {
            word[$0] == UInt8(ascii: ".") && isLetterOrDigit(word[$0 - 1]) && isLetterOrDigit(word[$0 + 1])
        }
    }

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        default: false
        }
    }
}
