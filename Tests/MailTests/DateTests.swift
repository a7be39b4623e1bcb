import Mail
import Testing

@Suite("Dates as people and programs write them")
struct DateTests {
    private static let morning = Timestamp(milliseconds: 1_795_255_200_000)

    /// RFC 3339 section 5.6.
    @Test(
        "a date-time of RFC 3339, in any zone",
        arguments: [
            ("2026-11-21T10:00:00Z", 0), ("2026-11-21t10:00:00z", 0), ("2026-11-21T11:00:00+01:00", 0),
            ("2026-11-20T22:15:00-11:45", 0), ("2026-11-21T10:00:00-00:00", 0), ("2026-11-21T10:00:00.5Z", 500),
            ("2026-11-21T10:00:00.001999Z", 1), ("2026-11-21T09:59:60Z", 0),
        ])
    func dateTime(text: String, milliseconds: Int) {
        #expect(Timestamp(dateTime: text.utf8) == Self.morning + .milliseconds(milliseconds))
    }

    @Test(
        "anything else is not one",
        arguments: [
            "", "now", "2026-11-21", "2026-11-21T10:00:00", "2026-11-21T10:00Z", "2026-11-21 10:00:00Z",
            "26-11-21T10:00:00Z", "2026-13-01T10:00:00Z", "2026-00-01T10:00:00Z", "2026-11-31T10:00:00Z",
            "2026-11-00T10:00:00Z", "2026-02-29T10:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z",
            "2026-11-21T10:00:61Z", "2026-11-21T10:00:00.Z", "2026-11-21T10:00:00+1:00", "2026-11-21T10:00:00+24:00",
            "2026-11-21T10:00:00+01:60", "2026-11-21T10:00:00+0100", "2026-11-21T10:00:00Zx", " 2026-11-21T10:00:00Z",
            "99999999999999999999-11-21T10:00:00Z", "-2026-11-21T10:00:00Z",
        ])
    func noDateTime(text: String) {
        #expect(Timestamp(dateTime: text.utf8) == nil)
    }

    @Test("leap days are those of the calendar")
    func leapDays() {
        #expect(Timestamp(dateTime: "2024-02-29T00:00:00Z".utf8) == Timestamp(milliseconds: 1_709_164_800_000))
        #expect(Timestamp(dateTime: "2000-02-29T00:00:00Z".utf8) != nil)
        #expect(Timestamp(dateTime: "2100-02-29T00:00:00Z".utf8) == nil)
        #expect(Timestamp(dateTime: "9999-12-31T23:59:59Z".utf8) == Timestamp(milliseconds: 253_402_300_799_000))
    }

    /// RFC 5322 sections 3.3 and 4.3.
    @Test(
        "a date-time of RFC 5322",
        arguments: [
            "Sat, 21 Nov 2026 10:00:00 +0000", "21 Nov 2026 10:00 +0000", "sat, 21 NOV 2026 11:00:00 +0100",
            "Sat,21 Nov 2026 10:00:00 GMT", "Sat, 21 Nov 2026 05:00:00 EST", "21 Nov 2026 03:00:00 PDT",
            "Fri, 20 Nov 2026 22:15:00 -1145", "Sat, 21 Nov 2026 10:00:00 -0000 (a (nested) comment\\))",
            "  Sat,  21\r\n Nov\t2026 10:00:00 +0000  ", "(hello) 21 Nov 2026 10:00:00 UT",
        ])
    func mailDate(text: String) {
        #expect(Timestamp(mailDate: text.utf8) == Self.morning)
    }

    @Test(
        "anything else is not one",
        arguments: [
            "", "tomorrow", "Sat 21 Nov 2026 10:00:00 +0000", "Sat, 21 Nov 2026 10:00:00",
            "Sat, 21 Nov 26 10:00:00 +0000",
            "Son, 21 Nov 2026 10:00:00 +0000", "31 Nov 2026 10:00:00 +0000", "21 Novem 2026 10:00:00 +0000",
            "21 Nov 2026 10 +0000", "21 Nov 2026 1:00 +0000", "21 Nov 2026 10:00:00 +00:00",
            "21 Nov 2026 10:00:00+0000",
            "21 Nov 2026 10:00:00 +2400", "21 Nov 2026 10:00:00 +0160", "21 Nov 2026 10:00:00 X",
            "21 Nov 2026 10:00:00 +0000 (open", "21 Nov 2026 10:00:00 +0000 now", "2026-11-21T10:00:00Z",
        ])
    func noMailDate(text: String) {
        #expect(Timestamp(mailDate: text.utf8) == nil)
    }

    @Test("a time is written without its fraction")
    func written() {
        #expect((Self.morning + .milliseconds(999)).dateTime == "2026-11-21T10:00:00Z")
    }

    @Test("how long to hold a message")
    func waits() {
        #expect(ReleaseRequest.after(.seconds(5)).wait(at: Self.morning) == .seconds(5))
        #expect(ReleaseRequest.at(Self.morning + .seconds(5)).wait(at: Self.morning) == .seconds(5))
        #expect(ReleaseRequest.at(Self.morning).wait(at: Self.morning + .seconds(5)) == .seconds(-5))
    }
}
