import Testing

@testable import Mail

/// RFC 5322 sections 2.2 and 4.5, RFC 5321 section 4.5.2.
@Suite("From fields as they arrive")
struct FromFieldsTests {
    struct Fixture: Sendable, CustomTestStringConvertible {
        let content: String
        let bodies: [String]
        var isStuffed = true
        var testDescription: String { content.debugDescription }

        init(_ content: String, _ bodies: [String], isStuffed: Bool = true) {
            (self.content, self.bodies, self.isStuffed) = (content, bodies, isStuffed)
        }
    }

    private static let fixtures = [
        Fixture("From: a@b\r\n\r\nFrom: body\r\n", [" a@b"]),
        Fixture("fROM:a@b\r\nX: y\r\nFrom \t: c@d\r\n\r\n", ["a@b", " c@d"]),
        Fixture("From: a@b,\r\n\tc@d\r\nTo: x\r\n\r\n", [" a@b,\r\n\tc@d"]),
        Fixture("To: x,\r\n From: y\r\n\r\n", []),
        Fixture("From:\r\n\r\n", [""]),
        Fixture("From: a@b", [" a@b"]),
        Fixture("From: a@b\r\n", [" a@b"]),
        Fixture("\r\nFrom: a@b\r\n", []),
        Fixture("", []),
        Fixture("Fro: a\r\nFromm: b\r\nXFrom: c\r\nFr om: d\r\nFrom x: e\r\n\r\n", []),
        // A line that is no field ends the header for some readers, and not for others.
        Fixture("Subject: x\r\nno field\r\nFrom: a@b\r\n\r\n", [" a@b"]),
        // mbox lines.
        Fixture("From ann@example.com Thu Jan 1 00:00:00 1970\r\nFrom: a@b\r\n\r\n", [" a@b"]),
        // A stuffing dot is not part of a line.
        Fixture("X: y\r\n.From: a@b,\r\n. c@d\r\n\r\n", [" a@b,\r\n c@d"]),
        Fixture("X: y\r\n.From: a@b\r\n\r\n", [], isStuffed: false),
        Fixture("..From: a@b\r\n\r\n", []),
        // Octets that some servers drop.
        Fixture("F\u{0}rom\u{1}: a@b\r\n\u{FEFF}From: c@d\r\n\r\n", [" a@b", " c@d"]),
        // Line ends that only some readers see, possible in binary content.
        Fixture("X: y\nFrom: a@b\r\n\r\n", [" a@b"]),
        Fixture("X: y\rFrom: a@b\r\n\r\n", [" a@b"]),
        Fixture("From: a@b\rX: y\r\n\r\n", [" a@b\r"]),
        Fixture("From: a@b\n c@d\r\n\r\n", [" a@b\n c@d"]),
        Fixture("X: y\n\nFrom: a@b\r\n\r\n", [" a@b"]),
        Fixture("X: y\r\n\rFrom: a@b\r\n\r\n", [" a@b"]),
    ]

    private func bodies(_ fixture: Fixture, cut: Int) -> [String] {
        let content = Array(fixture.content.utf8)
        var fields = FromFields()
        for part in [content[..<cut], content[cut...]] {
            Array(part).withUnsafeBytes { fields.scan($0, isStuffed: fixture.isStuffed) }
        }
        fields.finish()
        return fields.bodies.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("are found at every split, and so are lines that only some readers take for one", arguments: fixtures)
    func found(fixture: Fixture) {
        for cut in 0...fixture.content.utf8.count { #expect(bodies(fixture, cut: cut) == fixture.bodies, "\(cut)") }
    }

    @Test("cost no memory beyond their limit, also where they are empty and many")
    func limited() {
        var fields = FromFields()
        let many = Array(String(repeating: "From:\r\n", count: 1000).utf8)
        for _ in 0..<100 { many.withUnsafeBytes { fields.scan($0, isStuffed: true) } }
        #expect(fields.isTooLong && fields.bodies.count <= FromFields.limit / 4)
        var one = FromFields()
        let long = Array(("From: " + String(repeating: "x\r\n ", count: 20_000)).utf8)
        for _ in 0..<10 { long.withUnsafeBytes { one.scan($0, isStuffed: true) } }
        #expect(one.isTooLong && one.bodies.map(\.count).reduce(0, +) <= FromFields.limit)
    }

    @Test("are not looked for behind the header")
    func finished() {
        var fields = FromFields()
        Array("From: a@b\r\n\r\n".utf8).withUnsafeBytes { fields.scan($0, isStuffed: true) }
        #expect(fields.isFinished && !fields.isTooLong)
    }
}
