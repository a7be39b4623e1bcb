import Mail
import Spool
import TestKit
import Testing

@testable import History
@testable import Postgres

@Suite("Runs of the history in a database")
struct PostgresRunTests {
    @Test("are written and read although the connection breaks, at whatever step", arguments: [false, true])
    func broken(isAfter: Bool) throws {
        let connections = BreakingConnections()
        let stage = try RunStage(.database, connect: connections.connect)
        let (records, others) = (RunStage.records(1500), RunStage.records(1400))
        let before = connections.groups
        func work() throws -> (Run, [HistoryRecord?], [Int]) {
            try stage.write(others)
            let run = try stage.write(records)
            var filter = HistoryFilter()
            filter.recipient = HistoryText("r77@example.net")
            return (run, try stage.read(run), try stage.search(filter).records.map(\.number))
        }
        _ = try work()
        let steps = connections.groups - before
        #expect(steps > 10)
        for step in stride(from: 0, to: steps, by: max(1, steps / 40)) {
            connections.breakAt(step, isAfter: isAfter)
            let (run, found, numbers) = try work()
            #expect(found == records)
            #expect(numbers == [78])
            #expect(try stage.place.runs().runs == [run])
        }
        let sum = "SELECT count(*) FROM posthorse.history_run_part"
        #expect(try stage.server?.execute(sum + " WHERE run NOT IN (SELECT run FROM posthorse.history_run)") == "0")
    }

    @Test("are not published without a part that somebody removed, and the run before stays")
    func incomplete() throws {
        let stage = try RunStage(.database)
        let records = RunStage.records(1500)
        let run = try stage.write(records)
        let draft = try stage.place.draft()
        let header = try RunStage.fill(
            draft, records.map { _ in RunStage.record(1, reply: String(repeating: "y", count: 99)) }, first: 1)
        try stage.place.prepare()
        #expect(throws: SpoolError.self) { try draft.publish(header) }
        #expect(try stage.place.runs().runs == [run])
        #expect(try stage.read(run) == records)
    }

    @Test("say so if a part is lost, or damaged")
    func damaged() throws {
        let stage = try RunStage(.database)
        let server = try #require(stage.server)
        let run = try stage.write(RunStage.records(2000))
        try server.execute("UPDATE posthorse.history_run_part SET bytes = set_byte(bytes, 40000, 7) WHERE number = 2")
        #expect(try stage.search().problems.count == 1)
        try server.execute("UPDATE posthorse.history_run_part SET bytes = substr(bytes, 1, 99) WHERE number = 2")
        #expect(try !stage.search().problems.isEmpty)
        try server.execute("DELETE FROM posthorse.history_run_part WHERE number = 2")
        let error = #expect(throws: SpoolError.self) { try stage.read(run) }
        #expect(error?.code == .corrupt)
        #expect(try !stage.search().problems.isEmpty)
        try server.execute("DELETE FROM posthorse.history_run_part WHERE number = 0")
        let (runs, problems) = try stage.place.runs()
        #expect(runs.isEmpty)
        #expect(problems.count == 1)
        #expect(stage.place.has(problems[0].path))
        try server.execute("DELETE FROM posthorse.history_run")
        #expect(!stage.place.has(problems[0].path))
    }

    @Test("are looked up without being read")
    func octets() throws {
        let connections = BreakingConnections()
        let stage = try RunStage(.database, connect: connections.connect)
        try stage.write(RunStage.records(20_000))
        var filter = HistoryFilter()
        filter.recipient = HistoryText("r7777@example.net")
        let before = connections.groups
        #expect(try stage.search(filter).records.count == 1)
        #expect(connections.groups - before < 20)
    }
}
