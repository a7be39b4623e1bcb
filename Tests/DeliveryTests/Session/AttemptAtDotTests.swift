import Dialogue
import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("An attempt that is recorded at its dot")
struct AttemptAtDotTests {
    private func stage(
        upstreams: Int = 1, traces: TraceHub = .unused, meters: DeliveryMeters = .unused,
        _ configure: (inout DeliverySettings) -> Void = { _ in }
    ) -> DeliveryStage {
        DeliveryStage(
            upstreams: upstreams, traces: traces, meters: meters, recordsAttemptsAtDots: true, configure: configure)
    }

    /// From here on nothing is durable before the test says so.
    ///
    /// - Returns: the message, whose content is with the first upstream, and whose end waits.
    @discardableResult
    private func hold(_ stage: DeliveryStage, to recipients: [String] = ["a@x"]) throws -> QueueID {
        let id = stage.accept(to: recipients)
        stage.spool.setAutomatic(false)
        try stage.settle()
        return id
    }

    private func commit(_ stage: DeliveryStage) throws {
        stage.spool.commit()
        try stage.settle()
    }

    /// `accept`, `begin first [0]`, `settle`.
    private func operations(_ stage: DeliveryStage) -> [String] {
        stage.spool.operations.map { operation in
            switch operation {
            case .accept: "accept"
            case .beginAttempt(_, let attempt): "begin \(attempt.upstream) \(attempt.recipients)"
            case .settle: "settle"
            case .append, .abandon, .change: "other"
            }
        }
    }

    private func isSound(_ stage: DeliveryStage) -> Bool {
        stage.spool.unrecordedDots.isEmpty && stage.spool.messages.isEmpty
    }

    @Test("is on record only when the content is with the upstream, and its dot waits", arguments: [false, true])
    func waits(isStored: Bool) throws {
        let stage = stage()
        stage.spool.setStoresContent(isStored)
        let id = try hold(stage)
        #expect(operations(stage) == ["accept", "begin first [0]"])
        #expect(stage.first.connections[0].unread == "X-Posthorse-ID: \(id)\r\nSubject: t\r\n\r\nbody\r\n")
        #expect(stage.first.contents.isEmpty && stage.spool.notedDots.isEmpty)
        try commit(stage)
        #expect(stage.first.received.count == 1 && stage.spool.notedDots == [id])
        try commit(stage)
        #expect(operations(stage) == ["accept", "begin first [0]", "settle"] && isSound(stage))
    }

    @Test("holds back the last octet of BDAT, which is its dot")
    func chunk() throws {
        let stage = stage()
        stage.first.keywords = ["CHUNKING", "BINARYMIME"]
        let body = "X: y\r\n\r\na\u{0}b"
        let size = "X-Posthorse-ID: 0000000000000\r\n".utf8.count + body.utf8.count
        let header = "X-Posthorse-ID: \(stage.accept(content: body, body: .binaryMIME, size: size))\r\n"
        stage.spool.setAutomatic(false)
        try stage.settle()
        #expect(stage.first.connections[0].unread == (header + body).dropLast())
        #expect(stage.spool.notedDots.isEmpty && stage.spool.pendingOperations == 1)
        try commit(stage)
        #expect(stage.first.received.map(\.content) == [header + body])
        try commit(stage)
        #expect(isSound(stage))
    }

    @Test("takes in those that the upstream wants the content for, and no others")
    func refused() throws {
        let stage = stage()
        stage.first.script = { at, argument in
            at == .rcpt && argument == "b@x" ? .reply("550 5.1.1 no such user") : nil
        }
        let id = try hold(stage, to: ["a@x", "b@x", "c@x"])
        #expect(operations(stage).last == "begin first [0, 2]")
        try commit(stage)
        try commit(stage)
        #expect(stage.first.received.map(\.recipients) == [["a@x", "c@x"]])
        #expect(stage.recipients(of: id).map(\.state) == [.delivered, .failed, .delivered])
    }

