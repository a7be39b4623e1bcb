import TestKit
import Testing
import Upstreams

@Suite("Glob patterns")
struct GlobTests {
    @Test(
        "match the whole text",
        arguments: [
            ("", ""), ("*", ""), ("*", "anything"), ("**", "x"), ("abc", "abc"), ("ABC", "abc"), ("abc", "aBC"),
            ("a*", "a"), ("a*", "abc"), ("*c", "abc"), ("a*c", "ac"), ("a*c", "abbc"), ("*b*", "abc"), ("*b*", "b"),
            ("a*b*c", "aXbYc"), ("a*b*c", "abbcbc"), ("*aab*", "aaaab"), ("*abab*c", "abaababxc"), ("é*", "éa"),
        ])
    func matching(pattern: String, text: String) {
        #expect(Glob(pattern).matches(text))
    }

    @Test(
        "and nothing else",
        arguments: [
            ("", "a"), ("abc", "abcd"), ("abc", "xabc"), ("a*", "ba"), ("*c", "cb"), ("ab*ba", "aba"), ("*b*", "ac"),
            ("a*b*c", "acb"), ("*ab*ab*", "abXa"), ("a*b*b*c", "abc"), ("?", "a"), ("[", "@"), ("{", "["),
        ])
    func notMatching(pattern: String, text: String) {
        #expect(!Glob(pattern).matches(text))
    }

    @Test("agree with a naive matcher", arguments: 0..<20 as Range<UInt64>)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let pattern = text(of: "ab*", upTo: 8, &generator)
            let sample = text(of: "ab", upTo: 12, &generator)
            let expected = plain(pattern[...], sample[...])
            #expect(Glob(String(pattern)).matches(String(sample)) == expected, "\(pattern) \(sample), seed \(seed)")
        }
    }

    private func text(of alphabet: String, upTo length: Int, _ generator: inout SeededGenerator) -> [Character] {
        (0..<Int.random(in: 0...length, using: &generator)).compactMap { _ in
            alphabet.randomElement(using: &generator)
        }
    }

    private func plain(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return plain(pattern.dropFirst(), text) || (!text.isEmpty && plain(pattern, text.dropFirst()))
        }
        return text.first == first && plain(pattern.dropFirst(), text.dropFirst())
    }
}
