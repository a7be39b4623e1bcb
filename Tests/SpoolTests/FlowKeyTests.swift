import Mail
import Testing

@testable import Spool

@Suite("The flow of a message")
struct FlowKeyTests {
    private func message(
        to addresses: [String], user: String? = nil, stream: String? = nil, notice: NoticeKind? = nil
    ) -> SpooledMessage {
        var message = SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: Timestamp(milliseconds: 1), sender: .null, body: .sevenBit,
            priority: .normal, messageID: "<1@x>", origin: "test", user: user,
            routing: RoutingFacts(stream: stream), size: 1,
            recipients: addresses.map { Recipient(address: Address(unchecked: $0)) })
        message.notice = notice
        return message
    }

    @Test("is its user's, and in that its first recipient's domain, in any case of letters")
    func same() {
        let key = FlowKey(of: message(to: ["a@Example.ORG", "b@other.example"], user: "shop"))
        #expect(key == FlowKey(of: message(to: ["z@example.org"], user: "shop")))
        #expect(key == FlowKey(user: "shop", recipient: "b@EXAMPLE.org"))
        #expect(key.flow != FlowKey(user: "newsletter", recipient: "b@example.org").flow)
        #expect(key.domain != FlowKey(user: "shop", recipient: "b@example.net").domain)
    }

    @Test("is its stream's if it has one, whoever has handed it in")
    func stream() {
        let key = FlowKey(of: message(to: ["a@example.org"], user: "shop", stream: "spring"))
        #expect(key == FlowKey(of: message(to: ["b@example.org"], stream: "spring")))
        #expect(key.flow != FlowKey(of: message(to: ["a@example.org"], user: "shop")).flow)
        #expect(key.flow == FlowKey(user: "spring", recipient: "").flow)
        #expect(FlowKey(of: message(to: ["a@example.org"], stream: "spring", notice: .delay)) == .notices)
    }

    @Test("is the same on every machine, since it is compared over restarts")
    func stable() {
        let key = FlowKey(user: "shop", recipient: "a@example.org")
        #expect(key.flow == FlowKey(user: "shop", recipient: "").flow)
        #expect(FlowKey(user: nil, recipient: "postmaster") == .none)
        #expect(FlowKey.none.flow == 0 && FlowKey.notices.flow == .max)
    }

    @Test("is nobody's without a user, and never a user's for a notice about mail")
    func reserved() {
        #expect(FlowKey(of: message(to: ["a@example.org"])).flow == 0)
        for number in 0..<5000 {
            let flow = FlowKey(user: "user-\(number)", recipient: "a@example.org").flow
            #expect(flow != 0 && flow < FlowKey.probes.flow)
        }
        for kind in NoticeKind.aboutMail {
            #expect(FlowKey(of: message(to: ["a@example.org"], notice: kind)) == .notices)
        }
        #expect(FlowKey(of: message(to: ["a@example.org"], notice: .alert)).flow == 0)
        #expect(FlowKey(of: message(to: ["a@example.org"], notice: .probe)) == .probes)
    }

    @Test("of a hundred users are a hundred, or nearly")
    func spread() {
        let flows = Set((0..<100).map { FlowKey(user: "user-\($0)", recipient: "a@example.org").flow })
        #expect(flows.count >= 98)
        let domains = Set((0..<1000).map { FlowKey(user: nil, recipient: "a@d\($0).example").domain })
        #expect(domains.count >= 240)
    }

    @Test(
        "is read from the schedule as from the message", arguments: [nil, "shop"] as [String?],
        [nil, "spring"] as [String?])
    func schedule(user: String?, stream: String?) throws {
        let message = message(to: ["first@example.org", "second@example.net"], user: user, stream: stream)
        var bytes: [UInt8] = []
        RecipientText.encode(message.recipients, into: &bytes)
        let first = bytes.withUnsafeBytes { RecipientText.firstAddress(of: $0) }
        let routing = RoutingText.encode(message.routing).map { Array($0.utf8) } ?? []
        let named = routing.withUnsafeBytes { RoutingText.streamName(of: $0) }
        #expect(FlowKey(notice: nil, user: user, stream: named, recipient: first) == FlowKey(of: message))
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(RecipientText.firstAddress(of: none) == "")
    }
}
