import Mail
import Spool
import TestKit
import Testing

@testable import Delivery

/// RFC 5321 section 6.3.
@Suite("A message is not handed back")
struct LoopTests {
    private func stage(_ names: String...) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: names.count)
        for (upstream, name) in zip([stage.first, stage.second], names) { upstream.name = name }
        return stage
    }

    @Test("it skips the relay that it came from, whatever the case of its name")
    func passedOver() throws {
        let stage = stage("A.Test", "other.test")
        stage.accept(routing: RoutingFacts(relays: ["a.test"]))
        try stage.settle()
        #expect(!stage.first.commands.contains { $0.hasPrefix("MAIL") })
        #expect(stage.second.received.count == 1)
    }

    @Test("it skips each relay that has carried it")
    func ring() throws {
        let stage = stage("b.test", "a.test")
        let id = stage.accept(routing: RoutingFacts(relays: ["b.test", "a.test"]))
        try stage.settle()
        #expect(stage.first.received.isEmpty && stage.second.received.isEmpty)
        let recipient = try #require(stage.recipients(of: id).first)
        #expect(recipient.state == .deferred)
        #expect(recipient.lastReply == "not sent: 554 5.4.6 second is a.test, where the message came from")
    }

    @Test("it waits, and goes to the provider once when that is back")
    func waits() throws {
        let stage = stage("provider.test", "a.test")
        stage.first.refuses = true
        let id = stage.accept(routing: RoutingFacts(relays: ["a.test"]))
        try stage.leap(.seconds(3600))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        #expect(!stage.second.commands.contains { $0.hasPrefix("MAIL") })
        stage.first.refuses = false
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("others go to the same relay meanwhile")
    func others() throws {
        let stage = stage("provider.test", "a.test")
        stage.first.refuses = true
        stage.accept(to: ["x@x"], routing: RoutingFacts(relays: ["a.test"]))
        stage.accept(to: ["y@x"])
        stage.accept(to: ["z@x"], routing: RoutingFacts(relays: ["b.test"]))
        try stage.settle()
        #expect(Set(stage.second.received.map(\.recipients)) == [["y@x"], ["z@x"]])
    }

    @Test("relays that share our name cannot be told apart: the second visit is the last", arguments: [1, 2])
    func sameName(times: Int) throws {
        let stage = stage("Relay.Test")
        let relays = Array(repeating: "relay.test", count: times)
        let id = stage.accept(routing: RoutingFacts(relays: relays))
        try stage.settle()
        #expect(stage.first.received.count == (times == 1 ? 1 : 0))
        guard times > 1 else { return }
        #expect(
            stage.recipients(of: id).first?.lastReply
                == "not sent: 554 5.4.6 first is relay.test, where the message came from, if relays have names of their own: ours is "
                + "the same")
    }
}
