import Mail
import Testing

@Suite("Words of strangers on one line")
struct VisibleLineTests {
    @Test(
        "what hides or moves other words is seen",
        arguments: [
            ("a\u{202E}b", "a\\u{202e}b"), ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"), ("a\r\nb", "a\\u{d}\\u{a}b"),
            ("\u{1B}[31m", "\\u{1b}[31m"), ("a\u{85}\u{2028}", "a\\u{85}\\u{2028}"), ("\u{7F}\0", "\\u{7f}\\u{0}"),
            ("a\u{AD}b\u{200B}", "a\\u{ad}b\\u{200b}"),
        ])
    func seen(text: String, expected: String) {
        #expect(VisibleLine.of(text) == expected)
        #expect(VisibleLine.of(expected) == expected)
    }

    @Test("everything else stays as it is", arguments: ["421 4.3.2 Going down", "Zoë 郵便 🐎", "", "\\u{41}"])
    func plain(text: String) {
        #expect(VisibleLine.of(text) == text)
    }
}
