import Mail
import Spool
import Testing
import Upstreams

@testable import Delivery

@Suite("A new upstream in the delivery")
struct NewUpstreamTests {
    private func stage(canary: [Int] = [10, 50], second: [Int] = []) -> DeliveryStage {
        DeliveryStage(upstreams: 2) { settings in
            settings.upstreams[0].canary = canary
            settings.upstreams[1].canary = second
            settings.recovery.stepDuration = .seconds(30)
        }
    }

    private func send(_ count: Int, _ stage: DeliveryStage) throws {
        for _ in 0..<count {
            stage.accept()
            try stage.settle()
        }
    }

    @Test("gets a part of the mail, the next upstream the rest, and in the end all of it")
    func share() throws {
        let stage = stage()
        #expect(stage.dispatcher.upstreams.known == ["second"])
        try send(100, stage)
        // The share is exact, give or take one.
        let tenth = stage.first.received.count
        #expect((9...11).contains(tenth) && stage.second.received.count == 100 - tenth)
        try stage.advance(.seconds(31))
        try send(100, stage)
        let half = stage.first.received.count - tenth
        #expect((49...51).contains(half))
        try stage.advance(.seconds(31))
        try send(10, stage)
        #expect(stage.first.received.count == tenth + half + 10)
        #expect(stage.dispatcher.upstreams.known == ["first", "second"])
        #expect(stage.dispatcher.upstreams["first"]?.circuit.isNew == false)
    }

    @Test("that fails is stopped, and its mail goes elsewhere")
    func stops() throws {
        let stage = stage()
        stage.first.refuses = true
        for _ in 0..<100 {
            try send(1, stage)
            try stage.advance(.milliseconds(100))
        }
        #expect(stage.words.contains("circuit first open"))
        #expect(stage.first.received.isEmpty && stage.second.received.count == 100)
        #expect(stage.dispatcher.upstreams.known == ["second"])
    }

    @Test("has all its traffic after an operator has reset it, and is known then")
    func reset() throws {
        let stage = stage()
        _ = stage.dispatcher.control("first", UpstreamControl(.reset))
        try send(10, stage)
        #expect(stage.first.received.count == 10)
        #expect(stage.dispatcher.upstreams.known == ["first", "second"])
    }

    @Test("is not new where it is known from before, or has no canary")
    func known() throws {
        #expect(stage(canary: []).dispatcher.upstreams.known == ["first", "second"])
        let stage = stage(canary: [], second: [])
        try send(20, stage)
        #expect(stage.first.received.count == 20)
    }
}
