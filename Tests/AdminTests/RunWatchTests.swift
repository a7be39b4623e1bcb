import Admin
import Mail
import RoundTrips
import Synchronization
import Testing

@Suite("Who waits for probes that were asked for")
struct RunWatchTests {
    private let first = TripPath(trip: "gmail", upstream: "ses", mailbox: "p@gmail.example")
    private let second = TripPath(trip: "gmail", upstream: nil, mailbox: "p@gmail.example")

    private func news(_ kind: TripFact.Kind, _ path: TripPath) -> TripNews {
        .fact(TripFact(path: path, sentAt: RunningAdmin.now, kind: kind))
    }

    @Test("gets each result as it comes, and the end behind the last one")
    func results() async {
        let watch = RunWatch()
        let asked = Mutex<[TripPath]>([])
        let stream = await watch.run([first, second], wait: .seconds(3600)) { path in
            asked.withLock { $0.append(path) }
            return true
        }
        #expect(asked.withLock { $0 } == [first, second])
        for kind in [TripFact.Kind.sent, .missing] { watch.record(news(kind, first)) }
        for kind in [TripFact.Kind.sent, .failed] { watch.record(news(kind, second)) }
        var outcomes: [TripRun.Outcome] = []
        for await run in stream { outcomes.append(run.outcome) }
        #expect(outcomes == [.missing, .failed])
    }

    @Test("hears that a path is gone, and at the end of the wait what is still under way")
    func ends() async {
        let watch = RunWatch()
        let stream = await watch.run([first, second], wait: .zero) { $0 == self.first }
        var outcomes: [TripPath: TripRun.Outcome] = [:]
        for await run in stream { outcomes[run.path] = run.outcome }
        #expect(outcomes[first] == .underWay && outcomes.count == 2)
        #expect([.underWay, .notSent("there is no such round trip")].contains(outcomes[second]))
    }

    @Test("is forgotten when it goes away, and nobody waits for nothing")
    func leaves() async {
        let watch = RunWatch()
        let task = Task {
            for await _ in await watch.run([first], wait: .seconds(3600), request: { _ in true }) {}
        }
        task.cancel()
        await task.value
        watch.record(news(.sent, first))
        for await _ in await watch.run([], wait: .seconds(3600), request: { _ in true }) {
            Issue.record("there is a result without a path")
        }
    }
}
