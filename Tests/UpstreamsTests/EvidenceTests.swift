import Mail
import Testing
import Upstreams

/// One case of each kind of guess that has cost somebody mail.
@Suite("A bounce needs evidence")
struct EvidenceTests {
    private func verdict(_ phase: OutcomePhase, _ text: String, _ provider: Provider? = nil) throws -> Verdict {
        let reply = try #require(Reply(parsing: text))
        return RuleBook(own: [], provider: provider).verdict(reply, at: phase)
    }

    @Test(
        "a blocklist with this machine is about us, and doubtful wording needs a second opinion",
        arguments: [
            ("554 5.7.1 Rejected: 192.0.2.1 listed at bl.example.net", true),
            ("554 5.7.1 Service unavailable; client [192.0.2.1] blocked using bl.example.net", true),
            ("550 host.example.com[2001:db8::1]:25 is in a blacklist", true),
            ("550 192.0.2.1 found in RBL", true), ("550 Your network is on our block list", true),
            ("550 Blocked by DNSBL", false), ("554 Rejected, see http://192.0.2.1/listed", false),
            ("550 5.7.1 user not listed at 192.0.2.1", false), ("550 domain example.com listed, (192.0.2.1)", false),
            ("550 URL of [192.0.2.1] listed", false), ("550 greylisted [192.0.2.1], come back", false),
        ])
    func lists(text: String, isSure: Bool) throws {
        for phase in [OutcomePhase.rcpt, .dot] {
            let verdict = try verdict(phase, text)
            #expect(verdict.opensCircuit == isSure, "\(phase)")
            #expect(isSure || verdict.action == .secondOpinion, "\(phase)")
        }
    }

    @Test(
        "an unknown user fails, unless the server may mean somebody else or is unsure for now",
        arguments: [
            ("550 no such user here", FailureAction.fail), ("554 5.7.1 <a@example.org>: User unknown", .fail),
            ("550 Invalid recipient", .fail), ("550 the recipient does not exist", .fail),
            ("550 Sender: user unknown", .secondOpinion), ("550 user unknown to the account", .secondOpinion),
            ("550 user unknown: temporary lookup problem", .secondOpinion),
            ("550 mailbox unavailable, try later", .secondOpinion),
            ("550 mailbox unavailable or access denied", .secondOpinion),
            ("550 5.1.1 Your mail host is on a blocklist", .secondOpinion),
            ("550 5.1.1 user unknown: LDAP is down", .secondOpinion), ("550 5.1.1 user unknown, try again", .fail),
            ("550 no such user, or relaying denied", .nextUpstream), ("550 domain does not exist", .secondOpinion),
        ])
    func users(text: String, action: FailureAction) throws {
        #expect(try verdict(.rcpt, text).action == action)
    }

    @Test(
        "refused content fails, unless the filter has a problem or means the origin of the mail",
        arguments: [
            ("554 5.7.1 virus Eicar-Test-Signature detected", FailureAction.fail, false),
            ("550 Message size exceeds fixed limit", .fail, false),
            ("550 5.7.1 content rejected: scanner unavailable", .secondOpinion, true),
            ("554 virus scanner timeout try again", .secondOpinion, true),
            ("554 5.7.1 Message rejected: spam filter temporarily unavailable", .secondOpinion, true),
            ("552 5.3.4 message too big: disk full", .secondOpinion, true),
            ("554 Message rejected: spam from a source of spam", .secondOpinion, false),
            ("550-5.7.1 [192.0.2.1 12] this message is likely spam, and has been blocked", .secondOpinion, false),
        ])
    func content(text: String, action: FailureAction, isPassing: Bool) throws {
        let verdict = try verdict(.dot, text)
        #expect(verdict.action == action)
        #expect(verdict.isPassing == isPassing)
    }

    @Test(
        "a demand to log in or stay away means us",
        arguments: [
            "550 SMTP AUTH is required for message submission on port 587", "550 You must log in before sending",
            "550 host denies relay", "550 [192.0.2.1] isn't allowed to relay",
        ])
    func submission(text: String) throws {
        #expect(try verdict(.rcpt, text) == .accountFault)
    }

    @Test(
        "Microsoft's number series are about us, whatever the text",
        arguments: ["5.7.606", "5.7.620", "5.7.649", "5.7.506", "4.7.506", "5.7.511", "5.7.508", "4.7.508"])
    func microsoft(status: String) throws {
        for phase in [OutcomePhase.mail, .rcpt, .dot] {
            let verdict = try verdict(phase, "\(status.first ?? "5")50 \(status) Access denied", .microsoft365)
            #expect(verdict.scope == .account)
            #expect(verdict.opensCircuit || verdict.action == .slowDown)
        }
        #expect(try verdict(.rcpt, "550 5.7.650 Access denied", .microsoft365).action == .secondOpinion)
        #expect(try verdict(.rcpt, "550 5.7.605 Access denied", .microsoft365).action == .secondOpinion)
    }

    @Test(
        "a loop is about the path, at every phase of a transaction",
        arguments: [
            "554 5.4.6 Too many hops", "550 5.4.14 Hop count exceeded", "554 MailLoop",
            "554 too many \"Received\" headers",
            "554 5.4.0 mail loops back to myself", "552 looping message", "554 5.4.6 hop limit reached",
        ])
    func loops(text: String) throws {
        for phase in [OutcomePhase.mail, .rcpt, .data, .dot] {
            #expect(try verdict(phase, text) == RuleCase.loop)
        }
    }

    @Test("a quota is not a loop, even with its status code")
    func noLoop() throws {
        #expect(try verdict(.rcpt, "550 5.4.6 Sender Hourly Quota Exceeded") == .accountFault)
        #expect(try verdict(.dot, "550 5.4.6 Unusual sending activity detected") == .accountFault)
    }

    @Test(
        "a recipient limit per transaction is not a rate, and vice versa",
        arguments: [
            ("550 Too many recipients", true), ("554 5.5.3 No", true), ("550 Only 50 recipients are allowed", true),
            ("452 4.5.3 too many recipients today", false), ("550 too many recipients for your plan", false),
            ("452 4.5.3 recipient limit of this hour", false),
        ])
    func recipients(text: String, isOfTransaction: Bool) throws {
        #expect((try verdict(.rcpt, text).action == .nextTransaction) == isOfTransaction)
    }
}
