import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("The ledger of a message")
struct LedgerTests {
    private func ledger(_ id: QueueID, _ stage: DeliveryStage) async throws -> [AttemptRecord] {
        try await stage.spool.attempts(of: id)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let phase: ScriptedUpstream.Phase
        /// Nil drops the connection.
        let reply: String?
        let outcome: AttemptRecord.Outcome
        let dotSent: Bool
        var testDescription: String { "\(phase) \(reply ?? "drop")" }
    }

    static let cases = [
        Case(phase: .mail, reply: nil, outcome: .deferred, dotSent: false),
        Case(phase: .mail, reply: "451 4.3.0 later", outcome: .deferred, dotSent: false),
        Case(phase: .rcpt, reply: nil, outcome: .deferred, dotSent: false),
        Case(phase: .rcpt, reply: "450 4.2.1 later", outcome: .deferred, dotSent: false),
        Case(phase: .rcpt, reply: "550 5.1.1 no", outcome: .failed, dotSent: false),
        Case(phase: .data, reply: nil, outcome: .deferred, dotSent: false),
        Case(phase: .data, reply: "451 4.3.0 later", outcome: .deferred, dotSent: false),
        Case(phase: .dot, reply: "451 4.3.0 later", outcome: .deferred, dotSent: true),
        Case(phase: .dot, reply: "554 5.6.1 no", outcome: .failed, dotSent: true),
        Case(phase: .dot, reply: nil, outcome: .inDoubt, dotSent: true),
    ]

    @Test("says of each attempt whether its final dot was sent", arguments: cases)
    func dotSent(_ example: Case) async throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.script = { phase, _ in
            guard phase == example.phase else { return nil }
            return example.reply.map { .reply($0) } ?? .drop
        }
        let id = stage.accept()
        try stage.settle()
        let record = try #require(try await ledger(id, stage).first)
        #expect(record.outcome == example.outcome)
        #expect(record.dotSent == example.dotSent)
        #expect(record.upstream == "first" && record.recipients == [0])
        // The ledger's entry is what was recorded before the dot was sent.
        #expect(stage.spool.notedDots.contains(id) == example.dotSent)
    }

    @Test("one accepted, one deferred, one refused: only the deferred one continues, and nobody gets it twice")
    func partial() async throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, argument in
            switch (phase, argument) {
            case (.rcpt, "b@x"): .reply("450 4.2.1 later")
            case (.rcpt, "c@x"): .reply("550 5.1.1 no such user")
            default: nil
            }
        }
        stage.second.script = { phase, _ in phase == .dot ? .reply("451 4.3.0 later") : nil }
        let id = stage.accept(to: ["a@x", "b@x", "c@x"])
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["a@x"]])
        #expect(stage.recipients(of: id).map(\.state) == [.delivered, .deferred, .failed])
        let records = try await ledger(id, stage)
        #expect(records.map(\.recipients) == [[0], [1], [2], [1]])
        #expect(records.map(\.outcome) == [.delivered, .deferred, .failed, .deferred])
        #expect(records.map(\.phase) == ["dot", "rcpt", "rcpt", "dot"])
        #expect(records.map(\.dotSent) == [true, false, false, true])
        stage.second.script = { _, _ in nil }
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.count == 1)
        #expect(stage.second.received.map(\.recipients) == [["b@x"]])
        #expect(stage.recipients(of: id).map(\.state) == [.delivered, .delivered, .failed])
    }

    @Test(
        "disconnected after the dot with one recipient refused: only the others are in doubt, and retried"
    )
    func partialDoubt() async throws {
        let stage = DeliveryStage { $0.upstreams[0].inDoubt = .retrySame }
        var isBroken = true
        stage.first.script = { phase, argument in
            switch (phase, argument) {
            case (.rcpt, "b@x") where isBroken: .reply("450 4.2.1 later")
            case (.rcpt, "c@x"): .reply("550 5.1.1 no such user")
            case (.dot, _) where isBroken: .drop
            default: nil
            }
        }
        let id = stage.accept(to: ["a@x", "b@x", "c@x"])
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt, .deferred, .failed])
        let records = try await ledger(id, stage)
        #expect(records.map(\.recipients) == [[0], [1], [2]])
        #expect(records.map(\.outcome) == [.inDoubt, .deferred, .failed])
        isBroken = false
        try stage.leap(.seconds(7200))
        let taken = (stage.first.received + stage.second.received).flatMap(\.recipients).sorted()
        #expect(taken == ["a@x", "b@x"])
        #expect(stage.recipients(of: id).map(\.state) == [.delivered, .delivered, .failed])
    }
}
