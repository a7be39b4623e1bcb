import Mail
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("With max_connections = \"auto\"")
struct ConnectionSearchTests {
    /// One upstream whose final replies take 50 ms.
    private func stage(upstreams: Int = 1, most: Int? = nil) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: upstreams) {
            $0.upstreams[0].maxConnections = .auto
            $0.upstreams[0].autoMax = most
        }
        stage.first.script = { phase, _ in
            phase == .dot ? .lateReply("250 2.0.0 taken", after: .milliseconds(50)) : nil
        }
        return stage
    }

    private func status(_ stage: DeliveryStage) -> UpstreamStatus { stage.dispatcher.statuses()[0] }

    @Test("an upstream that is slow for each message gets more and more sessions, up to the maximum")
    func grows() throws {
        let stage = stage(most: 30)
        for _ in 0..<2000 { stage.accept() }
        try stage.settle()
        #expect(stage.first.connects <= 5)
        #expect(status(stage).connectionLimit == 5)
        #expect(status(stage).searchesConnections)
        try stage.advance(.seconds(4))
        #expect(status(stage).connectionLimit == 30)
        #expect(stage.first.connects == 30)
        try stage.advance(.seconds(2))
        #expect(stage.first.contents.count == 2000)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a refused session ends the growth, is told once, and counts as no failure")
    func refused() throws {
        let stage = stage(upstreams: 2)
        stage.first.atATime = .init(
            count: 12, phase: .banner, reply: "421 4.7.0 Too many concurrent connections", closes: true)
        for _ in 0..<1500 { stage.accept() }
        try stage.advance(.seconds(8))
        #expect(stage.first.contents.count == 1500)
        #expect(stage.second.connects == 0)
        #expect(status(stage).sessionsAllowed == 12)
        #expect(status(stage).connectionLimit == 12)
        #expect(status(stage).failedTotal == 0)
        #expect(stage.words.filter { !$0.hasPrefix("delivered") } == ["habit first sessions 12"])
        #expect(stage.first.connects <= 12 + 3)
    }

    @Test("a connection that is refused as one more than ever ends it too, while the others work")
    func connectionRefused() throws {
        let stage = stage(upstreams: 2)
        stage.first.refusesBeyond = 12
        for _ in 0..<1500 { stage.accept() }
        try stage.advance(.seconds(8))
        #expect(stage.first.contents.count == 1500)
        #expect(stage.second.connects == 0)
        #expect(status(stage).connectionLimit == 12)
        #expect(status(stage).failedTotal == 0)
        #expect(!stage.words.contains { $0.hasPrefix("circuit") })
        #expect(stage.words.contains("habit first sessions 12"))
    }

    @Test("a refused connection is a failure where no session works, or where there have been as many before")
    func outage() throws {
        let stage = stage(upstreams: 2)
        stage.first.refuses = true
        for _ in 0..<10 { stage.accept() }
        try stage.advance(.seconds(1))
        #expect(stage.second.received.count == 10)
        #expect(status(stage).failedTotal > 0)
        #expect(status(stage).sessionsAllowed == nil)
    }

    @Test("a reload to a number and back keeps the sessions that the number allows")
    func reload() throws {
        let stage = stage(most: 30)
        for _ in 0..<3000 { stage.accept() }
        try stage.advance(.seconds(3))
        #expect(stage.first.connects == 30)
        try stage.reload { $0.upstreams[0].maxConnections = 25 }
        try stage.advance(.seconds(1))
        #expect(status(stage).connections == 25)
        #expect(!status(stage).searchesConnections)
        try stage.reload { $0.upstreams[0].maxConnections = .auto }
        #expect(status(stage).connectionLimit == 25)
        try stage.advance(.seconds(5))
        #expect(stage.first.contents.count == 3000)
        #expect(stage.first.connects <= 35)
        #expect(status(stage).failedTotal == 0)
    }

    @Test("sessions that are not needed any more say goodbye, and their messages are taken once")
    func fewer() throws {
        let stage = stage()
        // The more there are, the slower each is: ten carry as much as a hundred.
        stage.first.script = { phase, _ in
            guard phase == .dot else { return nil }
            let open = stage.dispatcher.statuses()[0].connections
            return .lateReply("250 2.0.0 taken", after: .milliseconds(max(50, 5 * open)))
        }
        for _ in 0..<2400 { stage.accept() }
        try stage.advance(.seconds(10))
        #expect(status(stage).connectionLimit <= 20)
        #expect(status(stage).connections <= status(stage).connectionLimit)
        #expect(stage.words.contains { $0.hasPrefix("habit first useful_sessions") })
        try stage.advance(.seconds(10))
        #expect(stage.first.contents.count == 2400)
        #expect(status(stage).failedTotal == 0)
        stage.first.script = { _, _ in nil }
    }
}
