import Testing

@testable import Upstreams

@Suite("Quotas as relay.conf has them")
struct QuotaTests {
    @Test(
        "are written as they are read",
        arguments: [
            ("50000/d", "50000/d"), ("50000/day", "50000/d"), ("1000000/month", "1000000/month"),
            ("50000/24h", "50000/24h"), ("50000/1d", "50000/24h"), ("7/h", "7/1h"), ("1/31d", "1/744h"),
        ])
    func reading(text: String, expected: String) throws {
        let quota = try #require(Quota(text))
        #expect(quota.text == expected)
        #expect(Quota(quota.text) == quota)
    }

    @Test(
        "are refused if they could mean something else",
        arguments: [
            "", "50000", "/d", "0/d", "-1/d", "1.5/d", "1/m", "1/60m", "1/32d", "1/0h", "1/d/d", "1/1001h", "1/24",
            "x/d",
            "99999999999999999999/d", "1/month ",
        ])
    func refused(text: String) {
        #expect(Quota(text) == nil)
    }

    @Test(
        "are recognised in the replies of providers",
        arguments: [
            ("454 Throttling failure: Daily message quota exceeded.", "d"),
            ("550 5.4.5 Daily user sending quota exceeded. - gsmtp", "d"),
            ("450 You have reached your daily email sending quota.", "d"),
            ("450 You have reached your monthly email quota. Upgrade your plan", "month"),
            ("550 5.4.6 Sender Hourly Quota Exceeded", "-"),
            ("451 Authentication failed: Maximum credits exceeded", "-"),
            ("554 Message rejected: Sending paused for this account", "-"), ("535 5.7.8 no", "-"),
        ])
    func replies(text: String, period: String) {
        let quotas = ["100/d", "1000/month"].compactMap { Quota($0) }
        #expect(QuotaReply.period(in: text, of: quotas)?.text ?? "-" == period)
    }

    @Test("a reply that names no period is about the only quota")
    func only() throws {
        let quota = try #require(Quota("500/24h"))
        let credits = "451 Authentication failed: Maximum credits exceeded"
        #expect(QuotaReply.period(in: credits, of: [quota]) == quota.period)
        #expect(QuotaReply.period(in: "454 Daily message quota exceeded", of: [quota]) == quota.period)
        #expect(QuotaReply.period(in: "450 your monthly quota", of: [quota]) == nil)
        #expect(QuotaReply.period(in: credits, of: []) == nil)
    }
}
