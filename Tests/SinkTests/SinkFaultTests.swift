import Testing

@testable import Sink

@Suite("The text of a fault")
struct SinkFaultTextTests {
    static func fault(_ kind: SinkFault.Kind, _ phase: SinkPhase, _ change: (inout SinkFault) -> Void = { _ in })
        -> SinkFault
    {
        var fault = SinkFault(kind, at: phase)
        change(&fault)
        return fault
    }

    @Test(
        "says where, what, when and how often",
        arguments: [
            ("mail reply", fault(.fail, .mail)),
            ("mail reply: 554 5.7.1 No: never", fault(.say(Array("554 5.7.1 No: never\r\n".utf8)), .mail)),
            ("ehlo raw: \\x00\\r\\n\\\\", fault(.say([0, 13, 10, 92]), .ehlo)),
            ("dot delay=2s grow=10ms", fault(.delay(.seconds(2), growth: .milliseconds(10)), .dot)),
            ("content slow=1000", fault(.slow(bytesPerSecond: 1000), .content)),
            (
                "connect down for=3s every=6s after=10",
                fault(.down, .connect) {
                    $0.after = 10
                    $0.window = SinkWindow(length: .seconds(3), period: .seconds(6))
                }
            ),
            (
                "rcpt hang from=1.5s rate=0.25 above=50 limit=3 rcpt=bad@",
                fault(.hang, .rcpt) {
                    $0.window.start = .milliseconds(1500)
                    $0.rate = 0.25
                    $0.above = 50
                    $0.limit = 3
                    $0.recipient = "bad@"
                }
            ),
            ("dot take-and-close", fault(.takeAndClose([]), .dot)),
            (
                "dot take-and-close: 421 4.3.0 Enough",
                fault(.takeAndClose(Array("421 4.3.0 Enough\r\n".utf8)), .dot)
            ),
            ("rcpt drop behind=10", fault(.drop, .rcpt) { $0.behind = 10 }),
            ("dot take-and-say: 250-a\\r\\n", fault(.takeAndSay(Array("250-a\r\n".utf8)), .dot)),
            ("mail deaf messages=3", fault(.deaf, .mail) { $0.messages = 3 }),
            ("auth drop mechanism=plain", fault(.drop, .auth) { $0.mechanism = "PLAIN" }),
            ("dot take-and-drop", fault(.takeAndDrop, .dot)), ("quit twice", fault(.twice, .quit)),
            ("banner endless", fault(.endless, .banner)), ("delivery discard", fault(.discard, .delivery)),
            ("delivery junk rate=0.5", fault(.junk, .delivery) { $0.rate = 0.5 }),
            ("delivery twice", fault(.twice, .delivery)),
            ("delivery delay=600s", fault(.delay(.seconds(600)), .delivery)),
            ("connect cut every=2s", fault(.cut, .connect) { $0.window.period = .seconds(2) }),
        ])
    func good(_ text: String, _ fault: SinkFault) throws {
        #expect(try SinkFault(text) == fault)
    }

    @Test(
        "is refused if it makes no sense",
        arguments: [
            "", "mail", "nowhere hang", "mail sulk", "mail reply: no", "mail reply: 25 x", "mail raw", "mail raw: \\q",
            "mail raw: \\x1", "mail hang: 250 x", "mail hang for", "mail hang for=3", "mail hang colour=red",
            "mail hang every=3s", "mail hang every=3s for=3s", "mail hang rate=2", "mail hang above=0",
            "mail hang limit=x",
            "mail hang rcpt=x", "mail hang behind=1", "rcpt hang behind=0", "mail slow=5", "mail take-and-drop",
            "mail take-and-close", "mail take-and-say: x", "dot take-and-say", "dot deaf", "content deaf",
            "mail deaf: x", "mail hang mechanism=plain", "mail hang messages=0",
            "dot take-and-close: bye",
            "mail refuse", "dot discard", "dot junk", "delivery hang", "delivery reply", "delivery deaf",
            "delivery discard: x",
            "content reply", "content twice",
            "connect down rate=0.5", "mail delay", "mail hang=2s",
        ])
    func bad(_ text: String) {
        #expect(throws: SinkFaultError.self) { try SinkFault(text) }
    }
}

@Suite("A window of faults")
struct SinkWindowTests {
    @Test("opens at its start for its length, repeatedly")
    func periodic() {
        let window = SinkWindow(start: .seconds(1), length: .seconds(3), period: .seconds(6))
        let open = (0..<15).filter { window.contains(.seconds($0)) }
        #expect(open == [1, 2, 3, 7, 8, 9, 13, 14])
        #expect((0..<15).map { window.starts(until: .seconds($0)) } == [0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3])
        var changes: [Duration] = []
        while changes.count < 5, let next = window.nextChange(after: changes.last ?? .zero) { changes.append(next) }
        #expect(changes == [1, 4, 7, 10, 13].map { .seconds($0) })
    }

