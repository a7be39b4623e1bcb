/// Extracts the server's own words from a reply, without addresses and host names.
enum SpokenWords {
    /// Text in angle brackets, words with an at sign, quoted local parts and host names are dropped, and runs of spaces
    /// collapse to one; an IP address becomes ``address``, a link with one ``link``. The result begins with a space, so
    /// that a pattern may begin with one.
    static func withoutAddresses(_ octets: [UInt8]) -> [UInt8] {
        var kept = [UInt8(ascii: " ")]
        kept.reserveCapacity(octets.count + 2)
        for word in withoutBrackets(withoutQuotes(octets)).split(separator: UInt8(ascii: " "))
        where !word.contains(UInt8(ascii: "@")) {
            guard let said = isAddress(word) ? address : withoutHost(word) ?? (namesAddress(word) ? link : nil)
            else { continue }
            kept.append(contentsOf: said)
            kept.append(UInt8(ascii: " "))
        }
        return kept
    }

    /// Placeholder for an IP address.
    static let address = Array("(ip)".utf8)[...]

    /// Placeholder for a link to what the server says about an IP address.
    static let link = Array("(ip-page)".utf8)[...]

    /// Whether an IP address is a part of a link or a network: `https://example.net/?ip=192.0.2.7`, `192.0.2.0/24`.
    private static func namesAddress(_ word: ArraySlice<UInt8>) -> Bool {
        word.split { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "/") }.contains { part in
            let end = part.firstIndex { !isLetterOrDigit($0) && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: ":") }
            let value = part[..<(end ?? part.endIndex)]
            return isNumber(value.last == UInt8(ascii: ".") ? value.dropLast() : value)
        }
    }

    /// Whether a word is an IP address, perhaps in brackets and after a name: `[192.0.2.7]:25`,
    /// `mx.example.net[2001:db8::7]`.
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

    /// Four numbers and three dots, or hexadecimal digits and at least two colons.
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

    /// Drops the `"any words"` of `"any words"@example.org`: everything from the first quote to the last one followed
    /// by an at sign. Quotes are not paired up, because a server may repeat an address with or without its backslashes.
    static func withoutQuotes(_ octets: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        guard let first = octets.firstIndex(of: quote) else { return octets }
        let last = octets.indices.dropLast().last { octets[$0] == quote && octets[$0 + 1] == UInt8(ascii: "@") }
        if let last { return Array(octets[..<first] + octets[(last + 1)...]) }
        // A truncated address of that form.
        return first > 0 && octets[first - 1] == UInt8(ascii: "<") ? Array(octets[..<first]) : octets
    }

    /// An unclosed bracket ends at a space: quoted local parts, which may contain one, are already gone.
    ///
    /// - Parameter mark: the replacement.
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

    /// Dotted words that are Microsoft's error names, not host names; longer ones of these follow a name with a colon.
    private static let dotted = ["resolver.adr", "resolver.rst", "storedrv.submission", "storedrv.clientsubmit"]
        .map { Array($0.utf8) }
    private static let exception = Array("storedrv.submission.exception:".utf8)

    /// Nil for a word with a dot between letters or digits, such as `overdue.example:`, which may be the client's.
    private static func withoutHost(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard isName(word), !word.starts(with: exception) else { return word }
        return dotted.first { word.starts(with: $0) }?[...]
    }

    /// Whether a dot occurs between letters or digits.
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
