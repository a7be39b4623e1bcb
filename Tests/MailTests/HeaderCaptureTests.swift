import Testing

@testable import Mail

/// RFC 5322 sections 2.2 and 2.2.3.
@Suite("Captured header fields")
struct HeaderCaptureTests {
    private func values(_ text: String, of names: [String], parts: [Int] = []) -> [String: String] {
        values(Array(text.utf8), of: names, parts: parts)
    }

    private func values(_ bytes: [UInt8], of names: [String], parts: [Int] = []) -> [String: String] {
        var scanner = HeaderScanner(wanted: FieldNames(names))
        for (from, to) in zip([0] + parts, parts + [bytes.count]) {
            Array(bytes[from..<to]).withUnsafeBytes { scanner.scan($0) }
        }
        return scanner.values
    }

    private static let long = "X-Metadata-Of-Something-That-Is-Longer-Than-Others"

    private struct Fixture {
        let text: String
        let names: [String]
        let values: [String: String]
    }

    private static let fixtures = [
        Fixture(text: "X-Tag: a\r\n\r\n", names: [], values: [:]),
        Fixture(text: "X-Tag: a\r\n\r\n", names: ["x-tag"], values: ["x-tag": "a"]),
        Fixture(text: "x-tAG : \t a b \t\r\n\r\n", names: ["X-Tag"], values: ["x-tag": "a b"]),
        Fixture(text: "X-Tag:a\r\nX-Tag: b\r\n\r\n", names: ["X-Tag"], values: ["x-tag": "a"]),
        Fixture(text: "X-Tag:\r\n\r\n", names: ["X-Tag"], values: ["x-tag": ""]),
        Fixture(text: "X-Tag: \r\n \r\n\ta,\r\n  b\r\nB: c\r\n\r\n", names: ["X-Tag"], values: ["x-tag": "a,  b"]),
        Fixture(text: "A: b\r\n\r\nX-Tag: body\r\n", names: ["X-Tag"], values: [:]),
        Fixture(text: "A: b\r\nno field\r\nX-Tag: body\r\n", names: ["X-Tag"], values: [:]),
        Fixture(text: "X-Tags: a\r\nXX-Tag: b\r\nX-Ta: c\r\n\r\n", names: ["X-Tag"], values: [:]),
        Fixture(
            text: "Message-ID: <a@b>\r\nDate: x\r\nReceived: y\r\n\r\n", names: ["message-id", "received"],
            values: ["message-id": "<a@b>", "received": "y"]),
        Fixture(
            text: "\(long): a\r\n\(long.dropLast())z: b\r\nY\(long.dropFirst()): c\r\n\r\n", names: [long],
            values: [long.lowercased(): "a"]),
        Fixture(
            text: "Y\(long.dropFirst()): c\r\n\(long)-2: d\r\n\(long): a\r\n\r\n",
            names: [long, long + "-2", "X", "X-Metadata-Of-S"],
            values: [long.lowercased(): "a", long.lowercased() + "-2": "d"]),
        Fixture(
            text: "Sixteen-Letters-: a\r\nSixteen-Letters-Seventeen-Letters: b\r\n\r\n",
            names: ["sixteen-letters-", "sixteen-letters-seventeen-letters"],
            values: ["sixteen-letters-": "a", "sixteen-letters-seventeen-letters": "b"]),
        Fixture(text: "Subject: caf\u{E9}\r\n\r\n", names: ["subject"], values: ["subject": "caf\u{E9}"]),
    ]

    @Test("have their first value, unfolded, at every split", arguments: fixtures.indices)
    func everySplit(_ number: Int) {
        let fixture = Self.fixtures[number]
        for cut in 0...fixture.text.utf8.count {
            #expect(values(fixture.text, of: fixture.names, parts: [cut]) == fixture.values, "cut at \(cut)")
        }
        let single = values(fixture.text, of: fixture.names, parts: Array(0..<fixture.text.utf8.count))
        #expect(single == fixture.values)
    }

    @Test("do not affect the rest of the scan")
    func others() {
        let text = "Received: a\r\nX-Tag: b\r\nMessage-ID: <c@d>\r\nDate: e\r\n\r\n"
        var scanner = HeaderScanner(wanted: FieldNames(["x-tag", "message-id"]))
        Array(text.utf8).withUnsafeBytes { scanner.scan($0) }
        #expect(scanner.receivedFields == 1 && scanner.hasDate && scanner.messageID == "<c@d>")
        #expect(scanner.values == ["x-tag": "b", "message-id": "<c@d>"])
    }

    @Test("are limited to 256 octets, truncated between characters, however folded and split")
    func limit() {
        let text =
            "X: " + String(repeating: "a", count: 200) + "\r\n " + String(repeating: "\u{E9}", count: 300) + "\r\n\r\n"
        let expected = String(repeating: "a", count: 200) + " " + String(repeating: "\u{E9}", count: 27)
        for cut in 0...text.utf8.count {
            #expect(values(text, of: ["x"], parts: [cut]) == ["x": expected], "cut at \(cut)")
        }
        #expect(expected.utf8.count == 255)
    }

    @Test("have invalid UTF-8 replaced, within the limit")
    func notUTF8() {
        let some = values(Array("X: a".utf8) + [0xE9] + Array("b\r\n\r\n".utf8), of: ["x"])
        #expect(some == ["x": "a\u{FFFD}b"])
        let many = values(Array("X: ".utf8) + [UInt8](repeating: 0xE9, count: 500) + Array("\r\n\r\n".utf8), of: ["x"])
        #expect(many == ["x": String(repeating: "\u{FFFD}", count: 85)])
    }

    @Test("names are case-insensitive and deduplicated")
    func names() {
        #expect(FieldNames(["X-Tag", "x-tag", "Subject"]).names == ["x-tag", "subject"])
        #expect(FieldNames([]).isEmpty && FieldNames([]) == .none)
    }

    @Test("the maximum number of names are distinguished, of any length")
    func manyNames() {
        let names = (1...FieldNames.limit).map { "x" + String(repeating: "-", count: $0) }
        let text = names.map { "\($0): \($0.utf8.count)\r\n" }.joined() + "\r\n"
        let expected = Dictionary(uniqueKeysWithValues: names.map { ($0, String($0.utf8.count)) })
        #expect(values(text, of: names, parts: [100, 1000]) == expected)
    }
}
