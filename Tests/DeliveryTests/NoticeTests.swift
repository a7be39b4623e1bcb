import Mail
import NIOCore
import Notices
import Spool
import TestKit
import Testing

@testable import Delivery

@Suite("Notices to senders")
struct NoticeTests {
    private func stage(_ configure: @escaping (inout DeliverySettings) -> Void = { _ in }) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: 1) {
            $0.notices.deliver = .mail
            configure(&$0)
        }
        stage.first.script = { phase, argument in
            phase == .rcpt && argument.hasPrefix("gone") ? .reply("550 5.1.1 no such user") : nil
        }
        return stage
    }

    private func notices(_ stage: DeliveryStage) -> [ScriptedUpstream.Received] {
        stage.first.received.filter { $0.sender.isEmpty }
    }

    @Test("a refused recipient leaves the queue, and its sender gets one notice through the same routes")
    func failure() throws {
        let stage = stage()
        stage.accept(to: ["gone1@x", "a@x", "gone2@x"], from: "app@x")
        try stage.settle()
        let notice = try #require(notices(stage).first)
        #expect(notices(stage).count == 1)
        #expect(notice.recipients == ["app@x"])
        #expect(notice.content.contains("Final-Recipient: rfc822; gone1@x"))
        #expect(notice.content.contains("Final-Recipient: rfc822; gone2@x"))
        #expect(!notice.content.contains("Final-Recipient: rfc822; a@x"))
        #expect(notice.content.contains("X-Posthorse-Class: invalid_recipient"))
        #expect(notice.content.contains("Subject: t"))
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.words.contains { $0.hasPrefix("notice failure") })
    }

    @Test("NOTIFY=NEVER, the null sender and deliver = none mean silence; the message leaves all the same")
    func silence() throws {
        let stage = stage()
        stage.accept(to: ["gone@x"], recipientOptions: RecipientOptions(notify: []))
        stage.accept(to: ["gone@x"], from: "")
        try stage.settle()
        let none = self.stage { $0.notices.deliver = .none }
        none.accept(to: ["gone@x"])
        try none.settle()
        for stage in [stage, none] {
            #expect(notices(stage).isEmpty)
            #expect(stage.spool.messages.isEmpty)
        }
    }

    @Test("a notice that fails makes no notice, and the postmaster gets it where one is set")
    func doubleBounce() throws {
        for postmaster in [nil, Address(unchecked: "ops@x")] {
            let stage = stage { $0.notices.postmaster = postmaster }
            stage.accept(to: ["gone@x"], from: "gone-too@x")
            try stage.settle()
            #expect(stage.spool.messages.isEmpty)
            // A copy of the failure, then the notice that could not be delivered.
            #expect(notices(stage).map(\.recipients) == (postmaster == nil ? [] : [["ops@x"], ["ops@x"]]))
        }
    }

    @Test("a delay is told once, where NOTIFY allows it, and then the failure")
    func delay() throws {
        let stage = stage {
            $0.retry.warnAfter = .seconds(100)
            $0.retry.expireAfter = .seconds(1000)
            $0.retry.max = .seconds(50)
        }
        stage.first.script = { phase, argument in
            phase == .rcpt && argument.hasPrefix("slow") ? .reply("450 4.2.1 later") : nil
        }
        stage.accept(to: ["slow@x"], from: "app@x")
        stage.accept(to: ["slow@x"], from: "quiet@x", recipientOptions: RecipientOptions(notify: [.failure]))
        for _ in 0..<18 { try stage.leap(.seconds(50)) }
        #expect(notices(stage).map(\.recipients) == [["app@x"]])
        #expect(try #require(notices(stage).first).content.contains("Action: delayed"))
        for _ in 0..<6 { try stage.leap(.seconds(50)) }
        let failures = notices(stage).dropFirst()
        #expect(Set(failures.flatMap(\.recipients)) == ["app@x", "quiet@x"] && failures.count == 2)
        #expect(failures.allSatisfy { $0.content.contains("X-Posthorse-Class: expired") })
        #expect(stage.spool.messages.isEmpty)
    }

    @Test(
        "success is told where NOTIFY asks, unless the upstream has taken that upon itself", arguments: [true, false])
    func success(offersDSN: Bool) throws {
        let stage = stage()
        if offersDSN { stage.first.keywords = ["DSN"] }
        stage.accept(to: ["a@x", "b@x"], from: "app@x", recipientOptions: RecipientOptions(notify: [.success]))
        stage.accept(to: ["c@x"], from: "other@x")
        try stage.settle()
        #expect(notices(stage).map(\.recipients) == (offersDSN ? [] : [["app@x"]]))
        if !offersDSN { #expect(try #require(notices(stage).first).content.contains("Action: relayed")) }
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a message that an operator drops makes a notice only if told to", arguments: [true, false])
    func dropped(notify: Bool) throws {
        let stage = stage()
        stage.first.script = { phase, argument in
            phase == .rcpt && argument.hasPrefix("slow") ? .reply("450 4.2.1 later") : nil
        }
        let id = stage.accept(to: ["slow@x"], from: "app@x")
        try stage.settle()
        let result = stage.dispatcher.orders.order(.drop(notify: notify), [id], wait: .seconds(1))
        try stage.settle()
        #expect(try result.wait() == [notify ? .doneAndTold : .done])
        #expect(notices(stage).map(\.recipients) == (notify ? [["app@x"]] : []))
        #expect(stage.spool.messages.isEmpty)
    }

}
