import Foundation
import Mail
import Testing

@testable import Alerts

@Suite("What is told, in each form")
struct BodyTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func notification(
        _ status: AlertNotice.Status = .firing, _ texts: [String: String] = ["ses": "ses takes no mail"]
    ) -> AlertNotification {
        let subjects = texts.sorted { $0.key < $1.key }.map { name, text in
            AlertNotice.Subject(
                name: name, since: now - .seconds(60), report: AlertReport(text, ["routes": "default", "own": name]))
        }
        let notice = AlertNotice(rule(.upstreamOpen), status, subjects)
        return AlertNotification(notice, id: "msg_1", relay: "relay.test", now: now, lead: .seconds(10))
    }

    private func object(_ octets: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(octets)) as? [String: Any])
    }

    @Test("a webhook's body has the names of the contract, and times of the system's clock")
    func webhook() throws {
        let body = try object(WebhookBody(notification()).octets)
        #expect(
            Set(body.keys) == [
                "alert", "status", "severity", "subject", "subjects", "text", "since", "at", "labels",
            ])
        #expect(body["alert"] as? String == "upstream_open" && body["status"] as? String == "firing")
        #expect(body["severity"] as? String == "warning" && body["subject"] as? String == "ses")
        #expect(body["text"] as? String == "ses takes no mail")
        #expect(body["since"] as? String == "2023-11-14T22:12:30.000Z")
        #expect(body["at"] as? String == "2023-11-14T22:13:30.000Z")
        #expect(
            body["labels"] as? [String: String] == [
                "relay": "relay.test", "when": "upstream_open", "routes": "default", "own": "ses",
            ])
    }

    @Test("several subjects are one body, with the labels that all of them have")
    func several() throws {
        let body = try object(WebhookBody(notification(.resolved, ["a": "a works", "b": "b works"])).octets)
        #expect(body["subject"] as? String == "a, b" && body["subjects"] as? [String] == ["a", "b"])
        #expect(body["text"] as? String == "a works\nb works" && body["status"] as? String == "resolved")
        #expect((body["labels"] as? [String: String])?["own"] == nil)
    }

    @Test("words of strangers are no markup in Slack, and mention nobody")
    func slack() throws {
        let body = try object(SlackBody(notification(.firing, ["ses": "<!channel> & <https://evil|x>"])).octets)
        let text = try #require(body["text"] as? String)
        #expect(text.contains("&lt;!channel&gt; &amp; &lt;https://evil|x&gt;") && !text.contains("<"))
        #expect(text.hasPrefix(":warning: *[firing, warning] upstream_open: ses* (relay.test)\n"))
        #expect(text.hasSuffix("\n```\nsince 2023-11-14T22:12:30.000Z"))
        #expect(Set(body.keys) == ["text"])
    }

    @Test("words of strangers stay literal in Slack: they format nothing, and cannot end the block of code")
    func literal() {
        let text = SlackBody(notification(.resolved, ["ses": "*a* _b_ ~c~ `d` ```\n*e*"])).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 5 && lines[1] == "```" && lines[3] == "```")
        #expect(lines[2] == #"*a* _b_ ~c~ 'd' '''\u{a}*e*"#)
        #expect(lines[4] == "from 2023-11-14T22:12:30.000Z to 2023-11-14T22:13:30.000Z")
    }

    @Test("characters that hide or move words are seen, wherever the text goes")
    func visible() throws {
        let hostile = notification(.firing, ["ses\u{202E}": "a\u{2066}b\u{1B}[31m\u{85}c"])
        let (name, text) = (#"ses\u{202e}"#, #"a\u{2066}b\u{1b}[31m\u{85}c"#)
        #expect(hostile.subjects.map(\.name) == [name] && hostile.text == text)
        #expect(hostile.commonLabels["own"] == name)
        #expect(WebhookBody(hostile).text == text && SlackBody(hostile).text.contains(text))
        #expect(PagerDutyEvent(hostile, routingKey: "key").payload.summary.hasSuffix(text))
        let mail = AlertMail(
            hostile, from: "a@relay.test", to: ["ann@example.com"], id: "1", hostname: "relay.test", now: now)
        #expect(String(decoding: mail.content, as: UTF8.self).contains(text))
    }

    @Test("PagerDuty gets one incident for each subject, which the end closes")
    func pagerDuty() throws {
        let begun = notification(.firing, ["a": String(repeating: "a", count: 3000), "b": "b"]).single
        let first = try object(PagerDutyEvent(begun[0], routingKey: "key").octets)
        #expect(first["event_action"] as? String == "trigger" && first["routing_key"] as? String == "key")
        #expect(first["dedup_key"] as? String == "posthorse/relay.test/upstream_open/a")
        let payload = try #require(first["payload"] as? [String: Any])
        #expect((payload["summary"] as? String)?.count == 1024 && payload["source"] as? String == "relay.test")
        #expect(payload["severity"] as? String == "warning" && payload["component"] as? String == "a")
        let over = notification(.resolved, ["a": "a works"]).single
        let last = try object(PagerDutyEvent(over[0], routingKey: "key").octets)
        let details = (last["payload"] as? [String: Any])?["custom_details"] as? [String: String]
        #expect(last["event_action"] as? String == "resolve" && details?["at"] == "2023-11-14T22:13:30.000Z")
        #expect(details?["period"] == "from 2023-11-14T22:12:30.000Z to 2023-11-14T22:13:30.000Z")
        #expect(last["dedup_key"] as? String == first["dedup_key"] as? String)
    }

    @Test("a test is another incident than the real thing")
    func pagerDutyTest() throws {
        let test = AlertNotification(
            testOf: rule(.upstreamOpen), id: "1", relay: "relay.test", now: now, lead: .zero)
        #expect(test.labels["test"] == "true" && test.text.contains("this is a test"))
        #expect(
            PagerDutyEvent(test, routingKey: "key").dedup_key == "posthorse/relay.test/upstream_open/test/test")
    }

    @Test("the mail is plain text that no stranger's words can break (RFC 5322 section 2.1.1)")
    func mail() throws {
        let hostile = "a\r\nBcc: victim@example.com\r\n.\r\n\u{1B}[31m\u{202E}" + String(repeating: "x", count: 2500)
        let mail = AlertMail(
            notification(.firing, ["ses\r\nX-Evil: 1": hostile]), from: "posthorse@relay.test",
            to: ["ann@example.com", "bob@example.com"], id: "06BJVQ3K1ZC40", hostname: "relay.test", now: now)
        let text = String(decoding: mail.content, as: UTF8.self)
        let halves = text.components(separatedBy: "\r\n\r\n")
        let names = halves[0].components(separatedBy: "\r\n").filter { !$0.hasPrefix(" ") }
            .compactMap { $0.split(separator: ":").first.map(String.init) }
        #expect(
            names == [
                "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
                "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
            ])
        #expect(mail.messageID == "<06BJVQ3K1ZC40@relay.test>")
        let lines = text.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 998 && !$0.hasPrefix(".") })
        #expect(mail.content.allSatisfy { (0x20...0x7E).contains($0) || $0 == 13 || $0 == 10 })
        #expect(!text.replacingOccurrences(of: "\r\n", with: "").contains { $0 == "\r" || $0 == "\n" })
    }

    @Test("a mail says that no person has sent it (RFC 3834 section 5)")
    func automatic() {
        let mail = AlertMail(
            notification(), from: "posthorse@relay.test", to: ["ann@example.com"], id: "1", hostname: "relay.test",
            now: now)
        let text = String(decoding: mail.content, as: UTF8.self)
        #expect(text.contains("\r\nAuto-Submitted: auto-generated\r\n"))
        #expect(text.contains("Subject: [firing, warning] upstream_open: ses\r\n"))
        #expect(text.contains("\r\nses takes no mail\r\n    since 2023-11-14T22:12:30.000Z\r\n"))
    }

    @Test("a mail about an end says from when to when")
    func period() {
        let mail = AlertMail(
            notification(.resolved), from: "posthorse@relay.test", to: ["ann@example.com"], id: "1",
            hostname: "relay.test", now: now)
        let text = String(decoding: mail.content, as: UTF8.self)
        #expect(text.contains("\r\nThis is over:\r\n"))
        #expect(text.contains("\r\n    from 2023-11-14T22:12:30.000Z to 2023-11-14T22:13:30.000Z\r\n"))
    }
}
