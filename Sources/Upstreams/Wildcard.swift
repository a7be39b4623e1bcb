/// Text in which `*` stands for any octets, none included. Matched in time proportional to pattern times text, whatever the
/// text is.
struct Wildcard: Hashable, Sendable {
    private let pieces: [[UInt8]]

    init(_ pattern: String) {
        pieces = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    /// Whether the text has all pieces, in their order.
    func found(in text: [UInt8]) -> Bool {
        var start = 0
        for piece in pieces {
            guard let end = Self.find(piece, in: text, from: start) else { return false }
            start = end
        }
        return true
    }

    /// Whether the whole text is what the pattern says.
    func matches(whole text: [UInt8]) -> Bool {
        guard let first = pieces.first, let last = pieces.last, pieces.count > 1 else {
            return pieces.first.map { $0 == text } ?? false
        }
        guard text.count >= first.count + last.count, text.starts(with: first),
            text.reversed().starts(with: last.reversed())
        else { return false }
        let middle = Array(text[first.count..<text.count - last.count])
        var start = 0
        for piece in pieces.dropFirst().dropLast() {
            guard let end = Self.find(piece, in: middle, from: start) else { return false }
            start = end
        }
        return true
    }

    /// Where the piece ends that is found first; nil without one.
    private static func find(_ piece: [UInt8], in text: [UInt8], from start: Int) -> Int? {
        guard let first = piece.first else { return start }
        guard text.count - start >= piece.count else { return nil }
        for index in start...text.count - piece.count where text[index] == first {
            if text[index..<index + piece.count].elementsEqual(piece) { return index + piece.count }
        }
        return nil
    }
}
