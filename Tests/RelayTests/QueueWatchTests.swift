import Alerts
import Configuration
import Delivery
import Foundation
import Mail
import Spool
import Synchronization
import TestKit
import Testing
import Upstreams

@testable import Relay

@Suite("Looking at the queue beside everything else")
struct QueueWatchTests {
    private static let start = Timestamp(milliseconds: 1_700_000_000_000)

    /// A clock that a test moves, and a spool that answers as it is told.
    private final class Bench: Sendable {
        let now = Mutex(QueueWatchTests.start)
        let answers = Mutex<[SpoolStatistics?]>([])

        var watch: QueueWatch {
            QueueWatch(
                QueueGauge(
                    statistics: {
                        self.pass(.seconds(1))
                        let next = self.answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                        guard let next else { throw SpoolError(.closed, "no answer") }
                        return next
                    }, age: { _ in .zero }), steady: { self.now.withLock { $0 } })
        }

        func pass(_ duration: Duration) { now.withLock { $0 = $0 + duration } }
    }

    @Test("what it found counts for a minute, and then nobody knows")
    func stale() async {
        let bench = Bench()
        let watch = bench.watch
        #expect(watch.facts == nil)
        bench.answers.withLock { $0 = [SpoolStatistics(messages: 7), nil, SpoolStatistics(messages: 9)] }
        let took = await watch.look()
        #expect(took == .seconds(1) && watch.facts?.messages == 7)
        bench.pass(.seconds(30))
        _ = await watch.look()
        #expect(watch.facts?.messages == 7)
        bench.pass(.seconds(30))
        #expect(watch.facts == nil)
        _ = await watch.look()
        #expect(watch.facts?.messages == 9)
    }

    @Test("a spool that never answers keeps nobody from being told that no upstream takes mail")
    func silentSpool() async throws {
        let directory = try TestKit.TemporaryDirectory()
        let path = directory.path + "/relay.conf"
        let text = "hostname = \"relay.test\"\n[[upstream]]\nname = \"ses\"\naddress = \"ses.test:25\"\n"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let configuration = try RelayConfiguration.load(path: path)
        let (asked, watch) = silentWatch()
        let looking = Task { await watch.run { true } }
        defer { looking.cancel() }
        for await _ in asked { break }
        var collector = AlertCollector(
            upstreams: {
                var status = UpstreamStatus(name: "ses", priority: 1, address: "ses.test:25", since: Self.start)
                status.circuit = .open
                return [status]
            }, queue: watch, tally: AlertTally(steady: { Self.start }), steady: { Self.start }, wall: { Self.start })
        let facts = await collector.facts(configuration, configuration.delivery.routeTable)
        #expect(facts.queue == nil)
        var rule = AlertRule(name: "down", kind: .allDown)
        rule.hold = .zero
        var machine = AlertMachine([rule, AlertRule(name: "deep", kind: .queueDepth)])
        let notices = machine.look(facts, now: Self.start)
        #expect(notices.map(\.rule.name) == ["down"] && notices.first?.subjects.map(\.name) == ["default"])
    }

    /// A watch whose spool never answers, and a sign that it has been asked.
    private func silentWatch() -> (AsyncStream<Void>, QueueWatch) {
        let (asked, sign) = AsyncStream.makeStream(of: Void.self)
        let gauge = QueueGauge(
            statistics: {
                sign.yield()
                for await _ in AsyncStream<Void>.makeStream().stream {}
                throw CancellationError()
            }, age: { _ in .zero })
        return (asked, QueueWatch(gauge, steady: { Self.start }))
    }
}
