import Mail
import RoundTrips
import Testing

@Suite("Dates of hops")
struct HopDateTests {
    func stamp(_ date: String) -> String? {
        HeaderTrace(parsing: "Received: from a by b; \(date)\r\n\r\n".utf8).hops.first?.stampedAt?.rfc3339
    }

    @Test(
        "what servers write is read",
        arguments: [
            ("Sat, 21 Nov 2026 10:00:00 +0000", "2026-11-21T10:00:00.000Z"),
            ("Sat, 21 Nov 2026 02:00:00 -0800 (PST)", "2026-11-21T10:00:00.000Z"),
            ("Sat, 21 Nov 2026 02:00:00 -0800 (PST) (envelope-from <a@b>)", "2026-11-21T10:00:00.000Z"),
            ("21 Nov 2026 10:00:00 -0000", "2026-11-21T10:00:00.000Z"),
            ("Sat, 21 Nov 26 10:00:00 GMT", "2026-11-21T10:00:00.000Z"),
            ("Sat, 21 Nov 2026 5:00:00 EST", "2026-11-21T10:00:00.000Z"),
            ("Sat 21 Nov 2026 10:00", "2026-11-21T10:00:00.000Z"),
            ("Sat, 21 November 2026 10:00:00.25 +0000", "2026-11-21T10:00:00.250Z"),
            ("Sat, 21 Nov 2026 11:00:00 GMT+01:00", "2026-11-21T10:00:00.000Z"),
            ("Sat, 21 Nov 2026 10:00:00 +0000 UTC m=+0.0123", "2026-11-21T10:00:00.000Z"),
            ("Sat Nov 21 10:00:00 2026", "2026-11-21T10:00:00.000Z"),
            ("Sat Nov 21 10:00:00 UTC 2026", "2026-11-21T10:00:00.000Z"),
            ("2026-11-21T11:00:00.5+01:00", "2026-11-21T10:00:00.500Z"),
            ("Sat, 21 Nov 2026 10:00:00 MEZ", "2026-11-21T10:00:00.000Z"),
        ])
    func known(date: String, expected: String) { #expect(stamp(date) == expected) }

    @Test(
        "what is no date has no time",
        arguments: [
            "", "yesterday", "Sat, 31 Feb 2026 10:00:00 +0000", "Sat, 21 Nov 2026", "10:00:00", "21 Nov 2026 25:00:00",
            "Sat, 21 Nov 99999 10:00:00 +0000", "9999999999999999999 Nov 2026 10:00:00",
        ])
    func none(date: String) { #expect(stamp(date) == nil) }

    @Test("a date follows the last semicolon that one follows")
    func semicolons() {
        #expect(stamp("(a; b) Sat, 21 Nov 2026 10:00:00 +0000; envelope-from=a") == "2026-11-21T10:00:00.000Z")
        #expect(stamp("Sat, 21 Nov 2026 10:00:00 +0000; (unclosed") == "2026-11-21T10:00:00.000Z")
    }

    @Test("INTERNALDATE is read, with a space for the first digit of the day")
    func internalDate() {
        #expect(HopDate.internalDate("21-Nov-2026 11:00:00 +0100".utf8)?.rfc3339 == "2026-11-21T10:00:00.000Z")
        #expect(HopDate.internalDate(" 1-Nov-2026 11:00:00 +0100".utf8)?.rfc3339 == "2026-11-01T10:00:00.000Z")
        #expect(HopDate.internalDate("21-Nov-2026".utf8) == nil)
        #expect(HopDate.internalDate("".utf8) == nil)
    }
}
