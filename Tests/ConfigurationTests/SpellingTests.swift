import Testing

@testable import Configuration

@Suite("Spelling suggestions")
struct SpellingTests {
    @Test(
        "distances",
        arguments: [
            ("", "", 0), ("abc", "", 3), ("", "ab", 2), ("ab", "ba", 1), ("adress", "address", 1), ("abcd", "acbe", 2),
        ])
    func distance(_ left: String, _ right: String, _ distance: Int) {
        #expect(Spelling.distance(Array(left.utf8), Array(right.utf8)) == distance)
    }

    @Test(
        "finds near names, and none for words near to nothing",
        arguments: [
            ("adress", "address"), ("MAX_ERRORS", "max_errors"), ("max-errors", "max_errors"), ("alow", "allow"),
            ("xyz", nil), ("a", nil), ("message", nil), ("", nil),
        ])
    func nearest(_ word: String, _ name: String?) {
        #expect(Spelling.nearest(to: word, among: ["address", "allow", "max_errors"]) == name)
    }
}
