import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Streams in the delivery")
struct StreamGateTests {
    private func stage(_ streams: [StreamSettings] = [], upstreams: Int = 1) -> DeliveryStage {
        DeliveryStage(upstreams: upstreams) { $0.streams = streams }
    }

    private func rule(_ name: String, _ change: (inout StreamSettings) -> Void) -> StreamSettings {
        var rule = StreamSettings(name: name)
        change(&rule)
        return rule
    }

    private func accept(_ number: Int, of stream: String?, _ stage: DeliveryStage, user: String? = nil) {
        stage.accept(to: ["\(stream ?? user ?? "none")\(number)@x"], user: user, routing: RoutingFacts(stream: stream))
    }

    private func recipients(_ stage: DeliveryStage) -> [String] { stage.first.received.flatMap(\.recipients) }

    @Test("A paused stream hands nothing over, others do not notice, and everything goes after it is resumed")
    func pause() throws {
        let stage = stage()
        #expect(stage.dispatcher.pauseStream("news", reason: "wrong list")?.pause?.author == .operator)
        for number in 0..<500 { accept(number, of: "news", stage) }
        for number in 0..<20 { accept(number, of: "shop", stage) }
        try stage.advance(.seconds(2))
        #expect(recipients(stage).count == 20 && recipients(stage).allSatisfy { $0.hasPrefix("shop") })
        #expect(stage.dispatcher.streams.status(of: "news")?.resting == 500)
        #expect(stage.spool.messages.allSatisfy { $0.openAttempt == nil })
        try stage.leap(.seconds(3600))
        #expect(recipients(stage).count == 20)
        #expect(stage.dispatcher.resumeStream("news", reason: nil)?.pause == nil)
        try stage.advance(.seconds(5))
        #expect(Set(recipients(stage)).count == 520 && recipients(stage).count == 520)
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.dispatcher.streams.status(of: "news")?.counts == StreamCounts(delivered: 500))
    }

    @Test("What waits in the lines and for a session is taken back, and what runs ends")
    func recall() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.upstreams[0].maxConnections = 20 }
        var isSlow = true
        stage.first.script = { at, _ in at == .dot && isSlow ? .lateReply("250 ok", after: .seconds(10)) : nil }
        for number in 0..<400 { accept(number, of: "news", stage) }
        try stage.advance(.seconds(1))
        _ = stage.dispatcher.pauseStream("news", reason: nil)
        try stage.advance(.seconds(60))
        let ran = recipients(stage).count
        // One for each session, and one behind another for the trial of pipelining.
        #expect(ran >= 20 && ran <= 21, "\(ran) messages")
        #expect(stage.dispatcher.streams.status(of: "news")?.resting == 400 - ran)
        isSlow = false
        _ = stage.dispatcher.resumeStream("news", reason: nil)
        try stage.advance(.seconds(60))
        #expect(Set(recipients(stage)).count == 400 && recipients(stage).count == 400)
    }

    @Test("A message that an upstream has failed does not go to the next one while its stream is paused")
    func failover() throws {
        let stage = stage(upstreams: 2)
        stage.first.script = { at, _ in at == .mail ? .lateReply("451 4.3.0 later", after: .milliseconds(500)) : nil }
        accept(1, of: "news", stage)
        try stage.advance(.milliseconds(300))
        _ = stage.dispatcher.pauseStream("news", reason: nil)
        try stage.leap(.seconds(600))
        #expect(stage.second.received.isEmpty && stage.spool.messages.count == 1)
        _ = stage.dispatcher.resumeStream("news", reason: nil)
        try stage.leap(.seconds(600))
        #expect(stage.second.received.count == 1 && stage.spool.messages.isEmpty)
    }

    @Test("Without a name, the user's mail is the stream, and the relay's notices go whatever is paused")
    func names() throws {
        let stage = stage()
        _ = stage.dispatcher.pauseStream("app", reason: nil)
        _ = stage.dispatcher.pauseStream("default", reason: nil)
        accept(1, of: nil, stage, user: "app")
        accept(2, of: nil, stage)
        accept(3, of: "shop", stage, user: "app")
        stage.accept(to: ["notice@x"], notice: .failure)
        try stage.advance(.seconds(1))
        #expect(Set(recipients(stage)) == ["shop3@x", "notice@x"])
    }

    @Test("Recipients whose route has a paused stream of its own hold up no other recipient of the message")
    func routes() throws {
        let stage = DeliveryStage(upstreams: 2) { settings in
            var (bulk, rest) = (RouteSettings(name: "bulk"), RouteSettings(name: "default"))
            (bulk.match.recipient, bulk.upstreams, bulk.stream) = ("@bulk.example", ["second"], "news")
            rest.upstreams = ["first"]
            settings.routes = [bulk, rest]
        }
        _ = stage.dispatcher.pauseStream("news", reason: nil)
        var tries = 0
        stage.first.script = { at, argument in
            guard at == .rcpt, argument.contains("late") else { return nil }
            tries += 1
            return tries == 1 ? .reply("450 4.2.1 later") : nil
        }
        stage.accept(to: ["1@bulk.example", "2@x", "late@x"])
        try stage.advance(.seconds(1))
        #expect(recipients(stage) == ["2@x"])
        try stage.leap(.seconds(300))
        #expect(recipients(stage) == ["2@x", "late@x"] && stage.second.received.isEmpty)
        _ = stage.dispatcher.resumeStream("news", reason: nil)
        try stage.advance(.seconds(1))
        #expect(stage.second.received.map(\.recipients) == [["1@bulk.example"]] && stage.spool.messages.isEmpty)
    }

    @Test("A blocked route and a paused stream of one message do not send it round in circles")
    func blocked() throws {
        let stage = DeliveryStage(upstreams: 2) { settings in
            var (bulk, rest) = (RouteSettings(name: "bulk"), RouteSettings(name: "default"))
            (bulk.match.recipient, bulk.upstreams, bulk.stream) = ("@bulk.example", ["second"], "news")
            rest.upstreams = ["first"]
            settings.routes = [bulk, rest]
            settings.circuit.consecutiveFailures = 1
            settings.circuit.openDuration = .seconds(60)
        }
        stage.first.refuses = true
        stage.accept(to: ["0@x"])
        try stage.advance(.seconds(1))
        _ = stage.dispatcher.pauseStream("news", reason: nil)
        stage.accept(to: ["1@bulk.example", "2@x"])
        try stage.advance(.seconds(5))
        #expect(stage.second.received.isEmpty)
        stage.first.refuses = false
        _ = stage.dispatcher.resumeStream("news", reason: nil)
        try stage.leap(.seconds(600))
        #expect(stage.second.received.map(\.recipients) == [["1@bulk.example"]])
        #expect(Set(recipients(stage)) == ["0@x", "2@x"] && stage.spool.messages.isEmpty)
    }

    @Test("Mail of a paused stream expires when its time is over, as all mail that waits")
    func expiry() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.retry.expireAfter = .seconds(3600) }
        _ = stage.dispatcher.pauseStream("news", reason: nil)
        accept(1, of: "news", stage)
        try stage.leap(.seconds(3500))
        #expect(stage.spool.messages.count == 1)
        try stage.leap(.seconds(400))
        #expect(stage.spool.messages.isEmpty && stage.words.contains("failed -"))
        #expect(stage.dispatcher.queue.numbersOnly == 0)
    }

    @Test("Too many hard failures pause a stream, and its other mail waits")
    func bounceRate() throws {
        let stage = stage([rule("news") { ($0.pauseAtBounceRate, $0.minMessages) = (0.2, 10) }])
        stage.first.script = { at, argument in
            at == .rcpt && argument.contains("bad") ? .reply("550 5.1.1 no such user") : nil
        }
        for number in 0..<8 { accept(number, of: "news", stage) }
        try stage.advance(.seconds(1))
        for number in 0..<2 {
            stage.accept(to: ["bad\(number)@x"], routing: RoutingFacts(stream: "news"))
            try stage.advance(.seconds(1))
        }
        #expect(stage.words.contains("stream news paused by relay"))
        accept(9, of: "news", stage)
        accept(9, of: "shop", stage)
        try stage.advance(.seconds(5))
        #expect(!recipients(stage).contains("news9@x") && recipients(stage).contains("shop9@x"))
        #expect(stage.dispatcher.streams.status(of: "news")?.recent.bounceRate == 0.2)
    }

    @Test("A new stream gets a part of its mail through at a time, and then all of it")
    func canary() throws {
        let stage = stage([rule("news") { ($0.canary, $0.minMessages) = ([10, 50], 10) }])
        var isHeld = true
        stage.first.script = { at, _ in at == .dot && isHeld ? .lateReply("250 ok", after: .seconds(20)) : nil }
        for number in 0..<200 { accept(number, of: "news", stage) }
        try stage.advance(.seconds(2))
        #expect(stage.dispatcher.streams.status(of: "news")?.resting == 180)
        isHeld = false
        try stage.advance(.seconds(60))
        #expect(stage.words.contains("stream news at 50 %") && stage.words.contains("stream news passed"))
        #expect(recipients(stage).count == 200 && stage.spool.messages.isEmpty)
    }

    @Test("What waits for a canary, a rate or a pause is told from what has been let through")
    func holds() throws {
        let stage = stage([
            rule("news") { ($0.canary, $0.minMessages) = ([10, 50], 10) },
            rule("slow") { $0.maxRate = Rate(count: 1, per: .seconds(60)) },
        ])
        _ = stage.dispatcher.pauseStream("shop", reason: nil)
        stage.first.script = { at, _ in at == .dot ? .silence : nil }
        var ids: [String: [QueueID]] = [:]
        for stream in ["news", "slow", "shop", "other"] {
            for number in 0..<30 {
                let routing = RoutingFacts(stream: stream)
                ids[stream, default: []].append(stage.accept(to: ["r\(number)@x"], routing: routing))
            }
        }
        try stage.settle()
        let holds = stage.dispatcher.streams.holds
        #expect(holds.mapValues(\.cause) == ["news": .canary, "slow": .rate, "shop": .pause])
        #expect(holds["slow"]?.until == DeliveryStage.epoch + .seconds(60) && holds["news"]?.until == nil)
        for (stream, hold) in holds {
            let kept = try #require(ids[stream]).count { hold.keeps($0, wasTried: false) }
            #expect(kept == stage.dispatcher.streams.status(of: stream)?.resting, "\(stream)")
        }
    }

    @Test("A canary with too many hard failures stops, and most of the mail has not gone")
    func canaryStops() throws {
        let stage = stage([rule("news") { ($0.canary, $0.minMessages) = ([10, 50], 10) }])
        stage.first.script = { at, _ in at == .rcpt ? .reply("550 5.1.1 no such user") : nil }
        for number in 0..<300 { accept(number, of: "news", stage) }
        try stage.advance(.seconds(10))
        #expect(stage.words.contains("stream news paused by relay"))
        #expect(stage.spool.messages.count >= 270)
    }

    @Test("A canary that was stopped goes on when it is resumed, and nothing is left behind")
    func canaryResumed() throws {
        let stage = stage([rule("news") { ($0.canary, $0.minMessages) = ([10, 50], 10) }])
        stage.first.script = { at, _ in at == .rcpt ? .reply("550 5.1.1 no such user") : nil }
        for number in 0..<60 { accept(number, of: "news", stage) }
        try stage.advance(.seconds(10))
        #expect(stage.words.contains("stream news paused by relay") && !stage.spool.messages.isEmpty)
        stage.first.script = { _, _ in nil }
        _ = stage.dispatcher.resumeStream("news", reason: nil)
        try stage.advance(.seconds(30))
        #expect(stage.spool.messages.isEmpty && stage.words.contains("stream news passed"))
    }

    @Test("Mail of a new stream that is put off holds up neither its step nor itself")
    func canaryPutOff() throws {
        let stage = stage([rule("news") { ($0.canary, $0.minMessages) = ([10, 50], 10) }])
        var seen: Set<String> = []
        stage.first.script = { at, argument in
            at == .rcpt && seen.insert("\(argument)").inserted ? .reply("450 4.2.1 later") : nil
        }
        for number in 0..<60 { accept(number, of: "news", stage) }
        try stage.advance(.seconds(2))
        #expect(seen.count == 20, "as many again as the step has")
        try stage.leap(.seconds(3600))
        #expect(Set(recipients(stage)).count == 60 && recipients(stage).count == 60)
        #expect(stage.spool.messages.isEmpty && stage.words.contains("stream news passed"))
    }

    @Test("A new stream goes on after all upstreams were down")
    func canaryOutage() throws {
        let stage = stage([rule("news") { ($0.canary, $0.minMessages) = ([10, 50], 10) }])
        stage.first.refuses = true
        for number in 0..<60 { accept(number, of: "news", stage) }
        try stage.leap(.seconds(600))
        #expect(stage.first.received.isEmpty)
        stage.first.refuses = false
        try stage.leap(.seconds(3600))
        #expect(Set(recipients(stage)).count == 60 && stage.spool.messages.isEmpty)
    }

    @Test("What an operator drops makes room for the rest of a new stream")
    func canaryDropped() throws {
        let stage = stage([rule("news") { ($0.canary, $0.minMessages) = ([10, 50], 10) }])
        stage.first.refuses = true
        var ids: [QueueID] = []
        for number in 0..<30 {
            let routing = RoutingFacts(stream: "news")
            ids.append(stage.accept(to: ["news\(number)@x"], routing: routing))
        }
        try stage.advance(.seconds(1))
        _ = stage.dispatcher.orders.order(.drop(notify: false), Array(ids.prefix(15)), wait: .seconds(30))
        try stage.advance(.seconds(40))
        stage.first.refuses = false
        try stage.leap(.seconds(3600))
        #expect(recipients(stage).count == 15 && stage.spool.messages.isEmpty)
    }

    @Test("What is under way when the relay ends asks again at the next start")
    func kept() throws {
        let stage = stage([rule("news") { ($0.canary, $0.minMessages) = ([10], 10) }])
        stage.first.script = { at, _ in at == .dot ? .lateReply("250 ok", after: .seconds(20)) : nil }
        for number in 0..<60 { accept(number, of: "news", stage) }
        try stage.advance(.seconds(2))
        // A change of any stream has all of them kept.
        _ = stage.dispatcher.pauseStream("shop", reason: nil)
        #expect(stage.dispatcher.streams.status(of: "news")?.resting == 50)
        #expect(stage.keptStreams.value.streams["news"]?.canary == StreamCanary())
    }

    @Test("A message whose attempt runs while a reload takes its route away is counted all the same")
    func reloadOfRoutes() throws {
        let stage = DeliveryStage(upstreams: 2) { settings in
            var (bulk, rest) = (RouteSettings(name: "bulk"), RouteSettings(name: "default"))
            (bulk.match.recipient, bulk.upstreams) = ("@bulk.example", ["second"])
            rest.upstreams = ["first"]
            settings.routes = [bulk, rest]
        }
        stage.first.script = { at, _ in at == .dot ? .lateReply("250 ok", after: .seconds(5)) : nil }
        accept(1, of: nil, stage)
        try stage.advance(.seconds(1))
        try stage.reload { $0.routes = [] }
        _ = stage.dispatcher.pauseStream("news", reason: nil)
        try stage.advance(.seconds(10))
        #expect(recipients(stage) == ["none1@x"] && stage.spool.messages.isEmpty)
        #expect(stage.dispatcher.streams.status(of: "default")?.counts == StreamCounts(delivered: 1))
    }

    @Test("Mail that a reload moves out of a paused stream goes")
    func renamed() throws {
        let stage = DeliveryStage(upstreams: 1) { settings in
            var rest = RouteSettings(name: "default")
            (rest.upstreams, rest.stream) = (["first"], "a")
            settings.routes = [rest]
        }
        _ = stage.dispatcher.pauseStream("a", reason: nil)
        accept(1, of: nil, stage)
        try stage.advance(.seconds(1))
        #expect(recipients(stage).isEmpty && stage.dispatcher.queue.resting.count == 1)
        try stage.reload { $0.routes[0].stream = "b" }
        try stage.advance(.seconds(1))
        #expect(recipients(stage) == ["none1@x"] && stage.dispatcher.queue.resting.count == 0)
    }

    @Test("Recipients whose stream has a rate hold up no other recipient of the message")
    func limitedRoute() throws {
        let stage = DeliveryStage(upstreams: 2) { settings in
            var (bulk, rest) = (RouteSettings(name: "bulk"), RouteSettings(name: "default"))
            (bulk.match.recipient, bulk.upstreams, bulk.stream) = ("@bulk.example", ["second"], "news")
            rest.upstreams = ["first"]
            settings.routes = [bulk, rest]
            settings.streams = [rule("news") { $0.maxRate = Rate(count: 1, per: .seconds(3600)) }]
        }
        stage.accept(to: ["1@bulk.example"])
        stage.accept(to: ["2@bulk.example", "3@x"])
        try stage.advance(.seconds(2))
        #expect(recipients(stage) == ["3@x"] && stage.second.received.map(\.recipients) == [["1@bulk.example"]])
        try stage.leap(.seconds(3700))
        #expect(stage.second.received.count == 2 && stage.spool.messages.isEmpty)
    }

    @Test("Recipients on the list of suppressions count as failed")
    func suppressed() throws {
        let stage = stage()
        try stage.suppress("gone@x")
        stage.accept(to: ["gone@x", "here@x"], routing: RoutingFacts(stream: "news"))
        try stage.advance(.seconds(1))
        #expect(stage.dispatcher.streams.status(of: "news")?.counts == StreamCounts(delivered: 1, failed: 1))
        #expect(stage.dispatcher.streams.status(of: "news")?.recent == StreamCounts(delivered: 1))
    }

    @Test("A rate is kept, and nothing is left behind")
    func rate() throws {
        let stage = stage([rule("slow") { $0.maxRate = Rate(count: 10, per: .seconds(1)) }])
        for number in 0..<100 { accept(number, of: "slow", stage) }
        try stage.advance(.seconds(2))
        #expect((10...32).contains(recipients(stage).count))
        accept(1, of: "shop", stage)
        try stage.advance(.milliseconds(100))
        #expect(recipients(stage).contains("shop1@x"))
        try stage.leap(.seconds(12))
        #expect(recipients(stage).count == 101 && stage.spool.messages.isEmpty)
    }
}
