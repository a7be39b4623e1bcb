import Admin
import Console
import Demo
import Drill
import FoundationEssentials
import Glibc
import Mail

/// A relay, two upstreams and their mailboxes, as children in a temporary directory, for a drill of lost mail.
actor LostMailStage: LossStage {
    nonisolated let target = "primary"
    private let settings: LossSettings
    private var directory: DemoDirectory?
    private var sinks: DemoSinks?
    private var relay: ChildProcess?
    private var client: AdminClient?
    /// What the relay says is read as long as it lives.
    private var reader: Task<Void, Never>?

    private static let roundTrips = "/v1/round-trips"

    init(_ settings: LossSettings) {
        self.settings = settings
    }

    func start() async throws {
        let directory = try DemoDirectory(purpose: "drill")
        self.directory = directory
        try directory.writePassword()
        let sinks = try await DemoSinks.start(passwordFile: directory.passwordFile)
        self.sinks = sinks
        let roundTrips = DemoConfiguration.RoundTrips(
            every: settings.every.seconds, missingAfter: settings.missingAfter.seconds,
            missingThreshold: settings.missingThreshold)
        try directory.fill(DemoConfiguration(listener: "127.0.0.1:0", roundTrips: roundTrips), sinks)
        let relay = try ChildProcess(
            Invocation.executable, ["serve", "--config", directory.configuration], capture: .standardError)
        self.relay = relay
        try await waitUntilReady(relay)
        reader = Task { for await _ in relay.lines {} }
        client = AdminClient(.socket(directory.socket))
    }

    private func waitUntilReady(_ relay: ChildProcess) async throws {
        var last = ""
        var lines = relay.lines.makeAsyncIterator()
        while let line = await lines.next(isolation: self) {
            last = line
            if (try? JSONDecoder().decode(Line.self, from: Data(line.utf8)))?.event == "ready" { return }
        }
        try Task.checkCancellation()
        throw Failure(.tryAgain, "the relay of the drill did not start: \(Printable.line(last))")
    }

    private struct Line: Decodable {
        let event: String
    }

    func sample(at now: Timestamp) async throws -> LossSample {
        guard let client else { return LossSample(at: now, trips: [], history: []) }
        let trips = try await Self.trips(client)
        let detail = try await client.document(UpstreamDetailDocument.self, at: AdminPath.upstream(target))
        return LossSample(at: now, trips: trips, history: detail.history)
    }

    private static func trips(_ client: AdminClient) async throws -> [LossSample.Trip] {
        var trips: [LossSample.Trip] = []
        try await client.forEachLine(at: roundTrips) {
            trips.append(try AdminJSON.decode(LossSample.Trip.self, from: $0))
        }
        return trips
    }

    func toggleLoss() {
        sinks?.upstreams.first { $0.name == target }?.child.signal(SIGUSR2)
    }

    func end() async {
        await ChildProcess.end([relay].compactMap { $0 })
        await ChildProcess.end(sinks?.all.map(\.child) ?? [])
        reader?.cancel()
        directory?.remove()
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(wholeMilliseconds) / 1000 }
}
