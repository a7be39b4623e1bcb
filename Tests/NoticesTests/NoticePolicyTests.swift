import Mail
import Notices
import Testing

@Suite("Who is told of what")
struct NoticePolicyTests {
    private func plans(
        _ recipients: [NoticeRecipient], sender: String? = "alice@example.org", notice: NoticeKind? = nil,
        _ change: (inout NoticeSettings) -> Void = { _ in }
    ) -> [NoticePlan] {
        var settings = NoticeSettings(hostname: "relay.example")
        change(&settings)
        let facts = NoticeFacts(
            queueID: "0123456789ABC", sender: ReversePath(address: sender.map { Address(unchecked: $0) }),
            receivedAt: Timestamp(milliseconds: 0), notice: notice, recipients: recipients)
        return NoticePolicy(settings).notices(about: facts)
    }

    private func recipient(
        _ action: NoticeRecipient.Action, notify: RecipientOptions.Notify? = nil, _ name: String = "bob@example.net"
    ) -> NoticeRecipient {
        NoticeRecipient(Address(unchecked: name), options: RecipientOptions(notify: notify), action: action)
    }

    @Test(
        "NOTIFY decides (RFC 3461 section 4.1)",
        arguments: [
            (nil, [.failure, .delay]), ([], []), ([.failure], [.failure]), ([.delay], [.delay]),
            ([.success], [.success]), ([.success, .failure, .delay], [.failure, .delay, .success]),
        ] as [(RecipientOptions.Notify?, [NoticeKind])])
    func notify(notify: RecipientOptions.Notify?, expected: [NoticeKind]) {
        let actions: [NoticeRecipient.Action] = [.failed, .delayed, .relayed, .passedOn]
        let plans = plans(actions.map { recipient($0, notify: notify) })
        #expect(plans.map(\.kind) == expected)
        #expect(plans.allSatisfy { $0.purpose == .report && $0.recipients.count == 1 })
        #expect(plans.allSatisfy { $0.addressee.text == "alice@example.org" })
    }

    @Test("One notice tells of all recipients that failed at once, and of no other")
    func together() {
        let failed = ["a@example.net", "b@example.net"].map { recipient(.failed, $0) }
        let plans = plans(failed + [recipient(.failed, notify: [], "c@example.net"), recipient(.relayed)])
        #expect(plans.map(\.recipients) == [failed])
    }

    @Test("What another server will report is not reported twice (RFC 3461 sections 5.2.1 and 5.2.2)")
    func passedOn() {
        #expect(plans([recipient(.passedOn, notify: [.success])]).isEmpty)
        #expect(plans([recipient(.relayed, notify: [.success])]).map(\.kind) == [.success])
    }

    @Test("Nobody is told where deliver is none, not even the postmaster")
    func silence() {
        let plans = plans([recipient(.failed)]) {
            $0.deliver = .none
            $0.postmaster = Address(unchecked: "pm@example.org")
        }
        #expect(plans.isEmpty)
    }

    @Test("The postmaster gets a copy of failures only")
    func copy() {
        let all = [recipient(.failed), recipient(.delayed), recipient(.relayed, notify: [.success])]
        let plans = plans(all) { $0.postmaster = Address(unchecked: "pm@example.org") }
        #expect(plans.map(\.purpose) == [.report, .copy, .report, .report])
        #expect(plans[1].addressee.text == "pm@example.org")
        #expect(plans[1].recipients == [all[0]])
    }

    @Test("A postmaster who is the sender gets no copy; another one does, whatever NOTIFY says to the sender")
    func noCopy() {
        let postmaster = Address(unchecked: "Alice@Example.org")
        #expect(plans([recipient(.failed)]) { $0.postmaster = postmaster }.map(\.purpose) == [.report])
        #expect(plans([recipient(.failed, notify: [])]) { $0.postmaster = postmaster }.isEmpty)
        let failed = [recipient(.failed, "a@example.net"), recipient(.failed, notify: [], "b@example.net")]
        let copied = plans(failed) { $0.postmaster = Address(unchecked: "pm@example.org") }
        #expect(copied.map(\.purpose) == [.report, .copy])
        #expect(copied.map(\.recipients) == [[failed[0]], failed])
        let silent = plans([failed[1]]) { $0.postmaster = Address(unchecked: "pm@example.org") }
        #expect(silent.map(\.purpose) == [.copy])
    }

    @Test(
        "Nothing is sent to the null sender, nor about a notice",
        arguments: [nil, .failure, .delay, .success, .alert] as [NoticeKind?])
    func nullSender(notice: NoticeKind?) {
        let actions: [NoticeRecipient.Action] = [.failed, .delayed, .relayed]
        let recipients = actions.map { recipient($0, notify: [.failure, .delay, .success]) }
        #expect(plans(recipients, sender: nil, notice: notice).isEmpty)
    }

    @Test("A notice with a sender, as an import may bring it, is a notice all the same")
    func importedNotice() {
        #expect(plans([recipient(.failed)], notice: .failure).isEmpty)
    }

    @Test("Nobody hears of a probe of the relay, whoever sent it", arguments: ["alice@example.org", nil])
    func probe(sender: String?) {
        let plans = plans([recipient(.failed), recipient(.delayed)], sender: sender, notice: .probe) {
            $0.postmaster = Address(unchecked: "pm@example.org")
        }
        #expect(plans.isEmpty)
    }

    @Test("A failure without a sender goes to the postmaster", arguments: [nil, .failure] as [NoticeKind?])
    func doubleBounce(notice: NoticeKind?) {
        let plans = plans([recipient(.failed), recipient(.delayed)], sender: nil, notice: notice) {
            $0.postmaster = Address(unchecked: "pm@example.org")
        }
        #expect(plans.map(\.purpose) == [.doubleBounce])
        #expect(plans.first?.addressee.text == "pm@example.org")
        #expect(plans.first?.recipients == [recipient(.failed)])
    }

    @Test("What the postmaster cannot get is not sent to the postmaster")
    func noCircle() {
        let plans = plans([recipient(.failed, "PM@example.org")], sender: nil, notice: .failure) {
            $0.postmaster = Address(unchecked: "pm@example.org")
        }
        #expect(plans.isEmpty)
    }
}