    @Test("opens once without a period, and stays open without a length")
    func once() {
        let window = SinkWindow(start: .seconds(1), length: .seconds(3))
        #expect((0..<9).filter { window.contains(.seconds($0)) } == [1, 2, 3])
        #expect(window.nextChange(after: .seconds(4)) == nil)
        #expect(SinkWindow(start: .seconds(1)).contains(.seconds(1_000_000)))
        #expect(SinkWindow().nextChange(after: .zero) == nil)
    }
}

@Suite("The fault plan of a sink")
struct SinkFaultPlanTests {
    private static func plan(_ texts: String..., change: (inout SinkSettings) -> Void = { _ in }) throws
        -> SinkFaultPlan
    {
        var settings = SinkSettings()
        settings.faults = try texts.map { try SinkFault($0) }
        change(&settings)
        return SinkFaultPlan(settings)
    }

    @Test("takes the first matching fault, each in its own window")
    func windows() throws {
        var plan = try Self.plan("mail hang from=1s for=1s", "mail drop from=1s for=2s", "dot hang for=1s")
        #expect((0..<4).map { plan.take(in: SinkCase(.mail), now: .seconds($0)) } == [nil, .hang, .drop, nil])
        #expect(plan.take(in: SinkCase(.dot), now: .zero) == .hang)
        #expect(plan.happened == 3)
    }

    @Test("happens in a session that has begun enough transactions, and with the mechanism named")
    func session() throws {
        var plan = try Self.plan("mail hang messages=2", "auth drop mechanism=plain")
        let hangs = (0..<4).map { messages in
            var situation = SinkCase(.mail)
            situation.messages = messages
            return plan.take(in: situation, now: .zero) == .hang
        }
        #expect(hangs == [false, false, true, true])
        let drops = ["PLAIN", "plain", "LOGIN"].map { mechanism in
            var situation = SinkCase(.auth)
            situation.mechanism = mechanism
            return plan.take(in: situation, now: .zero) == .drop
        }
        #expect(drops == [true, true, false])
        #expect(plan.take(in: SinkCase(.auth), now: .zero) == nil)
    }

    @Test("starts its windows once enough messages were accepted")
    func after() throws {
        var plan = try Self.plan("mail hang after=2 for=1s")
        plan.messageTaken(now: .seconds(5))
        #expect(plan.take(in: SinkCase(.mail), now: .seconds(5)) == nil)
        plan.messageTaken(now: .seconds(6))
        #expect(plan.take(in: SinkCase(.mail), now: .milliseconds(6999)) == .hang)
        #expect(plan.take(in: SinkCase(.mail), now: .seconds(7)) == nil)
    }

    @Test("selects its fraction of cases, the same for the same seed")
    func rate() throws {
        func cases(_ seed: UInt64) throws -> [Bool] {
            var plan = try Self.plan("mail hang rate=0.3") { $0.seed = seed }
            return (0..<1000).map { _ in plan.take(in: SinkCase(.mail), now: .zero) != nil }
        }
        let first = try cases(1)
        #expect((250...350).contains(first.count(where: \.self)))
        #expect(try cases(1) == first)
        #expect(try cases(2) != first)
    }

    @Test("spares what stays within a rate")
    func throttle() throws {
        var plan = try Self.plan("mail hang above=10")
        #expect((0..<15).count { _ in plan.take(in: SinkCase(.mail), now: .zero) == nil } == 10)
        // A tenth of a second later there is room for one more.
        #expect(plan.take(in: SinkCase(.mail), now: .milliseconds(100)) == nil)
        #expect(plan.take(in: SinkCase(.mail), now: .milliseconds(100)) == .hang)
        #expect((0..<15).count { _ in plan.take(in: SinkCase(.mail), now: .seconds(60)) == nil } == 10)
    }

    @Test("spares what a quota allows, in each period anew")
    func quota() throws {
        var plan = try Self.plan("dot hang quota=5 every=10s", "rcpt drop quota=5 every=10s")
        #expect(plan.take(in: SinkCase(.dot, taken: 5), now: .zero) == nil)
        #expect(plan.take(in: SinkCase(.dot, taken: 6), now: .zero) == .hang)
        plan.messageTaken(recipients: 4, now: .seconds(1))
        #expect(plan.take(in: SinkCase(.dot, taken: 1), now: .seconds(2)) == nil)
        #expect(plan.take(in: SinkCase(.dot, taken: 2), now: .seconds(2)) == .hang)
        #expect(plan.take(in: SinkCase(.rcpt, taken: 0), now: .seconds(2)) == nil)
        #expect(plan.take(in: SinkCase(.rcpt, taken: 1), now: .seconds(2)) == .drop)
        #expect(plan.take(in: SinkCase(.dot, taken: 5), now: .seconds(10)) == nil)
        plan.messageTaken(recipients: 5, now: .seconds(11))
        #expect(plan.take(in: SinkCase(.dot, taken: 1), now: .seconds(19)) == .hang)
        plan.turn(on: true, now: .seconds(19))
        #expect(plan.take(in: SinkCase(.dot, taken: 5), now: .seconds(19)) == nil)
        #expect(throws: SinkFaultError.self) { try SinkFault("dot hang quota=5 every=10s for=1s") }
    }

