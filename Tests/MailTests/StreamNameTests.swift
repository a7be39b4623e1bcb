import Mail
import Testing

@Suite("Names of streams")
struct StreamNameTests {
    private func name(_ text: String) -> String? { StreamName.parse(Array(text.utf8)) }

    @Test("White space around a name goes, and within it becomes one space")
    func space() {
        #expect(name("  spring 2026 ") == "spring 2026")
        #expect(name("spring\r\n\t campaign") == "spring campaign")
        #expect(name("Frühling — 10 %") == "Frühling — 10 %")
    }

    @Test(
        "Text that could spoil a list is no name",
        arguments: [
            "", "  ", "a\u{0}b", "a\u{1B}[31m", "a\u{202E}b", "a\u{2028}b", "a\u{85}b",
            String(repeating: "x", count: 129),
        ])
    func refused(text: String) {
        #expect(name(text) == nil)
        #expect(!StreamName.isValid(text))
    }

    @Test("The longest name has 128 octets, and octets that are no UTF-8 are none")
    func bounds() {
        let longest = String(repeating: "é", count: 64)
        #expect(name(longest) == longest && name(longest + "x") == nil)
        #expect(StreamName.parse([0x61, 0xFF]) == nil)
        #expect(!StreamName.isValid(" a") && !StreamName.isValid("a ") && StreamName.isValid("a b"))
    }

    @Test("No mail can name the row of all others, or one of its parts", arguments: ["other", " other ", "other/a*"])
    func reserved(text: String) { #expect(name(text) == nil) }

    @Test("Names that only look like it are names", arguments: ["Other", "others", "other-1", "an other", "a/other"])
    func free(text: String) { #expect(name(text) == text && !StreamName.isReserved(text)) }
}
