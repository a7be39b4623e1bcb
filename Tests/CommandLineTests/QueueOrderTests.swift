import Admin
import Console
import Mail
import NIOCore
import Testing

@testable import posthorse

@Suite("What orders about messages come to")
struct QueueOrderTests {
    private static func outcome(
        _ results: [String], isBulk: Bool = false, verb: QueueVerb = .release
    ) throws -> QueueOrderOutcome {
        var outcome = QueueOrderOutcome(verb, isBulk: isBulk)
        for result in results {
            let reason = result == "done" ? "null" : "\"why\""
            let line = "{\"queue_id\":\"0000000000001\",\"reason\":\(reason),\"result\":\"\(result)\",\"told\":false}"
            try outcome.add(ByteBuffer(string: line))
        }
        return outcome
    }

    @Test(
        "The exit code is that of the worst result",
        arguments: [
            (["done"], nil), (["done", "unchanged"], .badInput), (["missing", "unchanged"], .noSuchMessage),
            (["missing", "busy"], .tryAgain), (["unrecorded"], .tryAgain),
            (["stopping"], .tryAgain), ([], nil),
        ] as [([String], Failure.Status?)])
    func status(results: [String], status: Failure.Status?) throws {
        let outcome = try Self.outcome(results)
        var thrown: Failure?
        do throws(Failure) { try outcome.check() } catch { thrown = error }
        #expect(thrown?.status == status)
    }

    @Test("With a filter, what there is nothing to do for is no failure; what could not be done is")
    func bulk() throws {
        try Self.outcome(["done", "unchanged", "missing"], isBulk: true).check()
        let busy = try Self.outcome(["done", "busy"], isBulk: true)
        #expect(throws: Failure(.tryAgain, "")) { try busy.check() }
    }

    @Test("The summary counts what is done, and what is not")
    func summary() throws {
        #expect(try Self.outcome(["done"]).summary == "1 message released")
        #expect(
            try Self.outcome(["done", "done", "missing", "busy"]).summary
                == "2 messages released; 1 busy, 1 not in the queue")
        #expect(try Self.outcome([], verb: .retry).summary == "No messages will be tried now")
    }
}
