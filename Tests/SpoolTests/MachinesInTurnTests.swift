import Mail
import TestKit
import Testing

@testable import Spool

@Suite("Machines that have a spool in a database in turn", .timeLimit(.minutes(10)))
struct MachinesInTurnTests {
    private let (mine, other): (TemporaryDirectory, TemporaryDirectory)

    init() throws {
        (mine, other) = (try TemporaryDirectory(), try TemporaryDirectory())
    }

    /// A machine dies with an attempt open, of which its journal has no dot.
    ///
    /// - Returns: the message, and what is left on that machine's disk.
    private func death(of machine: TemporaryDirectory) async throws -> (QueueID, TemporaryDirectory) {
        let user = try SpoolUser(machine)
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, [1])) == nil)
        let attempt = OpenAttempt(upstream: "ses", startedAt: Timestamp(milliseconds: 2), recipients: [0])
        #expect(await user.begin(id, attempt) == nil)
        let left = try user.crashed()
        await user.spool.close()
        return (id, left)
    }

    private func state(of id: QueueID, on machine: TemporaryDirectory) async throws -> Recipient.State? {
        let user = try SpoolUser(machine)
        let state = try await user.spool.message(id)?.recipients.first?.state
        await user.spool.close()
        return state
    }

    @Test("what another one had under way is in doubt, whatever the journal of this one says")
    func another() async throws {
        try await SpoolPlace.$current.withValue(.database) {
            await (try SpoolUser(mine)).spool.close()
            try TestDatabases.shared.move(from: mine.path, to: other.path)
            let (id, left) = try await death(of: other)
            try TestDatabases.shared.move(from: left.path, to: mine.path)
            #expect(try await state(of: id, on: mine) == .inDoubt)
        }
    }

    @Test("the journal of this one counts if no other has written since")
    func same() async throws {
        try await SpoolPlace.$current.withValue(.database) {
            let (id, left) = try await death(of: mine)
            #expect(try await state(of: id, on: left) == .queued)
        }
    }
}
