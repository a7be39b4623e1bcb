import Mail
import Notices
import Testing

@Suite("Notices as messages")
struct NoticeWriterTests {
    private func field(_ name: String, of text: String) -> String? {
        let unfolded = text.replacing("\n ", with: " ")
        return unfolded.split(separator: "\n").first { $0.hasPrefix("\(name): ") }.map {
            String($0.dropFirst(name.count + 2))
        }
    }

    @Test("The header is that of an automatic reply to the sender (RFC 3461 section 6, RFC 3834 section 5)")
    func header() {
        let text = Sample().text
        #expect(field("From", of: text) == "Mail Delivery System <MAILER-DAEMON@relay.example>")
        #expect(field("To", of: text) == "<alice@example.org>")
        #expect(field("Subject", of: text) == "Your message could not be delivered")
        #expect(field("Date", of: text) == "Sun, 29 Nov 2026 10:00:00 +0000")
        #expect(field("Message-ID", of: text) == "<0ABCDEFGHJKMP@relay.example>")
        #expect(field("In-Reply-To", of: text) == "<1@example.org>")
        #expect(field("References", of: text) == "<1@example.org>")
        #expect(field("Auto-Submitted", of: text) == "auto-replied")
        #expect(text.hasPrefix("X-Posthorse-ID: 0ABCDEFGHJKMP\nDate: "))
    }

    @Test("A Message-ID that no header can hold is not referred to", arguments: ["", "<a b@x>", "1@x", "<\u{E4}@x>"])
    func badReference(messageID: String) {
        var sample = Sample()
        sample.facts.messageID = messageID
        #expect(field("In-Reply-To", of: sample.text) == nil)
    }

    @Test("The report has the fields of RFC 3464 sections 2.2 and 2.3")
    func report() {
        var sample = Sample()
        sample.facts.options.envelopeID = "a+2Bb+20c"
        sample.facts.recipients[0].options.originalRecipient = "rfc822;b+2Bob@example.net"
        let text = sample.text
        #expect(field("Original-Envelope-Id", of: text) == "a+b c")
        #expect(field("Reporting-MTA", of: text) == "dns; relay.example")
        #expect(field("Arrival-Date", of: text) == "Sun, 29 Nov 2026 09:00:00 +0000")
        #expect(field("X-Posthorse-Queue-ID", of: text) == "0ABCDEFGHJKMN")
        #expect(field("Original-Recipient", of: text) == "rfc822; b+ob@example.net")
        #expect(field("Final-Recipient", of: text) == "rfc822; bob@example.net")
        #expect(field("Action", of: text) == "failed")
        #expect(field("Status", of: text) == "5.1.1")
        #expect(field("Remote-MTA", of: text) == "x-posthorse-upstream; ses")
        #expect(field("Diagnostic-Code", of: text) == "smtp; 550 5.1.1 no such user here")
        #expect(field("Last-Attempt-Date", of: text) == "Sun, 29 Nov 2026 10:00:00 +0000")
        #expect(field("X-Posthorse-Class", of: text) == "invalid_recipient")
        #expect(field("Will-Retry-Until", of: text) == nil)
    }

    @Test("A host name is a DNS name to the reader")
    func host() {
        var sample = Sample()
        sample.facts.recipients[0].host = "smtp.example.com"
        #expect(field("Remote-MTA", of: sample.text) == "dns; smtp.example.com")
        #expect(sample.text.contains("The server smtp.example.com replied: 550 5.1.1 no such user here"))
    }

    @Test("An IP address is a domain literal (RFC 5321 section 4.1.3)")
    func addressOfHost() {
        var sample = Sample()
        sample.facts.recipients[0].host = "192.0.2.1"
        #expect(field("Remote-MTA", of: sample.text) == "dns; [192.0.2.1]")
        sample.facts.recipients[0].host = "2001:db8::1"
        #expect(field("Remote-MTA", of: sample.text) == "dns; [IPv6:2001:db8::1]")
    }

    @Test("A delay says until when the relay tries")
    func delay() {
        var sample = Sample()
        sample.kind = .delay
        sample.facts.recipients = [
            NoticeRecipient(
                Address(unchecked: "bob@example.net"), action: .delayed, upstream: "ses", reply: "451 4.7.1 later",
                retryUntil: Sample.now + .seconds(86_400))
        ]
        let text = sample.text
        #expect(field("Subject", of: text) == "Your message is delayed")
        #expect(field("Action", of: text) == "delayed")
        #expect(field("Status", of: text) == "4.0.0")
        #expect(field("Will-Retry-Until", of: text) == "Mon, 30 Nov 2026 10:00:00 +0000")
        #expect(text.contains("    The relay keeps trying until Mon, 30 Nov 2026 10:00:00 +0000."))
        sample.facts.recipients[0].attempts = 0
        sample.facts.recipients[0].reply = nil
        #expect(sample.text.contains("    No delivery to this recipient has been attempted yet:"))
        #expect(field("Diagnostic-Code", of: sample.text) == "x-posthorse; not tried yet: no upstream available")
    }

