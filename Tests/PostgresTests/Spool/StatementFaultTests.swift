import Mail
import NIOCore
import Postgres
import Spool
import TestKit
import Testing

@Suite("A spool whose database fails at any statement", .timeLimit(.minutes(10)))
struct StatementFaultTests {
    /// Groups with every kind of change, one after another.
    private struct Round {
        let user: DatabaseUser
        private var spool: PostgresSpool { user.database.spool }

        init(_ user: DatabaseUser) {
            self.user = user
        }

        /// A group with every kind of change.
        ///
        /// - Parameters:
        ///   - arm: called before the group, once what it changes is there.
        ///   - disarm: called when the group is answered.
        func run(arm: () -> Void, disarm: () -> Void) async throws {
            let ids = (0..<8).map { _ in user.database.makeID() }
            let streams = [user.stream(), user.stream()]
            let part = ByteBuffer(bytes: [UInt8].content(1300))
            let first = await user.perform(
                ids[0..<4].map { .accept(.sample($0, .content($0 == ids[2] ? 1700 : 100)), ticket: user.ticket()) }
                    + streams.map { .append($0, part) })
            await settle(ids[2], .deferred)
            await settle(ids[1], .deferred)
            arm()
            let key = Resubmission(
                key: withUnsafeBytes(of: ids[4].rawValue, Array.init), envelope: nil,
                submittedAt: Timestamp(milliseconds: 1), window: .seconds(60))
            let notice = NoticeRequest(octets: 1 << 20) { original in
                NewMessage.sample(ids[7], original.map { [$0.isWhole ? 1 : 0] + $0.bytes.readableBytesView } ?? [])
            }
            let hold = MessageChange { message in
                Settlement(
                    id: message.id, recipients: [.sample(.held)], cycles: message.cycles, attempt: nil,
                    boundUpstream: "other")
            }
            var group: [SpoolOperation] = [
                .accept(.sample(ids[4], .content(300), resubmission: key), ticket: user.ticket()),
                .accept(.sample(ids[5], .content(2600), stream: streams[0]), ticket: user.ticket()),
                .accept(.sample(ids[6], .content(1900)), ticket: user.ticket()),
                .abandon(streams[1]),
                .change([ids[3]], hold, ticket: user.ticket()),
            ]
            // A part of a stream that has failed is not answered.
            if first[4] == .done { group.insert(.append(streams[0], part), at: 0) }
            if user.books.has(ids[0]) { group.append(.beginAttempt(ids[0], .sample)) }
            if user.books.has(ids[1]) { group.append(.settle(.sample(ids[1], .held), ticket: user.ticket())) }
            if user.books.has(ids[2]) {
                group.append(.settle(.sample(ids[2], .failed, notices: [notice]), ticket: user.ticket()))
            }
            await user.perform(group)
            disarm()
            let isAccepted = user.books.has(ids[4])
            await user.database.settled(ids)
            let again = user.database.makeID()
            #expect(
                await user.accept(.sample(again, .content(300), resubmission: key))
                    == (isAccepted ? .resubmitted(ids[4]) : .done))
        }

        private func settle(_ id: QueueID, _ state: Recipient.State) async {
            guard user.books.has(id) else { return }
            await user.perform(.settle(.sample(id, state), ticket: user.ticket()))
        }

