import Mail
import Notices
import Spool
import Suppression
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Suppressed recipients in the queue")
struct SuppressionTests {
    private func stage(
        upstreams: Int = 1, _ configure: @escaping (inout DeliverySettings) -> Void = { _ in }
    ) -> DeliveryStage {
        DeliveryStage(upstreams: upstreams) {
            $0.notices.deliver = .mail
            configure(&$0)
        }
    }

    private func notices(_ stage: DeliveryStage) -> [ScriptedUpstream.Received] {
        stage.first.received.filter { $0.sender.isEmpty }
    }

    private func mail(_ stage: DeliveryStage) -> [[String]] {
        stage.first.received.filter { !$0.sender.isEmpty }.map(\.recipients)
    }

    @Test("are not tried, their neighbours are, and the sender is told")
    func refused() throws {
        let stage = stage()
        try stage.suppress("bob@x")
        let id = stage.accept(to: ["a@x", "Bob@X", "c@x"], from: "app@x")
        try stage.settle()
        #expect(mail(stage) == [["a@x", "c@x"]])
        let notice = try #require(notices(stage).first)
        #expect(notices(stage).count == 1 && notice.recipients == ["app@x"])
        #expect(notice.content.contains("Final-Recipient: rfc822; Bob@X"))
        #expect(notice.content.contains("Status: 5.1.1"))
        #expect(notice.content.contains("X-Posthorse-Class: suppressed"))
        #expect(!notice.content.contains("Final-Recipient: rfc822; a@x"))
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.recipients(of: id).map(\.failureClass) == [nil, .suppressed, nil])
        #expect(stage.words.contains("suppressed Bob@X refuse") && stage.words.contains("failed -"))
    }

    @Test("all of them: no upstream is asked, and the message leaves")
    func everybody() throws {
        let stage = stage()
        try stage.suppress("@x")
        stage.accept(to: ["a@x", "b@x"], from: "app@y")
        try stage.settle()
        #expect(mail(stage).isEmpty)
        #expect(notices(stage).map(\.recipients) == [["app@y"]])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("with drop nobody is told, whatever NOTIFY says")
    func dropped() throws {
        let stage = stage {
            $0.suppression.action = .drop
            $0.notices.postmaster = Address(unchecked: "ops@y")
        }
        try stage.suppress("bob@x")
        let id = stage.accept(
            to: ["a@x", "bob@x"], from: "app@y", recipientOptions: RecipientOptions(notify: [.failure]))
        try stage.settle()
        #expect(mail(stage) == [["a@x"]])
        #expect(notices(stage).isEmpty && stage.spool.messages.isEmpty)
        let dropped = stage.recipients(of: id)[1]
        #expect(dropped.state == .failed && dropped.failureClass == .suppressed)
        #expect(dropped.lastReply?.hasPrefix("dropped: 550 5.1.1 bob@x is suppressed") == true)
        #expect(stage.words.contains("suppressed bob@x drop") && !stage.words.contains("failed -"))
    }

    @Test("one that becomes suppressed while it waits is not tried again")
    func waiting() throws {
        let stage = stage()
        stage.first.script = { phase, argument in
            phase == .rcpt && argument.hasPrefix("bob") ? .reply("450 4.2.0 later") : nil
        }
        stage.accept(to: ["bob@x"], from: "app@x")
        try stage.settle()
        #expect(stage.words.contains("deferred first -> later"))
        try stage.suppress("bob@x")
        try stage.leap(.seconds(3600))
        #expect(stage.first.commands.count { $0.contains("bob@x") && $0.hasPrefix("RCPT") } == 1)
        #expect(notices(stage).map(\.recipients) == [["app@x"]])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("one that becomes suppressed between two upstreams does not go to the second")
    func failover() throws {
        let stage = stage(upstreams: 2)
        stage.first.script = { [weak stage] phase, _ in
            guard phase == .rcpt else { return nil }
            try? stage?.suppress("bob@x")
            return .reply("450 4.3.2 not now")
        }
        stage.accept(to: ["bob@x"], from: "")
        try stage.settle()
        #expect(stage.second.received.isEmpty)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("notices go to suppressed addresses")
    func notice() throws {
        let stage = stage()
        try stage.suppress("app@x", "bob@x")
        stage.accept(to: ["bob@x"], from: "app@x")
        try stage.settle()
        #expect(notices(stage).map(\.recipients) == [["app@x"]])
    }

    @Test("a route opts out, and a suppression may be for one route")
    func routes() throws {
        let stage = stage { settings in
            var receipts = RouteSettings(name: "receipts")
            receipts.match.sender = "receipts@x"
            receipts.upstreams = ["first"]
            receipts.suppression = false
            settings.routes = [receipts]
        }
        try stage.suppress("bob@x")
        try stage.suppress("ann@x", route: "receipts")
        try stage.suppress("eve@x", route: "default")
        stage.accept(to: ["bob@x", "ann@x"], from: "receipts@x")
        stage.accept(to: ["bob@x", "ann@x", "eve@x"], from: "news@x")
        try stage.settle()
        #expect(mail(stage).sorted { $0.count > $1.count } == [["bob@x", "ann@x"], ["ann@x"]])
    }

    @Test("a doubt about one ends, since nothing will be sent that could resolve it")
    func doubt() throws {
        let stage = stage { $0.upstreams[0].inDoubt = .retrySame }
        stage.first.script = { phase, _ in phase == .dot ? .drop : nil }
        stage.accept(to: ["bob@x"], from: "app@x")
        try stage.settle()
        #expect(stage.words.contains("in doubt first"))
        try stage.suppress("bob@x")
        stage.first.script = { _, _ in nil }
        try stage.leap(.seconds(300))
        #expect(mail(stage).isEmpty && stage.spool.messages.isEmpty)
        #expect(notices(stage).map(\.recipients) == [["app@x"]])
        // The notice blames nobody for what the relay's own list has refused.
        #expect(
            notices(stage).allSatisfy { !$0.content.contains("Remote-MTA") && !$0.content.contains("server first") })
    }

    @Test("a message of many is divided in the time of its length")
    func many() throws {
        let stage = stage()
        try stage.suppress("odd@*")
        let recipients = (0..<1000).map { $0.isMultiple(of: 2) ? "even@h\($0)" : "odd@h\($0)" }
        stage.accept(to: recipients, from: "app@y")
        try stage.settle()
        #expect(mail(stage).joined().count == 500)
        #expect(stage.words.count { $0.hasPrefix("suppressed") } == 500)
    }
}

@Suite("Bounces that may suppress an address")
struct BounceCountTests {
    private func stage(_ replies: [String: String], dot: String? = nil) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.script = { phase, argument in
            if phase == .dot { return dot.map { .reply($0) } }
            guard phase == .rcpt else { return nil }
            return replies.first { argument.hasPrefix($0.key) }.map { .reply($0.value) }
        }
        return stage
    }

    @Test("each address that failed by its code, and none of its neighbours")
    func neighbours() throws {
        let stage = stage([
            "gone": "550 5.1.1 no such user", "full": "552 5.2.2 mailbox full", "policy": "550 5.7.1 blocked by policy",
            "words": "550 no such user",
        ])
        stage.accept(to: ["gone@x", "a@x", "full@x", "policy@x", "words@x"])
        try stage.settle()
        #expect(stage.bounces.words == ["hard gone@x", "soft full@x"])
    }

    @Test("a notice of the relay's own counts for nobody", arguments: [NoticeKind.alert, .failure])
    func notice(kind: NoticeKind) throws {
        let stage = stage(["gone": "550 5.1.1 no such user"])
        stage.accept(to: ["gone@x"], notice: kind)
        try stage.settle()
        #expect(stage.bounces.words.isEmpty && stage.words.contains("failed first"))
    }

    @Test("a reply to the final dot is about nobody of several, and about one alone")
    func dot() throws {
        let several = stage([:], dot: "550 5.1.1 no such user")
        several.accept(to: ["a@x", "b@x"])
        try several.settle()
        #expect(several.bounces.words.isEmpty)
        let alone = stage(["b": "550 5.7.1 blocked by policy"], dot: "550 5.1.1 no such user")
        alone.accept(to: ["a@x"])
        alone.accept(to: ["c@x", "b@x"])
        try alone.settle()
        #expect(alone.bounces.words == ["hard a@x", "hard c@x"])
    }

    @Test("a full mailbox counts once its mail has expired, and greylisting never does")
    func expired() throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.retry.expireAfter = .seconds(1000)
            $0.retry.max = .seconds(50)
        }
        stage.first.script = { phase, argument in
            guard phase == .rcpt else { return nil }
            return .reply(argument.hasPrefix("full") ? "452 4.2.2 mailbox full" : "450 4.2.0 greylisted")
        }
        stage.accept(to: ["full@x", "grey@x"])
        try stage.leap(.seconds(2000))
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.bounces.words == ["soft full@x"])
    }
}
