import Foundation
import NIOCore
import Testing

@testable import Admin

// RFC 7578, RFC 2046 section 5.1.1.
@Suite("A form as it arrives")
struct FormParserTests {
    private static let form =
        "--b0\r\nContent-Disposition: form-data; name=\"envelope\"\r\nContent-Type: application/json\r\n\r\n{\"a\":1}\r\n"
        + "--b0\r\ncontent-disposition: form-data; name=message; filename=\"m.eml\"\r\n\r\n"
        + "Subject: x\r\n\r\n--b\r\n--b1\r\nline\r\n\r\n--b0--\r\nepilogue"

    /// What a text is taken for, in pieces of this size.
    private static func events(_ text: String, pieces: Int) throws -> [String] {
        var (parser, events) = (FormParser(boundary: "b0"), [String]())
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            parser.take(ByteBuffer(bytes: bytes[start..<min(start + pieces, bytes.count)]))
            while let event = try parser.next() {
                switch event {
                case .part(let name): events.append("part \(name)")
                case .content(let part):
                    if events.last?.hasPrefix("=") != true { events.append("=") }
                    events[events.count - 1] += String(buffer: part)
                case .end: events.append("end")
                }
            }
        }
        return events
    }

    @Test("is the same however it is split", arguments: [1, 2, 3, 5, 7, 16, 1000])
    func split(pieces: Int) throws {
        #expect(
            try Self.events(Self.form, pieces: pieces) == [
                "part envelope", "={\"a\":1}", "part message", "=Subject: x\r\n\r\n--b\r\n--b1\r\nline\r\n", "end",
            ])
        #expect(try Self.events("preamble\r\n" + Self.form, pieces: pieces).count == 5)
    }

    @Test("an empty part has no content")
    func empty() throws {
        let text = "--b0\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n--b0--"
        #expect(try Self.events(text, pieces: 4) == ["part x", "=", "end"])
    }

    @Test("without its last boundary it does not end; an endless header is an error")
    func unfinished() throws {
        #expect(try Self.events(String(Self.form.dropLast(14)), pieces: 50).contains("end") == false)
        #expect(throws: AdminError.self) {
            try Self.events("--b0\r\nX: " + String(repeating: "x", count: 10_000), pieces: 1000)
        }
    }
}
