import Delivery
import Upstreams
import Mail
import Spool
import Testing

@testable import Admin

@Suite("When doubts end")
struct DoubtPoliciesTests {
    private let since = Timestamp(milliseconds: 1_000_000)

    private func shown(_ policy: UpstreamSettings.InDoubtPolicy, upstream: String = "ses") -> [Timestamp?] {
        var settings = DeliverySettings()
        settings.upstreams = [UpstreamSettings(name: "ses", host: "h", port: 25)]
        settings.upstreams[0].inDoubt = policy
        settings.upstreams[0].inDoubtHold = .seconds(60)
        let states: [Recipient.State] = [.inDoubt, .deferred]
        let message = SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: since, sender: .null, body: .sevenBit, priority: .normal,
            messageID: "", origin: "", size: 1,
            recipients: states.map {
                Recipient(address: Address(unchecked: "a@b"), state: $0, nextAttemptAt: since, upstream: upstream)
            })
        return InDoubtPolicies(settings).applied(to: message).recipients.map(\.nextAttemptAt)
    }

    @Test("after the hold if the relay decides", arguments: [UpstreamSettings.InDoubtPolicy.retrySame, .failover])
    func decides(policy: UpstreamSettings.InDoubtPolicy) {
        #expect(shown(policy) == [since + .seconds(60), since])
    }

    @Test("never by themselves if an operator decides")
    func hold() {
        #expect(shown(.hold) == [nil, since])
    }

    @Test("at once if the upstream is no longer configured")
    func gone() {
        #expect(shown(.hold, upstream: "gone") == [since, since])
    }
}
