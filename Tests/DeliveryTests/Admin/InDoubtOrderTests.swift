import Mail
import Spool
import Testing

@testable import Delivery

@Suite("An operator's order about doubts")
struct InDoubtOrderTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private let message = SpooledMessage(
        id: QueueID(rawValue: 1), receivedAt: Self.now, sender: ReversePath(address: Address(unchecked: "s@x")),
        body: .sevenBit, priority: .normal, messageID: "<m@x>", origin: "test", size: 10,
        recipients: [
            Recipient(address: Address(unchecked: "a@x"), state: .inDoubt, upstream: "ses"),
            Recipient(address: Address(unchecked: "b@x"), state: .deferred),
            Recipient(address: Address(unchecked: "C@x"), state: .inDoubt, upstream: "ses"),
        ])

    private func order(_ addresses: [String]?, _ answer: InDoubtResolution = .retry) -> InDoubtOrder {
        InDoubtOrder(id: message.id, addresses: addresses?.map { Address(unchecked: $0) }, answer: answer)
    }

    private func refusal(_ order: InDoubtOrder, of message: SpooledMessage? = nil) -> InDoubtResolutionResult? {
        do {
            _ = try order.chosen(of: message ?? self.message)
            return nil
        } catch { return error.result }
    }

    @Test("is about all in doubt, or those named, case-insensitively and without duplicates")
    func chosen() throws {
        #expect(try order(nil).chosen(of: message) == [0, 2])
        #expect(try order(["c@X", "a@x", "C@x"]).chosen(of: message) == [2, 0])
    }

    @Test("is refused for a recipient that does not exist or is not in doubt, and if none is")
    func refused() {
        #expect(refusal(order(["b@x"])) == .notInDoubt(Address(unchecked: "b@x")))
        #expect(refusal(order(["a@x", "z@x"])) == .noSuchRecipient(Address(unchecked: "z@x")))
        var settled = message
        order(nil, .delivered).apply(to: &settled, [0, 2], now: Self.now)
        #expect(refusal(order(nil), of: settled) == .notInDoubt(nil))
    }

    @Test("for another upstream needs one; any other does not", arguments: InDoubtResolution.allCases)
    func failover(answer: InDoubtResolution) {
        let c = message.recipients[2].address
        var refusal: InDoubtResolutionResult?
        do {
            try order(nil, answer).check([0, 2], of: message) { $0.address != c }
        } catch { refusal = error.result }
        #expect(refusal == (answer == .failover ? .noOtherUpstream(c) : nil))
    }

    @Test("ends the doubt, or makes the recipient due now", arguments: InDoubtResolution.allCases)
    func applied(answer: InDoubtResolution) {
        var changed = message
        order(nil, answer).apply(to: &changed, [2], now: Self.now)
        #expect(changed.recipients[0] == message.recipients[0])
        let recipient = changed.recipients[2]
        switch answer {
        case .delivered: #expect(recipient.state == .delivered)
        case .retry: #expect(recipient.resolution == .retry && recipient.nextAttemptAt == Self.now)
        case .failover: #expect(recipient.resolution == .failover && recipient.nextAttemptAt == Self.now)
        }
    }
}