    @Test("What was handed on is relayed, not delivered (RFC 3461 section 5.2.2)")
    func relayed() {
        var sample = Sample()
        sample.kind = .success
        sample.facts.recipients[0].action = .relayed
        sample.facts.recipients[0].status = EnhancedStatusCode(2, 1, 5)
        sample.facts.recipients[0].failureClass = nil
        #expect(field("Subject", of: sample.text) == "Your message was passed on")
        #expect(field("Action", of: sample.text) == "relayed")
        #expect(field("Status", of: sample.text) == "2.1.5")
    }

    @Test("What was never tried says so in both parts")
    func neverTried() {
        var sample = Sample()
        sample.facts.recipients = [
            NoticeRecipient(Address(unchecked: "bob@example.net"), action: .failed, failureClass: .expired, attempts: 0)
        ]
        let text = sample.text
        #expect(text.contains("No delivery to this recipient was attempted: no outgoing mail"))
        #expect(field("Diagnostic-Code", of: text) == "x-posthorse; never tried: no upstream available")
        #expect(field("Status", of: text) == "4.4.7")
        #expect(field("Remote-MTA", of: text) == nil)
        sample.facts.recipients[0].reply = "the circuit of ses is open"
        sample.facts.recipients[0].lastAttemptAt = Sample.now
        #expect(field("Diagnostic-Code", of: sample.text) == "x-posthorse; never tried: the circuit of ses is open")
        #expect(field("Last-Attempt-Date", of: sample.text) == nil)
    }

    @Test(
        "A status that contradicts the action is replaced (RFC 3464 section 2.3.4)",
        arguments: [
            (NoticeRecipient.Action.failed, EnhancedStatusCode(2, 0, 0), "5.1.1"),
            (.failed, EnhancedStatusCode(4, 2, 2), "4.2.2"), (.delayed, EnhancedStatusCode(5, 0, 0), "4.0.0"),
            (.delayed, EnhancedStatusCode(4, 2, 2), "4.2.2"), (.relayed, EnhancedStatusCode(5, 0, 0), "2.0.0"),
        ])
    func contradiction(action: NoticeRecipient.Action, status: EnhancedStatusCode, expected: String) {
        var sample = Sample()
        sample.facts.recipients[0].action = action
        sample.facts.recipients[0].status = status
        #expect(field("Status", of: sample.text) == expected)
    }

    @Test("The copy and the double bounce say what they are")
    func postmaster() {
        var sample = Sample()
        sample.purpose = .copy
        #expect(field("Subject", of: sample.text) == "Copy for the postmaster: a message could not be delivered")
        #expect(sample.text.contains("<alice@example.org> has been told"))
        sample.purpose = .doubleBounce
        sample.facts.sender = .null
        sample.facts.notice = .failure
        #expect(field("To", of: sample.text) == "<postmaster@relay.example>")
        #expect(sample.text.contains("A notice of a failure could not be delivered"))
    }

    @Test("A recipient of a dropped message is not said to have been refused")
    func dropped() {
        var sample = Sample()
        sample.facts.recipients[0].failureClass = nil
        sample.facts.recipients[0].status = nil
        sample.facts.recipients[0].reply = "an operator has dropped the message"
        let text = sample.text
        #expect(text.contains("    It was not delivered.\n    Reason: an operator has dropped the message\n"))
        #expect(field("Diagnostic-Code", of: text) == "x-posthorse; an operator has dropped the message")
        #expect(field("Status", of: text) == "5.0.0")
        #expect(field("X-Posthorse-Class", of: text) == nil)
    }

    @Test("The operator's name is the author")
    func author() {
        var sample = Sample()
        sample.settings.from = Address(unchecked: "bounces@example.com")
        #expect(field("From", of: sample.text) == "Mail Delivery System <bounces@example.com>")
    }

    @Test("A local part that no header could hold is quoted (RFC 5322 section 3.4.1)")
    func quoting() {
        #expect(field("To", of: Sample(sender: "a..b@example.org").text) == "<\"a..b\"@example.org>")
        #expect(field("To", of: Sample(sender: "\"a b\"@example.org").text) == "<\"a b\"@example.org>")
    }

    @Test("A message that required TLS gets a notice that requires it (RFC 8689 section 5)")
    func requiresTLS() {
        var sample = Sample()
        sample.facts.options.requiresTLS = true
        sample.facts.options.returnContent = .full
        #expect(sample.notice.options.requiresTLS)
        #expect(!sample.text.contains("A line."))
    }
}
