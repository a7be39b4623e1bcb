/// Words of which any may occur anywhere in a text; `*` stands for any octets.
package struct WordList: Hashable, Sendable {
    package let words: [String]
    private let globs: [Glob]

    init(_ words: [String]) {
        self.words = words
        self.globs = words.map { Glob(anywhere: $0) }
    }

    /// The first of the words that occurs, in the order of the list; nil if none does.
    func first(in text: [UInt8]) -> String? {
        globs.firstIndex { $0.matches(text) }.map { words[$0] }
    }

    func occurs(in text: [UInt8]) -> Bool {
        globs.contains { $0.matches(text) }
    }
}
