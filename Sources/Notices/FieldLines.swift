/// Header fields in the making (RFC 5322 section 2.2), with CRLF.
struct FieldLines {
    /// A line is folded at a space before it exceeds this (RFC 5322 section 2.1.1 recommends 78).
    private static let width = 76
    /// Maximum octets of a word on one line; a longer one is broken. A line has at most 998 (RFC 5322 section 2.1.1).
    private static let wordLimit = 900

    private(set) var octets: [UInt8] = []

    /// Adds a field whose value may be folded: its words are separated by one space each.
    ///
    /// - Parameter value: without control characters.
    mutating func add(_ name: String, _ value: String) {
        var column = name.utf8.count + 1
        octets.append(contentsOf: name.utf8)
        octets.append(UInt8(ascii: ":"))
        for (index, word) in value.split(separator: " ").enumerated() {
            if index > 0, column + 1 + word.utf8.count > Self.width { fold(&column) }
            octets.append(UInt8(ascii: " "))
            column += 1
            put(word, &column)
        }
        endLine()
    }

    /// Adds a field whose value stands as it is, spaces included, on one line if that has room.
    mutating func add(verbatim value: String, _ name: String) {
        octets.append(contentsOf: "\(name): ".utf8)
        var column = name.utf8.count + 2
        put(value[...], &column)
        endLine()
    }

    mutating func endLine() { octets.append(contentsOf: [0x0D, 0x0A]) }

    private mutating func fold(_ column: inout Int) {
        endLine()
        column = 0
    }

    private mutating func put(_ word: Substring, _ column: inout Int) {
        for scalar in word.unicodeScalars {
            if column >= Self.wordLimit, scalar != " " {
                fold(&column)
                octets.append(UInt8(ascii: " "))
            }
            let encoded = UTF8.encode(scalar).map(Array.init) ?? []
            octets.append(contentsOf: encoded)
            column += encoded.count
        }
    }
}