    @Test("ends a fault after its count, and all faults after theirs")
    func limits() throws {
        var plan = try Self.plan("mail hang limit=2", "mail drop") { $0.faultLimit = 3 }
        #expect((0..<5).map { _ in plan.take(in: SinkCase(.mail), now: .zero) } == [.hang, .hang, .drop, nil, nil])
    }

    @Test("increases delays, and combines them with other faults")
    func delays() throws {
        var plan = try Self.plan("mail delay=1s grow=500ms limit=3", "mail hang")
        let delays = (0..<4).map { _ in plan.delay(in: SinkCase(.mail), now: .zero) }
        #expect(delays == [.seconds(1), .milliseconds(1500), .seconds(2), nil])
        #expect(plan.take(in: SinkCase(.mail), now: .zero) == .hang)
        #expect(plan.happened == 1)
    }

    @Test("affects the named recipients")
    func recipients() throws {
        var plan = try Self.plan("rcpt hang rcpt=bad@", "rcpt drop") { $0.faultyRecipient = "worse@" }
        #expect(plan.take(in: SinkCase(.rcpt, recipient: "bad@x"), now: .zero) == .hang)
        #expect(plan.take(in: SinkCase(.rcpt, recipient: "worse@x"), now: .zero) == .drop)
        #expect(plan.take(in: SinkCase(.rcpt, recipient: "good@x"), now: .zero) == nil)
    }

    @Test("spares the recipients before the threshold")
    func recipientsBehind() throws {
        var plan = try Self.plan("rcpt hang behind=2", "rcpt delay=1s behind=3")
        #expect(
            (0..<4).map { plan.take(in: SinkCase(.rcpt, recipient: "a@x", taken: $0), now: .zero) } == [
                nil, nil, .hang, .hang,
            ])
        #expect(
            (2..<4).map { plan.delay(in: SinkCase(.rcpt, recipient: "a@x", taken: $0), now: .zero) } == [
                nil, .seconds(1),
            ])
    }

    @Test("is off until turned on, and starts over each time")
    func turning() throws {
        var plan = try Self.plan("mail hang from=1s for=1s", "mail drop after=2") { $0.faultsAreOn = false }
        for _ in 0..<2 { plan.messageTaken(now: .zero) }
        #expect(plan.take(in: SinkCase(.mail), now: .milliseconds(1500)) == nil)
        plan.turn(on: true, now: .seconds(10))
        #expect(plan.take(in: SinkCase(.mail), now: .seconds(10)) == .drop)
        #expect(plan.take(in: SinkCase(.mail), now: .seconds(11)) == .hang)
        plan.turn(on: false, now: .seconds(11))
        #expect(plan.take(in: SinkCase(.mail), now: .seconds(11)) == nil)
        plan.turn(on: true, now: .seconds(20))
        #expect(plan.take(in: SinkCase(.mail), now: .seconds(21)) == .hang)
    }

    @Test("closes the socket during a fault, and resets the sessions once when it begins")
    func flapping() throws {
        var plan = try Self.plan("connect down from=1s for=3s every=6s")
        let steps = [0, 1, 2, 4, 7].map { plan.listenerStep(now: .seconds($0)) }
        #expect(steps.map(\.isOpen) == [true, false, false, true, false])
        #expect(steps.map(\.resetsSessions) == [false, true, false, false, true])
        #expect(steps.map(\.next) == [1, 4, 4, 7, 10].map { .seconds($0) })
    }

    @Test("refuses without a reset, and cuts without refusing")
    func refusing() throws {
        var refusing = try Self.plan("connect refuse for=2s")
        #expect(refusing.listenerStep(now: .zero) == .init(isOpen: false, next: .seconds(2)))
        var cutting = try Self.plan("connect cut") { $0.faultsAreOn = false }
        #expect(cutting.listenerStep(now: .zero) == .init())
        cutting.turn(on: true, now: .seconds(1))
        #expect(cutting.listenerStep(now: .seconds(1)) == .init(resetsSessions: true))
        #expect(cutting.listenerStep(now: .seconds(2)) == .init())
    }

    @Test("checks again for enough messages before the socket closes")
    func refusingLater() throws {
        var plan = try Self.plan("connect down after=1")
        #expect(plan.listenerStep(now: .zero).isOpen)
        #expect(plan.listenerStep(now: .zero).next != nil)
        plan.messageTaken(now: .seconds(1))
        #expect(plan.listenerStep(now: .seconds(1)) == .init(isOpen: false, resetsSessions: true))
    }
}