        /// Has everything leave.
        func clear() async {
            let removals = user.books.entries.values.map { entry -> SpoolOperation in
                var settlement = Settlement(
                    id: entry.message.id, recipients: entry.message.recipients, cycles: 0, attempt: nil)
                settlement.isDropped = true
                return .settle(settlement, ticket: user.ticket())
            }
            await user.perform(removals)
        }
    }

    @Test(
        "keeps exactly what it has promised, whichever statement of a group it is",
        arguments: FaultPlan.Kind.all, [false, true])
    func everyStatement(kind: FaultPlan.Kind, keepsContent: Bool) async throws {
        let (plan, directory) = (FaultPlan(), try TemporaryDirectory())
        let database = try DatabaseSpool(
            TestDatabases.shared.make(), in: directory, plan: plan, keepsContent: keepsContent)
        let user = DatabaseUser(database)
        var (number, isOver) = (0, false)
        while !isOver {
            let round = Round(user)
            try await round.run(arm: { plan.arm((number, kind)) }, disarm: { isOver = plan.disarm() == 0 })
            try await database.compare(with: user.books)
            await round.clear()
            number += 1
        }
        #expect(number > 20, "no group has as few statements")
        await database.spool.close()
        try await reopened(database, directory, user.books)
    }

    @Test("keeps exactly what it has promised while faults follow one another", arguments: 0..<4)
    func random(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (plan, directory) = (FaultPlan(), try TemporaryDirectory())
        let database = try DatabaseSpool(
            TestDatabases.shared.make(), in: directory, plan: plan, keepsContent: seed % 2 == 0)
        let user = DatabaseUser(database)
        var count = 0
        for _ in 0..<25 {
            let faults = (0..<20).map { _ in
                (Int.random(in: 0..<40, using: &random), FaultPlan.Kind.all.randomElement(using: &random)!)
            }
            plan.arm(faults)
            let round = Round(user)
            try await round.run(arm: {}, disarm: { count += plan.disarm() })
            try await database.compare(with: user.books)
            await round.clear()
        }
        #expect(count > 25)
        await database.spool.close()
        try await reopened(database, directory, user.books)
    }

    @Test("never numbers two entries of the history alike, though the first have been moved elsewhere")
    func numbers() async throws {
        let plan = FaultPlan()
        let database = try DatabaseSpool(TestDatabases.shared.make(), plan: plan)
        let user = DatabaseUser(database)
        try await leave(user)
        let rows = try database.spool.openDepartures()
        let first = try #require(try rows.range())
        database.spool.forgetDepartures(through: first.upperBound)
        while try rows.range() != nil { await database.barrier() }
        let id = database.makeID()
        plan.arm(at: .commit, .lostBefore)
        #expect(await user.accept(.sample(id, .content(1))) != .done)
        await database.recovered()
        #expect(plan.disarm() == 1)
        try await leave(user)
        #expect(try rows.range()?.lowerBound == first.upperBound + 1)
        await database.spool.close()
    }

    /// A message comes and leaves.
    private func leave(_ user: DatabaseUser) async throws {
        let id = user.database.makeID()
        #expect(await user.accept(.sample(id, .content(1))) == .done)
        await user.perform(.settle(.sample(id, .delivered), ticket: user.ticket()))
    }

    @Test("records the outcomes of a message in their order", arguments: [FaultPlan.Kind.lostBefore, .lostAfter])
    func order(kind: FaultPlan.Kind) async throws {
        let plan = FaultPlan()
        let database = try DatabaseSpool(TestDatabases.shared.make(), plan: plan)
        let user = DatabaseUser(database)
        let id = database.makeID()
        #expect(await user.accept(.sample(id, .content(100))) == .done)
        // The connection for it is there before nobody can connect.
        await database.settled([id])
        let outcomes = [Settlement.sample(id, .deferred), .sample(id, .held)].map {
            SpoolOperation.settle($0, ticket: user.ticket())
        }
        plan.arm(at: .commit, kind)
        await plan.unreachable {
            for outcome in outcomes {
                user.submit([outcome])
                await database.barrier()
            }
        }
        await user.answers(to: outcomes)
        await database.settled([id])
        try await database.compare(with: user.books)
        await database.spool.close()
    }

    /// Opens the spool again, which tidies up what is left of streams.
    private func reopened(_ former: DatabaseSpool, _ directory: TemporaryDirectory, _ books: SpoolBooks) async throws {
        let next = try DatabaseSpool(former.database, in: directory)
        try await next.compare(with: books)
        #expect(try next.streams() == 0)
        await next.spool.close()
    }
}
