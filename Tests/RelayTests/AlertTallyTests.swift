import Alerts
import Delivery
import Ingress
import Mail
import Synchronization
import Testing

@testable import Relay

@Suite("What is counted for alerts")
struct AlertTallyTests {
    @Test("latencies, without the time before mail is due, and outcomes; upstreams that are gone are forgotten")
    func figures() throws {
        let tally = AlertTally(steady: { Timestamp(milliseconds: 5_000_000) })
        var ids = QueueIDGenerator()
        let address = Address(unchecked: "a@b.example")
        for _ in 0..<20 {
            let id = ids.next(at: Timestamp(milliseconds: 1_700_000_000_000))
            tally.record(
                IngressEvent.accepted(
                    id, client: "", sender: .null, recipients: 1, size: 1, messageID: "<a@b>",
                    took: .milliseconds(500)))
            for upstream in ["ses", "gone"] {
                tally.record(
                    .delivered(
                        id, recipients: [address, address], upstream: upstream, reply: "250", took: .zero,
                        delay: .seconds(3600), wait: .seconds(3), tls: nil))
            }
            tally.record(
                DeliveryEvent.failed(
                    id, recipients: [address], upstream: "ses", phase: "rcpt", reply: "550", .invalidRecipient))
            tally.record(
                DeliveryEvent.failed(
                    id, recipients: [address], upstream: "ses", phase: "rcpt", reply: "550", .invalidRecipient,
                    isNotice: true))
            tally.record(
                DeliveryEvent.failed(id, recipients: [address], upstream: nil, phase: "", reply: "", .expired))
        }
        var facts = AlertFacts()
        tally.add(to: &facts, upstreams: ["ses"])
        #expect(facts.acceptLatency == .milliseconds(500))
        #expect(facts.deliveryLatency == ["ses": .seconds(3)])
        #expect(facts.outcomes == ["ses": OutcomeFacts(delivered: 40, failed: 20)])
    }
}
