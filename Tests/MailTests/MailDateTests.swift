import Testing

@testable import Mail

@Suite("Dates of RFC 5322")
struct MailDateTests {
    /// RFC 5322 section 3.3.
    @Test(
        "timestamps in UTC",
        arguments: [
            (Int64(0), "Thu, 1 Jan 1970 00:00:00 +0000"), (951_782_400_999, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_763_763_561_000, "Fri, 21 Nov 2025 22:19:21 +0000"),
            (4_107_542_399_000, "Sun, 28 Feb 2100 23:59:59 +0000"),
            (4_107_542_400_000, "Mon, 1 Mar 2100 00:00:00 +0000"), (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
            (-315_619_200_000, "Fri, 1 Jan 1960 00:00:00 +0000"), (2_177_452_800_000, "Sat, 1 Jan 2039 00:00:00 +0000"),
            (38_815_027_200_000, "Sat, 1 Jan 3200 00:00:00 +0000"),
        ])
    func text(milliseconds: Int64, expected: String) {
        var date = MailDate()
        #expect(date.text(of: Timestamp(milliseconds: milliseconds)) == expected)
        #expect(date.text(of: Timestamp(milliseconds: milliseconds)) == expected)
    }

    @Test("the cached text does not outlive its second")
    func cached() {
        var date = MailDate()
        #expect(date.text(of: Timestamp(milliseconds: 999)).contains("00:00:00"))
        #expect(date.text(of: Timestamp(milliseconds: 1000)).contains("00:00:01"))
    }
}
