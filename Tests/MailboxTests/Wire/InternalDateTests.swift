import Mail
import Mailbox
import Testing

/// RFC 9051 section 9, `date-time` and `date`.
@Suite("Dates of IMAP")
struct InternalDateTests {
    @Test(
        "dates",
        arguments: [
            ("17-Jul-1996 02:44:25 -0700", "1996-07-17T09:44:25.000Z"),
            (" 1-Dec-2026 00:00:00 +0000", "2026-12-01T00:00:00.000Z"),
            ("1-dec-2026 00:00:00 +0530", "2026-11-30T18:30:00.000Z"),
            ("29-Feb-2028 23:59:60 +0000", "2028-03-01T00:00:00.000Z"),
        ])
    func dates(text: String, moment: String) {
        #expect(Timestamp(internalDate: text.utf8)?.rfc3339 == moment)
    }

    @Test(
        "what is no date",
        arguments: [
            "", "17-Jul-1996", "17 Jul 1996 02:44:25 -0700", "31-Feb-2026 00:00:00 +0000", "1-Dec-26 00:00:00 +0000",
            "1-Dec-2026 25:00:00 +0000", "1-Dec-2026 00:00:00", "1-Dec-2026 00:00:00 +0000 x",
            "1-12-2026 00:00:00 +0000",
            "1-Dec-2026 (a) 00:00:00 +0000", "1-Dec-2026-1 00:00:00 +0000",
        ])
    func invalid(text: String) {
        #expect(Timestamp(internalDate: text.utf8) == nil)
    }

    @Test("days of a search")
    func searchDates() {
        #expect(Timestamp(milliseconds: 0).searchDate == "1-Jan-1970")
        #expect(Timestamp(rfc3339: "2026-11-30T23:59:59.999Z")?.searchDate == "30-Nov-2026")
        #expect(Timestamp.distantPast.searchDate == "1-Jan-0000")
    }
}
