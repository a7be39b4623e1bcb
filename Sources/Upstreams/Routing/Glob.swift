/// A pattern that must match a whole text; `*` stands for any text, including none. Ignores the case of ASCII letters.
///
/// Matching takes time proportional to the length of the text, whatever the pattern: each piece between two stars is
/// searched for once, from the left (Knuth, Morris and Pratt).
package struct Glob: Hashable, Sendable {
    private let head: [UInt8]
    private let middle: [Piece]
    /// Nil if the pattern has no star.
    private let tail: [UInt8]?

    package init(_ pattern: some StringProtocol) {
        var pieces = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
            .map { $0.map(\.lowercased) }
        head = pieces.removeFirst()
        tail = pieces.popLast()
        middle = pieces.filter { !$0.isEmpty }.map(Piece.init)
    }

    /// A pattern that matches anywhere in a text.
    package init(anywhere pattern: String) {
        self.init("*\(pattern)*")
    }

    /// Text that matches anywhere in a text; a star stands for itself.
    package init(literal part: String) {
        head = []
        middle = part.isEmpty ? [] : [Piece(part.utf8.map(\.lowercased))]
        tail = []
    }

    package func matches(octets: UnsafeRawBufferPointer) -> Bool {
        octets.withMemoryRebound(to: UInt8.self) { matches($0) }
    }

    package func matches(_ text: some StringProtocol) -> Bool {
        var text = Substring(text)
        return text.withUTF8 { matches($0) }
    }

    package func matches(_ text: [UInt8]) -> Bool {
        text.withUnsafeBufferPointer { matches($0) }
    }

    private func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let tail else { return Self.isEqual(text[...], head) }
        guard text.count >= head.count + tail.count else { return false }
        guard Self.isEqual(text.prefix(head.count), head), Self.isEqual(text.suffix(tail.count), tail) else {
            return false
        }
        var rest = text[head.count..<text.count - tail.count]
        for piece in middle {
            guard let end = piece.firstEnd(in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }

    private static func isEqual(_ text: Slice<UnsafeBufferPointer<UInt8>>, _ octets: [UInt8]) -> Bool {
        text.count == octets.count && zip(text, octets).allSatisfy { $0.lowercased == $1 }
    }

    private struct Piece: Hashable {
        let octets: [UInt8]
        /// For each prefix of the piece, the length of its longest proper suffix that is also a prefix.
        let borders: [Int]

        init(_ octets: [UInt8]) {
            self.octets = octets
            var borders = [0]
            for index in octets.indices.dropFirst() {
                borders.append(Self.extended(borders[index - 1], by: octets[index], octets, borders))
            }
            self.borders = borders
        }

        /// Number of leading octets of the piece that end at `octet`, given that `length` of them ended just before it.
        private static func extended(_ length: Int, by octet: UInt8, _ octets: [UInt8], _ borders: [Int]) -> Int {
            var length = length
            while length > 0, octets[length] != octet { length = borders[length - 1] }
            return octets[length] == octet ? length + 1 : 0
        }

        /// The index after the first occurrence of the piece in a text.
        func firstEnd(in text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
            var length = 0
            for index in text.indices {
                length = Self.extended(length, by: text[index].lowercased, octets, borders)
                if length == octets.count { return index + 1 }
            }
            return nil
        }
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): self | 0x20
        default: self
        }
    }
}