    @Test("lets the next envelope go in one piece with its dot")
    func pipelined() throws {
        let stage = stage { $0.upstreams[0].maxConnections = 1 }
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1)
        stage.first.script = { at, _ in at == .dot ? .silence : nil }
        stage.accept()
        try hold(stage)
        #expect(stage.spool.pendingOperations == 1)
        try commit(stage)
        #expect(stage.first.connections[0].unread == "MAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\nDATA\r\n")
        #expect(stage.first.connects == 1 && stage.spool.pendingOperations == 0)
    }

    // MARK: - A session that ends before

    @Test("leaves no doubt, and nothing on record, where the connection is lost before its dot")
    func lost() throws {
        let stage = stage(upstreams: 2)
        try hold(stage)
        stage.first.connections[0].drop()
        try stage.settle()
        #expect(operations(stage).prefix(3) == ["accept", "begin first [0]", "settle"])
        while stage.spool.pendingOperations > 0 { try commit(stage) }
        #expect(stage.words == ["deferred first -> second", "delivered second"])
        #expect(stage.first.contents.isEmpty && isSound(stage))
    }

    @Test("is not taken for the next one, whose session it is answered in")
    func lateAnswer() throws {
        let stage = stage(upstreams: 2)
        stage.second.script = { at, _ in at == .data ? .lateReply("354 go on", after: .milliseconds(500)) : nil }
        let id = try hold(stage)
        stage.first.connections[0].drop()
        try stage.settle()
        #expect(stage.second.commands.last == "DATA")
        try commit(stage)
        try stage.advance(.milliseconds(600))
        #expect(operations(stage).last == "begin second [0]" && stage.second.contents.isEmpty)
        #expect(stage.spool.notedDots.isEmpty && stage.spool.messages.first?.openAttempt == nil)
        try commit(stage)
        #expect(stage.second.received.count == 1 && stage.spool.notedDots == [id])
        try commit(stage)
        #expect(isSound(stage))
    }

    @Test("waits for the record of its own, not for that of one before whose answer is still to come")
    func answers() throws {
        let stage = stage(upstreams: 2)
        try hold(stage)
        stage.first.connections[0].drop()
        try stage.settle()
        #expect(operations(stage) == ["accept", "begin first [0]", "settle", "begin second [0]"])
        stage.spool.failNext(.beginAttempt, with: SpoolError(.full, "the disk is full"))
        stage.spool.commit()
        try stage.settle()
        // The failure was about the first one.
        #expect(stage.second.received.count == 1)
        try commit(stage)
        #expect(isSound(stage))
    }

    /// What the server says or does once it has waited long enough for the end of the content.
    private static let partings: [String?] = [nil, "451 4.4.2 timeout", "421 4.4.2 timeout"]

    @Test("whose record takes long is no fault of the server that gives up", arguments: partings)
    func impatience(reply: String?) throws {
        let stage = stage()
        try hold(stage)
        try stage.advance(.seconds(6))
        if let reply { try stage.first.connections[0].send(reply) } else { stage.first.connections[0].drop() }
        try stage.settle()
        #expect(operations(stage) == ["accept", "begin first [0]", "settle", "begin first [0]"])
        #expect(stage.dispatcher.statuses().map(\.lastError) == [nil] && stage.words == [])
        try commit(stage)
        #expect(stage.words == ["delivered first"] && stage.first.connects == 2)
        try commit(stage)
        #expect(isSound(stage))
    }

    @Test("is given up at once where the server refuses the content that it has")
    func refusedAmid() throws {
        let stage = stage(upstreams: 2)
        try hold(stage)
        try stage.first.connections[0].send("451 4.3.0 no room")
        try stage.settle()
        while stage.spool.pendingOperations > 0 { try commit(stage) }
        #expect(stage.words == ["deferred first -> second", "delivered second"])
        #expect(stage.first.contents.isEmpty && isSound(stage))
    }

    // MARK: - The wait

    @Test("that cannot be recorded ends its session before the dot, and the message goes when it can")
    func notRecorded() throws {
        let stage = stage()
        stage.spool.failNext(.beginAttempt, with: SpoolError(.full, "the disk is full"))
        let id = stage.accept()
        try stage.settle()
        #expect(stage.words == ["paused"] && stage.spool.notedDots.isEmpty)
        #expect(stage.recipients(of: id).map(\.attempts) == [0])
        try stage.advance(.seconds(2))
        #expect(stage.words == ["paused", "resumed", "delivered first"])
        #expect(stage.first.received.count == 1 && isSound(stage))
    }

    @Test("makes no silence of the server's of its wait, however long")
    func silence() throws {
        let stage = stage(upstreams: 2)
        try hold(stage)
        try stage.leap(.seconds(900))
        #expect(stage.second.connects == 0 && stage.words == [])
        try commit(stage)
        #expect(stage.words == ["delivered first"] && stage.first.connects == 1)
    }

    @Test("leaves the time of the server as it was, and has a phase of its own")
    func measured() throws {
        let meters = StageMeters()
        let stage = stage(meters: meters.meters)
        stage.first.script = { at, _ in at == .dot ? .lateReply("250 ok", after: .milliseconds(70)) : nil }
        try hold(stage)
        try stage.advance(.milliseconds(200))
        try commit(stage)
        try stage.advance(.milliseconds(100))
        #expect(meters.phase(\.content) == [0] && meters.phase(\.record) == [200] && meters.phase(\.reply) == [70])
    }

    @Test("begins no trouble where the relay stops meanwhile")
    func stop() throws {
        let stage = stage()
        let id = try hold(stage)
        var hasStopped = false
        stage.dispatcher.stop(grace: .milliseconds(100)) { hasStopped = true }
        try stage.advance(.milliseconds(200))
        #expect(hasStopped)
        try commit(stage)
        #expect(stage.first.contents.isEmpty && stage.spool.notedDots.isEmpty)
        #expect(stage.spool.messages.map(\.openAttempt) == [nil] && stage.recipients(of: id).map(\.state) == [.queued])
    }

    @Test("shows its wait in a trace")
    func trace() throws {
        let hub = TraceHub(now: { DeliveryStage.epoch }, instant: { MonotonicInstant(nanoseconds: 0) })
        let stage = stage(traces: hub)
        let trace = try #require(hub.start(TraceOrder(.upstream("first"), showsContent: false)) { _ in })
        try hold(stage)
        #expect(trace.take().last?.text == "the content is sent; its end waits for the record of the attempt")
        try commit(stage)
        #expect(trace.take().map(\.text) == [".", "250 2.0.0 taken"])
    }
}
