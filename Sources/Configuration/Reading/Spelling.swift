/// Suggests the intended name for a misspelled one.
enum Spelling {
    /// The name with the smallest edit distance, or nil if none is near: one edit per three letters, rounded up for
    /// most words, at most three.
    static func nearest(to word: String, among names: [String]) -> String? {
        let plainWord = plain(word)
        let limit = min(3, max(1, (plainWord.count + 1) / 3))
        let distances = names.map { (name: $0, distance: distance(plainWord, plain($0))) }
        guard let best = distances.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
        return best.name
    }

    /// The names that contain or begin with the word, shortest first: `user` begins `username`, `key` is a part of
    /// `private_key`.
    static func names(_ names: [String], with word: String) -> [String] {
        names.filter { isPart(word, of: $0) }.sorted { ($0.count, $0) < ($1.count, $1) }
    }

    /// The longest name that is part of the word, or that the word begins with: `tls` for `tls_mode`.
    static func longest(of names: [String], in word: String) -> String? {
        names.filter { isPart($0, of: word) }.max { $0.count < $1.count }
    }

    /// Whether a text begins a longer one, or is some of its words.
    private static func isPart(_ part: String, of whole: String) -> Bool {
        let (plainPart, plainWhole) = (plain(part), plain(whole))
        guard plainPart.count >= 3, plainPart.count < plainWhole.count else { return false }
        return plainWhole.starts(with: plainPart) || words(whole).contains(words(part))
    }

    /// The words of a name, in lower case.
    private static func words(_ name: String) -> [String] {
        name.lowercased().split { $0 == "_" || $0 == "-" }.map(String.init)
    }

    /// Ignores case and separators: `maxConnections` is near `max_connections`.
    private static func plain(_ word: String) -> [UInt8] {
        word.lowercased().utf8.prefix(64).filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var older: [Int] = []
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let replaced = previous[column] + (byte == other ? 0 : 1)
                var best = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    best = min(best, older[column - 1] + 1)
                }
                current.append(best)
            }
            older = previous
            previous = current
        }
        return previous[right.count]
    }
}
