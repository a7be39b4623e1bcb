import Foundation
import Testing

@testable import Sink

@Suite("A JSON line")
struct JSONLineTests {
    /// RFC 8259 section 7.
    @Test("stays on one line, whatever a client has sent", arguments: ["a", "\"\\\r\n\t\u{0}\u{1F}\u{7F}", "ä😀", ""])
    func escaped(text: String) throws {
        var line = JSONLine()
        line.add("text", text)
        line.add("list", [text, text])
        #expect(line.text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        let object = try JSONSerialization.jsonObject(with: Data(line.text.utf8)) as? [String: Any]
        #expect(object?["text"] as? String == text)
        #expect(object?["list"] as? [String] == [text, text])
    }
}
